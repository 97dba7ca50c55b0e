// A convolution with its bias and its slope. Each invocation makes two rows of ACROSS pixels of eight channels of the
// result: it holds the part of the picture under them in registers, and each weight that it reads serves all of them. The
// lanes of a workgroup take PER blocks of pixels of the same eight channels, and of SPAN times eight where the picture has
// few blocks.
//
// What {{...}} stands for depends on the shapes and is written out by src/swap/passes/convolution.rs, so that no
// driver has to unroll a loop to keep arrays in registers. Before this text stand the types of the numbers and the constants.

// All are written to as far as a driver can tell, since they may lie in one buffer.
@group(0) @binding(0) var<storage, read_write> picture: array<Picture>;
// Behind the weights lies the bias.
@group(0) @binding(1) var<storage, read_write> weights: array<vec4<Number>>;
@group(0) @binding(2) var<storage, read_write> result: array<Result>;

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

fn put(x: u32, y: u32, first: u32, low: vec4<f32>, high: vec4<f32>) {
    if x >= OUT_WIDTH || y >= OUT_HEIGHT {
        return;
    }
    let plane = OUT_WIDTH * OUT_HEIGHT;
    let at = first * plane + y * OUT_WIDTH + x;
    store(at, low.x);
    if first + 1u < OUT_CHANNELS { store(at + plane, low.y); }
    if first + 2u < OUT_CHANNELS { store(at + 2u * plane, low.z); }
    if first + 3u < OUT_CHANNELS { store(at + 3u * plane, low.w); }
    if first + 4u < OUT_CHANNELS { store(at + 4u * plane, high.x); }
    if first + 5u < OUT_CHANNELS { store(at + 5u * plane, high.y); }
    if first + 6u < OUT_CHANNELS { store(at + 6u * plane, high.z); }
    if first + 7u < OUT_CHANNELS { store(at + 7u * plane, high.w); }
}

@compute @workgroup_size(64)
fn convolution(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let columns = (OUT_WIDTH + ACROSS - 1u) / ACROSS;
    let block = group.x * PER + lane % PER;
    let eight = group.y * SPAN + lane / PER;
    if block >= BLOCKS || lane / PER >= SPAN || 8u * eight >= OUT_CHANNELS {
        return;
    }
    let x = ACROSS * (block % columns);
    let y = 2u * (block / columns);
    let left = i32(x) * STRIDE_X - PAD_LEFT;
    let above = i32(y) * STRIDE_Y - PAD_ABOVE;
{{places}}
    let low_bias = vec4<f32>(weights[BIAS + 2u * eight]);
    let high_bias = vec4<f32>(weights[BIAS + 2u * eight + 1u]);
{{sums}}
    var weight = eight * IN_CHANNELS * TAPS * 2u;
    for (var channel = 0u; channel < IN_CHANNELS; channel++) {
        let plane = channel * IN_WIDTH * IN_HEIGHT;
{{patch}}
        var low: vec4<f32>;
        var high: vec4<f32>;
{{taps}}
        weight += TAPS * 2u;
    }
    let first = eight * 8u;
{{puts}}
}
