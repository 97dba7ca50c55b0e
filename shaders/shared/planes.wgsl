// The frame's planes around the face, packed into words: rows begin at a multiple of eight pixels and are whole words.
@group(0) @binding(1) var<storage, read> planes: array<u32>;

// Index of the first word of the packed row `row` of a plane.
fn row_at(plane: u32, row: u32) -> u32 {
    return params.plane_offset[plane] + row * params.plane_stride[plane];
}

// Where sample (x, y) of a component lies: its word, and the bits below its code.
fn place_of(component: u32, x: u32, y: u32) -> vec2<u32> {
    let at = params.components[component];
    let byte = (at.y + x * at.z) * params.sample.x;
    return vec2<u32>(row_at(at.x, y) + byte / 4u, 8u * (byte & 3u) + params.sample.y);
}

// The code of a sample.
fn code_at(component: u32, x: u32, y: u32) -> f32 {
    let place = place_of(component, x, y);
    return f32((planes[place.x] >> place.y) & params.sample.z);
}
