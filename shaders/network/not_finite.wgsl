// How many values of the network's pictures are no numbers. One workgroup looks at all of them. Before this text stands the
// constant PIXELS.
@group(0) @binding(0) var<storage, read_write> driver_mask: array<f32>;
@group(0) @binding(1) var<storage, read_write> face: array<f32>;
@group(0) @binding(2) var<storage, read_write> face_mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> count_out: array<f32>;

const LANES = 256u;
var<workgroup> sums: array<f32, LANES>;

// By the bits: a compiler may take it that floats are finite.
fn is_bad(v: f32) -> f32 {
    return select(0.0, 1.0, (bitcast<u32>(v) & 0x7f800000u) == 0x7f800000u);
}

@compute @workgroup_size(256)
fn not_finite(@builtin(local_invocation_index) lane: u32) {
    var sum = 0.0;
    for (var i = lane; i < PIXELS; i += LANES) {
        sum += is_bad(driver_mask[i]) + is_bad(face_mask[i]);
        sum += is_bad(face[3u * i]) + is_bad(face[3u * i + 1u]) + is_bad(face[3u * i + 2u]);
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
        count_out[0] = sums[0];
    }
}
