// How much of the crop the mask covers, as it is put into the frame: its mean. One workgroup looks at all pixels.
@group(0) @binding(1) var<storage, read> placed: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> covered_out: array<f32>;

const LANES = 64u;
var<workgroup> sums: array<f32, LANES>;

@compute @workgroup_size(8, 8)
fn covered(@builtin(local_invocation_index) lane: u32) {
    let pixels = params.resolution * params.resolution;
    var sum = 0.0;
    for (var i = lane; i < pixels; i += LANES) {
        sum += placed[i].w;
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
        covered_out[0] = sums[0] / f32(pixels);
    }
}
