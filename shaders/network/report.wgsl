// What must be known of the network's pictures before a frame may leave: how much of the crop the masks cover, and how many
// values are no numbers. One workgroup looks at all of them. Before this text stands the constant PIXELS.
@group(0) @binding(0) var<storage, read_write> driver_mask: array<f32>;
@group(0) @binding(1) var<storage, read_write> face: array<f32>;
@group(0) @binding(2) var<storage, read_write> face_mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> report_out: array<f32>;

const LANES = 256u;
var<workgroup> sums: array<vec4<f32>, LANES>;

// Bounds are 0 and 1; a value that is not a number is 0.
fn unit(v: f32) -> f32 {
    return select(0.0, min(v, 1.0), v > 0.0);
}

// By the bits: a compiler may take it that floats are finite.
fn is_bad(v: f32) -> f32 {
    return select(0.0, 1.0, (bitcast<u32>(v) & 0x7f800000u) == 0x7f800000u);
}

@compute @workgroup_size(256)
fn report(@builtin(local_invocation_index) lane: u32) {
    var sum = vec4<f32>(0.0);
    for (var i = lane; i < PIXELS; i += LANES) {
        let driver = driver_mask[i];
        let drawn = face_mask[i];
        let bad = is_bad(driver) + is_bad(drawn) + is_bad(face[3u * i]) + is_bad(face[3u * i + 1u]) + is_bad(face[3u * i + 2u]);
        sum += vec4<f32>(unit(driver) * unit(drawn), unit(driver), unit(drawn), bad);
    }
    sums[lane] = sum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            sums[lane] += sums[lane + half];
        }
        workgroupBarrier();
    }
    if lane == 0u {
        let all = sums[0];
        report_out[0] = all.x / f32(PIXELS);
        report_out[1] = all.y / f32(PIXELS);
        report_out[2] = all.z / f32(PIXELS);
        report_out[3] = all.w;
    }
}
