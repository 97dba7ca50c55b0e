// sRGB (IEC 61966-2-1) to CIE 1976 L*a*b* with white D65 and back, by the approximations of src/blend/linear.rs and
// lab.rs: within 0.05 of the exact L, a, b, and the same on every device.
const WHITE = vec3<f32>(0.95047, 1.0, 1.08883);
// Columns of linear red, green, blue in X, Y, Z.
const TO_XYZ = mat3x3<f32>(
    0.4124564, 0.2126729, 0.0193339, 0.3575761, 0.7151522, 0.119192, 0.1804375, 0.072175, 0.9503041);
// Columns of X, Y, Z in linear red, green, blue.
const FROM_XYZ = mat3x3<f32>(
    3.2404542, -0.969266, 0.0556434, -1.5371385, 1.8760108, -0.2040259, -0.4985314, 0.041556, 1.0572252);
// Where the cube root gives way to a line, (6/29)^3, and the line.
const KNEE: f32 = 216.0 / 24389.0;
const SLOPE: f32 = 841.0 / 108.0;
const SHIFT: f32 = 4.0 / 29.0;

// For 0.001..2, by two steps of Halley's method from a guess in the exponent's bits.
fn cube_root(value: vec3<f32>) -> vec3<f32> {
    // Cubes of smaller roots would vanish.
    let v = max(value, vec3<f32>(1e-4));
    var root = bitcast<vec3<f32>>(bitcast<vec3<u32>>(v) / 3u + 0x2a5137a0u);
    for (var i = 0u; i < 2u; i++) {
        let cube = root * root * root;
        root *= (cube + 2.0 * v) / (2.0 * cube + v);
    }
    return root;
}

// Linear light of encoded values: ((v + 0.055) / 1.055)^2.4 as a polynomial, or the line near black.
fn linear(v: vec3<f32>) -> vec3<f32> {
    let t = (v - 0.520225) * (1.0 / 0.479775);
    var curve = vec3<f32>(0.0006165596);
    curve = curve * t - 0.00049845435;
    curve = curve * t + 0.00037321753;
    curve = curve * t - 0.003788557;
    curve = curve * t + 0.030587243;
    curve = curve * t + 0.2726197;
    curve = curve * t + 0.46686293;
    curve = curve * t + 0.23323856;
    return select(v * (1.0 / 12.92), curve, v > vec3<f32>(0.04045));
}

// Encoded values of linear light.
fn encoded(v: vec3<f32>) -> vec3<f32> {
    let root = cube_root(v);
    // v^(1/2.4) = v^(1/3) v^(1/12).
    let curve = 1.055 * root * sqrt(sqrt(root)) - 0.055;
    return select(12.92 * v, curve, v > vec3<f32>(0.0031308));
}

// L (0..100), a, b of red, green, blue.
fn to_lab(rgb: vec3<f32>) -> vec3<f32> {
    let t = (TO_XYZ * linear(rgb)) / WHITE;
    let f = select(SLOPE * t + SHIFT, cube_root(t), t > vec3<f32>(KNEE));
    return vec3<f32>(116.0 * f.y - 16.0, 500.0 * (f.x - f.y), 200.0 * (f.y - f.z));
}

// Red, green, blue (clamped to 0..1) of L, a, b.
fn to_rgb(lab: vec3<f32>) -> vec3<f32> {
    let y = (lab.x + 16.0) / 116.0;
    let f = vec3<f32>(y + lab.y / 500.0, y, y - lab.z / 200.0);
    let t = select((f - SHIFT) / SLOPE, f * f * f, f > vec3<f32>(6.0 / 29.0));
    return encoded(clamp(FROM_XYZ * (t * WHITE), vec3<f32>(0.0), vec3<f32>(1.0)));
}
