// A convolution on matrix units: the weights times the picture under each tap, as matrices of 16 by 16 numbers that the 32
// lanes of a subgroup hold together. A workgroup makes DOWN channels of ACROSS pixels of the result; its subgroups share
// what it reads of the picture, and take MATRICES_DOWN by MATRICES_ACROSS matrices each.
//
// What {{...}} stands for depends on the shapes and is written out by src/swap/passes/matrices.rs. Before this text stand
// the types of the numbers and the constants.

// All are written to as far as a driver can tell, since they may lie in one buffer.
@group(0) @binding(0) var<storage, read_write> picture: array<Picture>;
// By matrices of the channels of the result and of a tap, then by row; behind them lies the bias.
@group(0) @binding(1) var<storage, read_write> weights: array<f16>;
@group(0) @binding(2) var<storage, read_write> result: array<Result>;

// The picture under one tap, DEEP channels of ACROSS pixels, twice: one is read while the other is written.
var<workgroup> patches: array<f16, 2u * DEEP * LINE>;
// A matrix of sums for each subgroup.
var<workgroup> sums: array<f32, SUBGROUPS * 256u>;

fn sloped(x: f32) -> f32 {
    // Not 0 times x, which is no number for infinity.
    if SLOPE == 0.0 {
        return select(0.0, x, x > 0.0 || is_nan(x));
    }
    return select(SLOPE * x, x, x > 0.0);
}

// As the steps that were folded into this one leave it: `placed` and `finished` stand behind this text.
fn store(at: u32, x: f32) {
    result[placed(at)] = Result(finished(at, sloped(x)));
}

// One matrix of sums, with the bias, to where it belongs.
fn put(subgroup: u32, lane: u32, first_channel: u32, first_pixel: u32) {
    for (var n = lane; n < 256u; n += 32u) {
        let channel = first_channel + n / 16u;
        let pixel = first_pixel + n % 16u;
        if channel < OUT_CHANNELS && pixel < PIXELS {
            store(channel * PIXELS + pixel, sums[subgroup * 256u + n] + f32(weights[BIAS + channel]));
        }
    }
}

@compute @workgroup_size(LANES)
fn matrices(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    // What this lane reads of the picture: under one pixel, every ROUND-th channel.
    let column = lane % ACROSS;
    let row = lane / ACROSS;
    let pixel = group.x * ACROSS + column;
    let y = i32(pixel / OUT_WIDTH) * STRIDE_Y - PAD_ABOVE;
    let x = i32(pixel % OUT_WIDTH) * STRIDE_X - PAD_LEFT;
    // What its subgroup makes.
    let subgroup = lane / 32u;
    let across = subgroup % SUBGROUPS_ACROSS * MATRICES_ACROSS * 16u;
    let down = subgroup / SUBGROUPS_ACROSS * MATRICES_DOWN;
    var weight = (group.y * (DOWN / 16u) + down) * MATRICES_DEEP * 256u;
{{sums}}
{{held}}
    {
        let next = 0u;
{{read}}
{{kept}}
    }
    workgroupBarrier();
    for (var step = 0u; step < STEPS; step++) {
        let here = step % 2u * DEEP * LINE;
        // The picture of the next step comes while this one is multiplied.
        let next = step + 1u;
{{read}}
{{multiplied}}
{{kept}}
        workgroupBarrier();
    }
{{puts}}
}
