//! sRGB (IEC 61966-2-1) to CIE 1976 L*a*b* with white D65 and back, fast enough for every pixel of a crop: no calls, no
//! branches, so that loops over it become vector code. Within 0.05 of the exact L, a, b; there and back within 0.5/255.

use super::place::unit;
use super::plan::Region;

/// Planes L (0..100), a, b of a crop.
#[derive(Debug, Default)]
pub struct LabPicture(pub [Vec<f32>; 3]);

impl LabPicture {
    /// Converts `region` of `picture` (`resolution`² pixels of blue, green, red, 0..1, interleaved); elsewhere old
    /// values stay.
    pub fn fill(&mut self, picture: &[f32], resolution: usize, region: &Region) {
        let [l, a, b] = &mut self.0;
        for plane in [&mut *l, &mut *a, &mut *b] {
            plane.resize(resolution * resolution, 0.0);
        }
        for j in region.y0..region.y1 {
            let span = j * resolution + region.x0..j * resolution + region.x1;
            let pixels = picture[span.start * 3..span.end * 3].chunks_exact(3);
            let planes = l[span.clone()].iter_mut().zip(&mut a[span.clone()]).zip(&mut b[span]);
            for (pixel, ((l, a), b)) in pixels.zip(planes) {
                [*l, *a, *b] = to_lab([pixel[2], pixel[1], pixel[0]]);
            }
        }
    }
}

/// White D65 in XYZ; white's Y is 1.
const WHITE: [f32; 3] = [0.950_47, 1.0, 1.088_83];
/// Linear red, green, blue to X, Y, Z.
const TO_XYZ: [[f32; 3]; 3] = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175],
    [0.019_333_9, 0.119_192, 0.950_304_1],
];
/// X, Y, Z to linear red, green, blue.
const FROM_XYZ: [[f32; 3]; 3] = [
    [3.240_454_2, -1.537_138_5, -0.498_531_4],
    [-0.969_266, 1.876_010_8, 0.041_556],
    [0.055_643_4, -0.204_025_9, 1.057_225_2],
];
/// Where the cube root of L*a*b* gives way to a line: (6/29)³.
const KNEE: f32 = 216.0 / 24389.0;
const SLOPE: f32 = 841.0 / 108.0;
const SHIFT: f32 = 4.0 / 29.0;

/// L (0..100), a, b of red, green, blue (0..1).
#[inline(always)]
pub fn to_lab([r, g, b]: [f32; 3]) -> [f32; 3] {
    let (r, g, b) = (linear(r), linear(g), linear(b));
    let (x, y, z) = (root(0, r, g, b), root(1, r, g, b), root(2, r, g, b));
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Red, green, blue (clamped to 0..1) of L (0..100), a, b.
#[inline(always)]
pub fn to_rgb([l, a, b]: [f32; 3]) -> [f32; 3] {
    let y = (l + 16.0) * (1.0 / 116.0);
    let (x, y, z) = (cube(0, y + a * (1.0 / 500.0)), cube(1, y), cube(2, y - b * (1.0 / 200.0)));
    [shown(0, x, y, z), shown(1, x, y, z), shown(2, x, y, z)]
}

/// The root of X, Y or Z over white's, as L*a*b* takes it.
#[inline(always)]
fn root(i: usize, r: f32, g: f32, b: f32) -> f32 {
    let [mr, mg, mb] = TO_XYZ[i];
    let t = (mr * r + mg * g + mb * b) * (1.0 / WHITE[i]);
    let curve = cube_root(t);
    if t > KNEE { curve } else { SLOPE * t + SHIFT }
}

/// X, Y or Z of such a root.
#[inline(always)]
fn cube(i: usize, root: f32) -> f32 {
    let t = if root > 6.0 / 29.0 { root * root * root } else { (root - SHIFT) * (1.0 / SLOPE) };
    t * WHITE[i]
}

/// Encoded red, green or blue.
#[inline(always)]
fn shown(i: usize, x: f32, y: f32, z: f32) -> f32 {
    let [mx, my, mz] = FROM_XYZ[i];
    encoded(unit(mx * x + my * y + mz * z))
}

/// Linear light of an encoded value, both 0..1.
#[inline(always)]
fn linear(v: f32) -> f32 {
    // ((v + 0.055) / 1.055)^2.4 on 0.04045..1 as a polynomial in −1..1, fitted for the least error in a.
    const FIT: [f32; 8] = [
        0.233_238_56,
        0.466_862_93,
        0.272_619_7,
        0.030_587_243,
        -0.003_788_557,
        0.000_373_217_53,
        -0.000_498_454,
        0.000_616_559_6,
    ];
    let t = (v - 0.520_225) * (1.0 / 0.479_775);
    let mut curve = FIT[7];
    for n in 1..8 {
        curve = curve * t + FIT[7 - n];
    }
    if v > 0.040_45 { curve } else { v * (1.0 / 12.92) }
}

/// Encoded value of linear light, both 0..1.
#[inline(always)]
fn encoded(v: f32) -> f32 {
    // v^(1/2.4) = v^(1/3) · v^(1/12).
    let root = cube_root(v);
    let curve = 1.055 * root * root.sqrt().sqrt() - 0.055;
    if v > 0.003_130_8 { curve } else { 12.92 * v }
}

/// ∛v for 0.001..2, by two steps of Halley's method from a guess in the exponent's bits.
#[inline(always)]
fn cube_root(v: f32) -> f32 {
    // Black would divide denormal numbers, which is slow.
    let v = v.max(1e-4);
    let mut root = f32::from_bits(v.to_bits() / 3 + 0x2a51_37a0);
    for _ in 0..2 {
        let cube = root * root * root;
        root *= (cube + 2.0 * v) / (2.0 * cube + v);
    }
    root
}
