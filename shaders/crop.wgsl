// Frame to crop: the mean of taps in code values, then RGB, stored blue, green, red.
@group(0) @binding(2) var<storage, read_write> crop_out: array<f32>;

// The four samples about a point of a plane, edge samples repeated, counted from the packed planes' start.
struct Samples {
    first: vec2<u32>,
    next: vec2<u32>,
    fraction: vec2<f32>,
}

// About pixel position `p`, in a plane where a sample is shared by two pixels along the axes where `halved` is 1.
fn samples_about(p: vec2<f32>, halved: vec2<u32>) -> Samples {
    let last = (params.frame_size - 1u) >> halved;
    let start = params.packed_start >> halved;
    let v = clamp(p * (1.0 - 0.5 * vec2<f32>(halved)) - 0.5, vec2<f32>(0.0), vec2<f32>(last));
    let first = vec2<u32>(v);
    return Samples(first - start, min(first + 1u, last) - start, v - vec2<f32>(first));
}

// A component at pixel position `p`, in its codes.
fn tap(component: u32, p: vec2<f32>, halved: vec2<u32>) -> f32 {
    let s = samples_about(p, halved);
    let top = mix(code_at(component, s.first.x, s.first.y), code_at(component, s.next.x, s.first.y), s.fraction.x);
    let bottom = mix(code_at(component, s.first.x, s.next.y), code_at(component, s.next.x, s.next.y), s.fraction.x);
    return mix(top, bottom, s.fraction.y);
}

// Frame position of tap `tap` of `taps` along each axis of a crop pixel.
fn tap_position(crop_pixel: vec2<u32>, tap: vec2<u32>, taps: u32) -> vec2<f32> {
    let unit = (vec2<f32>(crop_pixel * taps + tap) + 0.5) / f32(params.resolution * taps);
    return similar(params.to_frame, unit);
}

fn in_frame(p: vec2<f32>) -> bool {
    return all(p >= vec2<f32>(0.0)) && all(p < vec2<f32>(params.frame_size));
}

// The mean of taps² taps of a component over a crop pixel; a tap outside the frame is `outside`.
fn component_mean(at: vec2<u32>, component: u32, taps: u32, halved: vec2<u32>, outside: f32) -> f32 {
    var sum = 0.0;
    for (var j = 0u; j < taps; j++) {
        for (var i = 0u; i < taps; i++) {
            let p = tap_position(at, vec2<u32>(i, j), taps);
            if in_frame(p) {
                sum += tap(component, p, halved);
            } else {
                sum += outside;
            }
        }
    }
    return sum / f32(taps * taps);
}

@compute @workgroup_size(8, 8)
fn crop(@builtin(global_invocation_id) id: vec3<u32>) {
    if !in_crop(id.xy) {
        return;
    }
    let yuv = params.yuv != 0u;
    let grey = params.decode_more.z;
    let outside = select(vec2<f32>(0.0), vec2<f32>(params.decode.x, grey), yuv);
    let codes = vec3<f32>(
        component_mean(id.xy, 0u, params.taps, vec2<u32>(0u), outside.x),
        component_mean(id.xy, 1u, params.chroma_taps, params.chroma_halved, outside.y),
        component_mean(id.xy, 2u, params.chroma_taps, params.chroma_halved, outside.y));
    var rgb = codes / params.decode_more.w;
    if yuv {
        let y = (codes.x - params.decode.x) * params.decode.y;
        let u = codes.y - grey;
        let v = codes.z - grey;
        rgb = vec3<f32>(
            y + params.decode.z * v, y + params.decode.w * u + params.decode_more.x * v, y + params.decode_more.y * u);
    }
    rgb = clamp(rgb, vec3<f32>(0.0), vec3<f32>(1.0));
    let at = 3u * (id.y * params.resolution + id.x);
    crop_out[at] = rgb.b;
    crop_out[at + 1u] = rgb.g;
    crop_out[at + 2u] = rgb.r;
}
