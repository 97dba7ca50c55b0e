//! The convolution of `shaders/network/convolution.wgsl`, written out for one shape.
//!
//! It takes picture and weights in the order that the file has, up to eight pixels and eight channels at once, with
//! bias and slope; what it does not suit ([`suits`]) has a plainer shader. Its twin is
//! [`convolution`](crate::swap::convolution::convolution).

use std::fmt::Write as _;

use super::finish::functions;
use super::text::{ENABLE_HALF, MOST_GROUPS, Numeric};
use super::unary::IS_NAN;
use crate::swap::convolution::Convolution;
use crate::swap::graph::{Operand, Operator, Step, SwapGraph};

/// Channels of the result that one invocation makes.
pub(in crate::swap) const CHANNELS: usize = 8;
/// Rows of the result that one invocation makes.
const DOWN: usize = 2;
/// Invocations of a workgroup.
pub(in crate::swap) const LANES: usize = 64;

const TEXT: &str = include_str!("../../../shaders/network/convolution.wgsl");

/// Taps, and values of one channel under an invocation's pixels, up to which the shader is written out.
const MOST_WRITTEN_OUT: usize = 128;

/// Whether the shader can be written out and dispatched for this shape; a model file may hold any.
pub(in crate::swap) fn suits(shape: &Convolution) -> bool {
    let [blocks, channels] = groups(shape);
    let (rows, columns) = patch_size(shape);
    let few = |a: usize, b: usize| a.checked_mul(b).is_some_and(|count| (1..=MOST_WRITTEN_OUT).contains(&count));
    few(shape.kernel[0], shape.kernel[1]) && few(rows, columns) && blocks.max(channels) <= MOST_GROUPS
}

/// The shape of a convolution that is to be written out; `None` where the shader does not suit it, or its weights or
/// its bias are not known.
pub(super) fn written_out(graph: &SwapGraph, step: &Step) -> Option<Convolution> {
    let Operator::Convolution { stride, pads, groups: 1, slope } = step.operator else { return None };
    let (&[Operand::Value(input), Operand::Constant(weights)]
    | &[Operand::Value(input), Operand::Constant(weights), Operand::Constant(_)]) = &*step.inputs
    else {
        return None;
    };
    let (&[1, channels, high, wide], &[_, out, height, width], &[_, _, rows, columns]) =
        (&*graph.shapes[input], &*graph.shapes[step.output], &*graph.constants[weights].shape)
    else {
        return None;
    };
    let shape = Convolution {
        input: [channels, high, wide],
        output: [out, height, width],
        kernel: [rows, columns],
        stride,
        pads: [pads[0], pads[1]],
        slope_bits: slope.unwrap_or(1.0).to_bits(),
    };
    suits(&shape).then_some(shape)
}

/// Blocks of pixels that invocations make.
fn blocks(shape: &Convolution) -> usize {
    shape.output[1].div_ceil(DOWN) * shape.output[2].div_ceil(across(shape))
}

/// Blocks of pixels, and eights of channels, that one workgroup takes.
fn share(shape: &Convolution) -> [usize; 2] {
    let per = blocks(shape).clamp(1, LANES);
    [per, LANES / per]
}

/// Workgroups: along blocks of pixels, along channels.
pub(in crate::swap) fn groups(shape: &Convolution) -> [usize; 2] {
    let [per, span] = share(shape);
    [blocks(shape).div_ceil(per), shape.output[0].div_ceil(CHANNELS).div_ceil(span)]
}

/// Rows and columns of the picture under an invocation's pixels.
fn patch_size(shape: &Convolution) -> (usize, usize) {
    let size =
        |axis: usize, pixels: usize| shape.stride[axis].saturating_mul(pixels - 1).saturating_add(shape.kernel[axis]);
    (size(0, DOWN), size(1, across(shape)))
}

/// Pixels of a row that one invocation makes: as many as leave the picture under them in registers.
fn across(shape: &Convolution) -> usize {
    if shape.stride == [1, 1] && shape.kernel.iter().all(|&side| side <= 3) { 4 } else { 2 }
}

/// Where the bias begins among what [`arranged`] gives.
fn bias_at(shape: &Convolution) -> usize {
    shape.output[0].next_multiple_of(CHANNELS) * shape.input[0] * shape.kernel[0] * shape.kernel[1]
}

/// Weights as the shader reads them: by eight channels of the result, then by channel, row and column, then those
/// eight; behind them the bias, zeros where there is none.
pub(in crate::swap) fn arranged(shape: &Convolution, weights: &[f32], bias: &[f32]) -> Vec<f32> {
    let (out, taps) = (shape.output[0], shape.input[0] * shape.kernel[0] * shape.kernel[1]);
    let bias_at = bias_at(shape);
    let mut arranged = vec![0.0; bias_at + out.next_multiple_of(CHANNELS)];
    arranged.iter_mut().skip(bias_at).zip(bias).for_each(|(to, from)| *to = *from);
    for (o, filter) in weights.chunks_exact(taps).enumerate() {
        let first = o / CHANNELS * CHANNELS * taps + o % CHANNELS;
        for (tap, &weight) in filter.iter().enumerate() {
            arranged[first + tap * CHANNELS] = weight;
        }
    }
    arranged
}

/// The shader for one shape, whole; with `half` its numbers lie as 16-bit floats and are summed as 32-bit ones.
pub fn source(shape: &Convolution, half: bool) -> String {
    let numeric = if half { Numeric::Half } else { Numeric::Single };
    source_of(shape, [numeric; 3]) + &functions(&[]) + IS_NAN
}

