// What every pass reads: field for field `Params` in src/blend/gpu/params.rs.
struct Params {
    frame_size: vec2<u32>,
    // The packed planes: first pixel of the frame, pixels a row and rows.
    packed_start: vec2<u32>,
    packed_size: vec2<u32>,
    resolution: u32,
    taps: u32,
    // In words.
    plane_offset: vec4<u32>,
    plane_stride: vec4<u32>,
    // Similarities as a, b, tx, ty.
    to_crop: vec4<f32>,
    to_frame: vec4<f32>,
    // Whether components are luma and chroma.
    yuv: u32,
    masks: u32,
    hull_corners: u32,
    color_transfer: u32,
    // black, y, rv, gu
    decode: vec4<f32>,
    // gv, bu, grey, white
    decode_more: vec4<f32>,
    // Each component's factors of red, green, blue and 1.
    encode: array<vec4<f32>, 3>,
    // Where Y, U, V or red, green, blue lie: plane, first sample, samples from one to the next.
    components: array<vec4<u32>, 3>,
    // Bytes of a sample, bits below its code, the largest code.
    sample: vec4<u32>,
    // Along which axes two pixels share a sample of chroma.
    chroma_halved: vec2<u32>,
    chroma_taps: u32,
    planes: u32,
    // Words of eight pixels, a plane.
    plane_block: vec4<u32>,
    erode: i32,
    border: u32,
    radius: u32,
    opacity: f32,
    to_generated: vec4<f32>,
    sharpen: f32,
    // 1/gamma of red, green, blue.
    exponent: vec4<f32>,
    // Of earlier frames: mean and deviation of the driver, then of the face; and their share in what a frame is given.
    earlier: array<vec4<f32>, 4>,
    earlier_share: f32,
}

const DRIVER_MASK: u32 = 1u;
const GENERATED_MASK: u32 = 2u;
const HULL_MASK: u32 = 4u;
const VISIBLE_MASK: u32 = 8u;

// Colour transfers; 0 is none.
const SOFT_GAIN: u32 = 1u;
const GAIN: u32 = 2u;
const LAB: u32 = 3u;

@group(0) @binding(0) var<uniform> params: Params;

// Where a similarity takes a point.
fn similar(s: vec4<f32>, p: vec2<f32>) -> vec2<f32> {
    return vec2<f32>(s.x * p.x - s.y * p.y + s.z, s.y * p.x + s.x * p.y + s.w);
}

// Centre of a crop pixel in the crop's unit square.
fn centre(pixel: vec2<u32>) -> vec2<f32> {
    return (vec2<f32>(pixel) + 0.5) / f32(params.resolution);
}

// Where a point of the crop's unit square lies in the generated face.
fn face_position(p: vec2<f32>) -> vec2<f32> {
    return similar(params.to_generated, p);
}

// Whether a crop pixel exists; dispatches are rounded up to whole workgroups.
fn in_crop(pixel: vec2<u32>) -> bool {
    return all(pixel < vec2<u32>(params.resolution));
}
