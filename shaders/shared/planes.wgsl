// The frame's planes around the face, packed into words: rows begin at a multiple of eight pixels and are whole words.
@group(0) @binding(1) var<storage, read> planes: array<u32>;

// Index of the word that holds byte `byte` of the packed row `row` of a plane.
fn word_at(plane: u32, byte: u32, row: u32) -> u32 {
    return params.plane_offset[plane] + row * params.plane_stride[plane] + byte / 4u;
}

// Code values 0..255 of the four bytes of a word, the lowest first.
fn bytes_of(word: u32) -> vec4<f32> {
    return vec4<f32>((vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u));
}

// One byte of the packed row `row` of a plane.
fn byte_at(plane: u32, byte: u32, row: u32) -> f32 {
    return f32((planes[word_at(plane, byte, row)] >> (8u * (byte & 3u))) & 255u);
}

// Along which axes two pixels share a chroma sample.
fn chroma_halved() -> vec2<u32> {
    return select(vec2<u32>(1u, 1u), vec2<u32>(1u, 0u), params.format == YUY2);
}
