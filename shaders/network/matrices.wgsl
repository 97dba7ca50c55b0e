// A convolution on matrix units: the weights times the picture under each tap, as matrices of 16 by 16 numbers that the 32
// lanes of a subgroup hold together. A workgroup makes DOWN channels of ACROSS pixels of the result; its subgroups share
// what it reads of the picture, and take MATRICES_DOWN by MATRICES_ACROSS matrices each.
//
// The sum runs over STEPS steps; a step is DEEP channels under one tap. Workgroup z takes the steps from z times PART on. In
// each step it reads the picture of the next into registers (held_0, held_1 …), multiplies the patches of this one, and puts
// the registers to the other half of the patches.
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

// One matrix of sums to where it belongs.
fn put(part: u32, subgroup: u32, lane: u32, first_channel: u32, first_pixel: u32) {
    for (var n = lane; n < 256u; n += 32u) {
        let channel = first_channel + n / 16u;
        let pixel = first_pixel + n % 16u;
        if channel < OUT_CHANNELS && pixel < PIXELS {
            {{stored}}
        }
    }
}

@compute @workgroup_size(LANES)
fn matrices(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    // What this lane reads of the picture: under one pixel, every (LANES / ACROSS)th channel.
    let column = lane % ACROSS;
    let row = lane / ACROSS;
    let pixel = group.x * ACROSS + column;
    let y = i32(pixel / OUT_WIDTH) * STRIDE_Y - PAD_ABOVE;
    let x = i32(pixel % OUT_WIDTH) * STRIDE_X - PAD_LEFT;
    // What its subgroup makes.
    let subgroup = lane / 32u;
    let across = subgroup % SUBGROUPS_ACROSS * MATRICES_ACROSS * 16u;
    let down = subgroup / SUBGROUPS_ACROSS * MATRICES_DOWN * 16u;
    // Its part of the sum.
    let begin = group.z * PART;
    let end = min(begin + PART, STEPS);
    var weight = (group.y * DOWN + down) / 16u * MATRICES_DEEP * 256u + begin * (DEEP / 16u) * 256u;
{{sums}}
{{held}}
    {
        let next = begin;
{{read}}
{{kept}}
    }
    workgroupBarrier();
    for (var step = begin; step < end; step++) {
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
