// The layer into the packed planes. An invocation owns eight pixels by two rows and all words that hold them.
@group(0) @binding(2) var<storage, read> layer: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> blended: array<u32>;

// Red, green, blue and how much of them a pixel of the frame shows: nothing outside the crop.
fn layer_at(pixel: vec2<u32>) -> vec4<f32> {
    let p = similar(params.to_crop, vec2<f32>(pixel) + 0.5);
    if any(p < vec2<f32>(0.0)) || any(p > vec2<f32>(1.0)) {
        return vec4<f32>(0.0);
    }
    let c = corners_about(p);
    let top = mix(layer[c.at.x], layer[c.at.y], c.fraction.x);
    let bottom = mix(layer[c.at.z], layer[c.at.w], c.fraction.x);
    let colour = mix(top, bottom, c.fraction.y);
    return vec4<f32>(colour.rgb, colour.a * params.opacity);
}

// One code value of a linear mix of red, green, blue and 1.
fn encode(factors: vec4<f32>, rgb: vec3<f32>) -> f32 {
    return dot(factors.xyz, rgb) + factors.w;
}

// The word of four code values; halves go up, as in Rust.
fn word_of(values: vec4<f32>) -> u32 {
    let codes = vec4<u32>(floor(clamp(values, vec4<f32>(0.0), vec4<f32>(255.0)) + 0.5));
    return codes.x | (codes.y << 8u) | (codes.z << 16u) | (codes.w << 24u);
}

// Two neighbours: their luma, and sums over those that exist: m u, m v, m, 1.
struct Pair {
    luma: vec2<f32>,
    chroma: vec4<f32>,
}

fn blend_pair(first: vec2<u32>, luma: vec2<f32>) -> Pair {
    var pair = Pair(luma, vec4<f32>(0.0));
    for (var i = 0u; i < 2u; i++) {
        let pixel = first + vec2<u32>(i, 0u);
        if all(pixel < params.frame_size) {
            let face = layer_at(pixel);
            let m = face.a;
            pair.luma[i] += m * (encode(params.encode_y, face.rgb) - luma[i]);
            pair.chroma += vec4<f32>(m * encode(params.encode_u, face.rgb), m * encode(params.encode_v, face.rgb), m, 1.0);
        }
    }
    return pair;
}

// U and V with the sums of the pixels that share them: the mean of `uv + m (face - uv)`.
fn blend_chroma(uv: vec2<f32>, sums: vec4<f32>) -> vec2<f32> {
    return uv + (sums.xy - sums.z * uv) / max(sums.w, 1.0);
}

// Chroma at half size in both directions; U and V in planes of their own, or one after the other.
fn blend_420(block: vec2<u32>, rows: u32) {
    var sums = array<vec4<f32>, 4>();
    for (var row = 0u; row < rows; row++) {
        for (var half = 0u; half < 2u; half++) {
            let x = block.x + 4u * half;
            let word = word_at(0u, x, block.y + row);
            let y = bytes_of(planes[word]);
            let pixel = params.packed_start + vec2<u32>(x, block.y + row);
            let left = blend_pair(pixel, y.xy);
            let right = blend_pair(pixel + vec2<u32>(2u, 0u), y.zw);
            blended[word] = word_of(vec4<f32>(left.luma, right.luma));
            sums[2u * half] += left.chroma;
            sums[2u * half + 1u] += right.chroma;
        }
    }
    if params.format == NV12 {
        for (var half = 0u; half < 2u; half++) {
            let word = word_at(1u, block.x + 4u * half, block.y / 2u);
            let uv = bytes_of(planes[word]);
            let left = blend_chroma(uv.xy, sums[2u * half]);
            let right = blend_chroma(uv.zw, sums[2u * half + 1u]);
            blended[word] = word_of(vec4<f32>(left, right));
        }
        return;
    }
    let words = vec2<u32>(word_at(1u, block.x / 2u, block.y / 2u), word_at(2u, block.x / 2u, block.y / 2u));
    let u = bytes_of(planes[words.x]);
    let v = bytes_of(planes[words.y]);
    let a = blend_chroma(vec2<f32>(u.x, v.x), sums[0]);
    let b = blend_chroma(vec2<f32>(u.y, v.y), sums[1]);
    let c = blend_chroma(vec2<f32>(u.z, v.z), sums[2]);
    let d = blend_chroma(vec2<f32>(u.w, v.w), sums[3]);
    blended[words.x] = word_of(vec4<f32>(a.x, b.x, c.x, d.x));
    blended[words.y] = word_of(vec4<f32>(a.y, b.y, c.y, d.y));
}

// Two pixels a word: Y U Y V.
fn blend_yuy2(block: vec2<u32>, rows: u32) {
    for (var row = 0u; row < rows; row++) {
        for (var x = block.x; x < block.x + 8u; x += 2u) {
            let word = word_at(0u, 2u * x, block.y + row);
            let codes = bytes_of(planes[word]);
            let pair = blend_pair(params.packed_start + vec2<u32>(x, block.y + row), codes.xz);
            let uv = blend_chroma(codes.yw, pair.chroma);
            blended[word] = word_of(vec4<f32>(pair.luma.x, uv.x, pair.luma.y, uv.y));
        }
    }
}

// One pixel a word; the fourth byte stays.
fn blend_rgb(block: vec2<u32>, rows: u32) {
    let shift = params.rgb_shift.xyz;
    for (var row = 0u; row < rows; row++) {
        for (var x = block.x; x < block.x + 8u; x++) {
            let word = word_at(0u, 4u * x, block.y + row);
            let old = planes[word];
            let face = layer_at(params.packed_start + vec2<u32>(x, block.y + row));
            let codes = vec3<f32>((vec3<u32>(old) >> shift) & vec3<u32>(255u));
            let mixed = codes + face.a * (face.rgb * 255.0 - codes);
            let rounded = vec3<u32>(floor(clamp(mixed, vec3<f32>(0.0), vec3<f32>(255.0)) + 0.5)) << shift;
            blended[word] = rounded.r | rounded.g | rounded.b | (old & 0xff000000u);
        }
    }
}

@compute @workgroup_size(8, 8)
fn composite(@builtin(global_invocation_id) id: vec3<u32>) {
    let block = id.xy * vec2<u32>(8u, 2u);
    if any(block >= params.packed_size) {
        return;
    }
    let rows = min(2u, params.packed_size.y - block.y);
    if params.format == YUY2 {
        blend_yuy2(block, rows);
    } else if params.format <= NV12 {
        blend_420(block, rows);
    } else {
        blend_rgb(block, rows);
    }
}