/// The same of a picture, weights and a result that may lie differently, without the functions that it stores by
/// ([`functions`]).
pub(super) fn source_of(shape: &Convolution, numerics: [Numeric; 3]) -> String {
    let Convolution { input, output, kernel, stride, pads, .. } = shape;
    let (across, [per, span]) = (across(shape), share(shape));
    let [picture, number, result] = numerics.map(Numeric::name);
    let enable = if numerics.contains(&Numeric::Half) { ENABLE_HALF } else { "" };
    let constants = format!(
        "{enable}alias Picture = {picture};\nalias Number = {number};\nalias Result = {result};\nconst ACROSS = {across}u;\nconst BLOCKS = {}u;\nconst PER = {per}u;\nconst SPAN = {span}u;\n\
         const IN_CHANNELS = {}u;\nconst IN_HEIGHT = {}u;\nconst IN_WIDTH = {}u;\n\
         const OUT_CHANNELS = {}u;\nconst OUT_HEIGHT = {}u;\nconst OUT_WIDTH = {}u;\n\
         const TAPS = {}u;\nconst BIAS = {}u;\nconst STRIDE_Y = {};\nconst STRIDE_X = {};\n\
         const PAD_ABOVE = {};\nconst PAD_LEFT = {};\nconst SLOPE = {:?}f;\n",
        blocks(shape),
        input[0],
        input[1],
        input[2],
        output[0],
        output[1],
        output[2],
        kernel[0] * kernel[1],
        bias_at(shape) / 4,
        stride[0],
        stride[1],
        pads[0],
        pads[1],
        shape.slope()
    );
    let (rows, columns) = patch_size(shape);
    let text = TEXT
        .replace("{{places}}", places(rows, columns).trim_end())
        .replace("{{patch}}", patch(rows, columns).trim_end())
        .replace("{{sums}}", for_each(across, sum).trim_end())
        .replace("{{taps}}", taps(shape).trim_end())
        .replace("{{puts}}", for_each(across, put).trim_end());
    constants + &text
}

/// Where the rows and columns under the pixels begin, and whether they are in the picture.
fn places(rows: usize, columns: usize) -> String {
    let mut text = String::new();
    for (name, inside, from, side, times, count) in [
        ("row", "row_in", "above", "IN_HEIGHT", " * IN_WIDTH", rows),
        ("column", "column_in", "left", "IN_WIDTH", "", columns),
    ] {
        for n in 0..count {
            let _ = writeln!(text, "    let {inside}_{n} = {from} + {n} >= 0 && {from} + {n} < i32({side});");
            let clamped = format!("u32(clamp({from} + {n}, 0, i32({side}) - 1))");
            let _ = writeln!(text, "    let {name}_{n} = {clamped}{times};");
        }
    }
    text
}

/// The part of one channel that the pixels are made of.
fn patch(rows: usize, columns: usize) -> String {
    let mut text = String::new();
    for row in 0..rows {
        for column in 0..columns {
            let value = format!("f32(picture[plane + row_{row} + column_{column}])");
            let inside = format!("row_in_{row} && column_in_{column}");
            let _ = writeln!(text, "        let p_{row}_{column} = select(0.0, {value}, {inside});");
        }
    }
    text
}

/// Each weight onto each of the pixels.
fn taps(shape: &Convolution) -> String {
    let mut text = String::new();
    let [stride_y, stride_x] = shape.stride;
    for row in 0..shape.kernel[0] {
        for column in 0..shape.kernel[1] {
            let tap = 2 * (row * shape.kernel[1] + column);
            let _ = writeln!(text, "        low = vec4<f32>(weights[weight + {tap}u]);");
            let _ = writeln!(text, "        high = vec4<f32>(weights[weight + {}u]);", tap + 1);
            text += &for_each(across(shape), |x, y| {
                let value = format!("vec4<f32>(p_{}_{})", row + y * stride_y, column + x * stride_x);
                format!(
                    "        low_{x}{y} = fma(low, {value}, low_{x}{y});\n        \
                     high_{x}{y} = fma(high, {value}, high_{x}{y});\n"
                )
            });
        }
    }
    text
}

/// What `line` says of each pixel.
fn for_each(across: usize, line: impl Fn(usize, usize) -> String) -> String {
    (0..DOWN).flat_map(|y| (0..across).map(move |x| (x, y))).map(|(x, y)| line(x, y)).collect()
}

/// The sums of one pixel begin with the bias.
fn sum(x: usize, y: usize) -> String {
    format!("    var low_{x}{y} = low_bias;\n    var high_{x}{y} = high_bias;\n")
}

/// One pixel into the result.
fn put(x: usize, y: usize) -> String {
    format!("    put(x + {x}u, y + {y}u, first, low_{x}{y}, high_{x}{y});\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(kernel: usize, stride: usize, output: [usize; 3]) -> Convolution {
        let (input, slope_bits) = ([1, 8, 8], 1.0_f32.to_bits());
        Convolution { input, output, kernel: [kernel; 2], stride: [stride; 2], pads: [0, 0], slope_bits }
    }

    #[test]
    fn what_a_swap_model_holds_suits_and_what_only_a_hostile_one_does_not() {
        for (kernel, stride) in [(1, 1), (3, 1), (3, 2), (5, 1), (5, 2), (7, 1)] {
            assert!(suits(&shape(kernel, stride, [512, 64, 64])), "{kernel} by {stride}");
        }
        assert!(!suits(&shape(64, 1, [1, 1, 1])), "thousands of taps");
        assert!(!suits(&shape(1, 1 << 20, [1, 1, 1])), "a patch of 2^40 values");
        assert!(!suits(&shape(1, usize::MAX / 8, [1, 1, 1])), "a patch that overflows");
        assert!(!suits(&shape(1, 1, [1 << 26, 1, 1])), "too many groups of channels");
        assert!(!suits(&shape(1, 1, [1, 1, 1 << 27])), "too many groups of pixels");
    }
}
