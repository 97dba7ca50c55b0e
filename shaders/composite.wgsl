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

// Red, green, blue in codes of a component.
fn encode(component: u32, rgb: vec3<f32>) -> f32 {
    let factors = params.encode[component];
    return dot(factors.xyz, rgb) + factors.w;
}

// The packed planes of the block as they are, to be blended over.
fn copy_block(block: vec2<u32>, rows: u32) {
    for (var plane = 0u; plane < params.planes; plane++) {
        let halved = select(0u, params.chroma_halved.y, plane > 0u);
        let first = block.y >> halved;
        let end = (block.y + rows + halved) >> halved;
        let words = params.plane_block[plane];
        for (var y = first; y < end; y++) {
            let start = row_at(plane, y) + block.x / 8u * words;
            for (var word = start; word < start + words; word++) {
                blended[word] = planes[word];
            }
        }
    }
}

// The code of a sample; halves go up, as in Rust. The word's other bits stay.
fn put(component: u32, x: u32, y: u32, value: f32) {
    let place = place_of(component, x, y);
    let code = u32(floor(clamp(value, 0.0, f32(params.sample.z)) + 0.5));
    blended[place.x] = (blended[place.x] & ~(params.sample.z << place.y)) | (code << place.y);
}

// A sample of one pixel: `frame + m (face - frame)`.
fn blend_own(component: u32, at: vec2<u32>, face: vec4<f32>) {
    let code = code_at(component, at.x, at.y);
    put(component, at.x, at.y, code + face.a * (encode(component, face.rgb) - code));
}

// Samples of U and V with the sums of the pixels that share them, of m u, m v, m and 1: the mean of `uv + m (face - uv)`.
fn blend_shared(at: vec2<u32>, sums: vec4<f32>) {
    let uv = vec2<f32>(code_at(1u, at.x, at.y), code_at(2u, at.x, at.y));
    let mixed = uv + (sums.xy - sums.z * uv) / max(sums.w, 1.0);
    put(1u, at.x, at.y, mixed.x);
    put(2u, at.x, at.y, mixed.y);
}

@compute @workgroup_size(8, 8)
fn composite(@builtin(global_invocation_id) id: vec3<u32>) {
    let block = id.xy * vec2<u32>(8u, 2u);
    if any(block >= params.packed_size) {
        return;
    }
    let rows = min(2u, params.packed_size.y - block.y);
    copy_block(block, rows);
    let halved = params.chroma_halved;
    var sums = array<vec4<f32>, 4>();
    for (var row = 0u; row < rows; row++) {
        for (var i = 0u; i < 8u; i++) {
            let at = block + vec2<u32>(i, row);
            let pixel = params.packed_start + at;
            if any(pixel >= params.frame_size) {
                continue;
            }
            let face = layer_at(pixel);
            blend_own(0u, at, face);
            if halved.x == 0u {
                blend_own(1u, at, face);
                blend_own(2u, at, face);
            } else {
                sums[i / 2u] += vec4<f32>(face.a * encode(1u, face.rgb), face.a * encode(2u, face.rgb), face.a, 1.0);
            }
        }
        if halved.x == 1u && (halved.y == 0u || row + 1u == rows) {
            for (var pair = 0u; pair < 4u; pair++) {
                blend_shared((block + vec2<u32>(2u * pair, row)) >> halved, sums[pair]);
                sums[pair] = vec4<f32>(0.0);
            }
        }
    }
}
