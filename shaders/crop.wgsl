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

fn luma(x: u32, y: u32) -> f32 {
    return byte_at(0u, select(x, 2u * x, params.format == YUY2), y);
}

fn chroma(x: u32, y: u32) -> vec2<f32> {
    if params.format == I420 {
        return vec2<f32>(byte_at(1u, x, y), byte_at(2u, x, y));
    }
    if params.format == NV12 {
        return vec2<f32>(byte_at(1u, 2u * x, y), byte_at(1u, 2u * x + 1u, y));
    }
    return bytes_of(planes[word_at(0u, 4u * x, y)]).yw;
}

fn pixel(x: u32, y: u32) -> vec3<f32> {
    let word = planes[word_at(0u, 4u * x, y)];
    return vec3<f32>((vec3<u32>(word) >> params.rgb_shift.xyz) & vec3<u32>(255u));
}

fn luma_tap(p: vec2<f32>) -> f32 {
    let s = samples_about(p, vec2<u32>(0u));
    let top = mix(luma(s.first.x, s.first.y), luma(s.next.x, s.first.y), s.fraction.x);
    let bottom = mix(luma(s.first.x, s.next.y), luma(s.next.x, s.next.y), s.fraction.x);
    return mix(top, bottom, s.fraction.y);
}

fn chroma_tap(p: vec2<f32>) -> vec2<f32> {
    let s = samples_about(p, chroma_halved());
    let top = mix(chroma(s.first.x, s.first.y), chroma(s.next.x, s.first.y), s.fraction.x);
    let bottom = mix(chroma(s.first.x, s.next.y), chroma(s.next.x, s.next.y), s.fraction.x);
    return mix(top, bottom, s.fraction.y);
}

fn pixel_tap(p: vec2<f32>) -> vec3<f32> {
    let s = samples_about(p, vec2<u32>(0u));
    let top = mix(pixel(s.first.x, s.first.y), pixel(s.next.x, s.first.y), s.fraction.x);
    let bottom = mix(pixel(s.first.x, s.next.y), pixel(s.next.x, s.next.y), s.fraction.x);
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

fn yuv_mean(at: vec2<u32>) -> vec3<f32> {
    var y = 0.0;
    for (var j = 0u; j < params.taps; j++) {
        for (var i = 0u; i < params.taps; i++) {
            let p = tap_position(at, vec2<u32>(i, j), params.taps);
            if in_frame(p) {
                y += luma_tap(p);
            } else {
                y += params.decode.x;
            }
        }
    }
    // Chroma samples lie twice as far apart: half the taps.
    let few = (params.taps + 1u) / 2u;
    var uv = vec2<f32>(0.0);
    for (var j = 0u; j < few; j++) {
        for (var i = 0u; i < few; i++) {
            let p = tap_position(at, vec2<u32>(i, j), few);
            if in_frame(p) {
                uv += chroma_tap(p);
            } else {
                uv += 128.0;
            }
        }
    }
    return vec3<f32>(y / f32(params.taps * params.taps), uv / f32(few * few));
}

fn rgb_mean(at: vec2<u32>) -> vec3<f32> {
    var sum = vec3<f32>(0.0);
    for (var j = 0u; j < params.taps; j++) {
        for (var i = 0u; i < params.taps; i++) {
            let p = tap_position(at, vec2<u32>(i, j), params.taps);
            if in_frame(p) {
                sum += pixel_tap(p);
            }
        }
    }
    return sum / f32(params.taps * params.taps);
}

@compute @workgroup_size(8, 8)
fn crop(@builtin(global_invocation_id) id: vec3<u32>) {
    if !in_crop(id.xy) {
        return;
    }
    var rgb: vec3<f32>;
    if params.format <= YUY2 {
        let yuv = yuv_mean(id.xy);
        let y = (yuv.x - params.decode.x) * params.decode.y;
        let u = yuv.y - 128.0;
        let v = yuv.z - 128.0;
        rgb = vec3<f32>(
            y + params.decode.z * v, y + params.decode.w * u + params.decode_more.x * v, y + params.decode_more.y * u);
    } else {
        rgb = rgb_mean(id.xy) / 255.0;
    }
    rgb = clamp(rgb, vec3<f32>(0.0), vec3<f32>(1.0));
    let at = 3u * (id.y * params.resolution + id.x);
    crop_out[at] = rgb.b;
    crop_out[at + 1u] = rgb.g;
    crop_out[at + 2u] = rgb.r;
}
