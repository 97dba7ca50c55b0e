//! The convolution of `shaders/network/matrices.wgsl`, written out for one shape: on cooperative matrices, which
//! NVIDIA calls tensor cores.
//!
//! It multiplies the weights, `[O, taps · C]`, with what of the picture lies under each tap of each pixel, `[taps ·
//! C, pixels]` (an implicit GEMM). Operands are 16-bit floats, sums 32-bit ones. Its twin is
//! [`convolution`](crate::swap::convolution::convolution).

use std::fmt::Write as _;

use super::text::{MOST_GROUPS, Numeric, each, stored};
use super::unary::unary_of;
use crate::gpu::SUBGROUP;
use crate::swap::convolution::Convolution;
use crate::swap::graph::Unary;

/// Side of a matrix.
const SIDE: usize = 16;
/// Further numbers of a row in workgroup memory, so that the rows of a matrix lie in different banks.
const GAP: usize = 8;
/// Workgroups that keep a large GPU busy: two on each of an H200's 132 processors, and some.
const WORKGROUPS: usize = 300;
/// Steps for each part up to which a sum is shared out further.
const LEAST_STEPS: usize = 4;
/// Channels below which matrices are mostly padding.
const LEAST_CHANNELS: usize = 12;

const TEXT: &str = include_str!("../../../shaders/network/matrices.wgsl");

/// How the work is shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Share {
    /// Subgroups of a workgroup along channels and along pixels.
    pub subgroups: [usize; 2],
    /// Matrices that a subgroup makes along channels and along pixels. More than four in all were slower on an H200:
    /// fewer subgroups hide less of the wait for memory.
    pub matrices: [usize; 2],
    /// Channels that one step takes, a multiple of 16.
    pub depth: usize,
    /// Workgroups that share out each sum, so that small maps with many channels keep a GPU busy, too; more than one
    /// leave their parts for [`total_of`].
    pub parts: usize,
}

impl Share {
    /// Every share that is worth a try for a shape.
    pub fn candidates(shape: &Convolution) -> Vec<Self> {
        let rows = shape.output[0].div_ceil(SIDE).max(1);
        let (subgroups, matrices) = if rows <= 4 { ([1, 4], [rows, 1]) } else { ([2, 2], [2, 2]) };
        let depth = if shape.input[0].div_ceil(SIDE).is_multiple_of(2) { 2 * SIDE } else { SIDE };
        let whole = Self { subgroups, matrices, depth, parts: 1 };
        let steps = steps(shape, whole);
        let mut all: Vec<_> = [1, 2, 4, 8, 16]
            .into_iter()
            .filter(|parts| parts * LEAST_STEPS <= steps || *parts == 1)
            // As many as are not empty.
            .map(|parts| Self { parts: steps.div_ceil(steps.div_ceil(parts).max(1)).max(1), ..whole })
            .collect();
        all.dedup();
        all
    }

    /// Channels of the result that a workgroup makes.
    fn down(self) -> usize {
        self.subgroups[0] * self.matrices[0] * SIDE
    }

    /// Pixels of the result that a workgroup makes.
    fn across(self) -> usize {
        self.subgroups[1] * self.matrices[1] * SIDE
    }

    /// Invocations of a workgroup.
    fn lanes(self) -> usize {
        self.subgroups[0] * self.subgroups[1] * SUBGROUP as usize
    }
}

/// Whether a shape is for matrices: with few channels they are mostly padding, and a model file may hold any.
pub fn suits(shape: &Convolution) -> bool {
    let [out, ..] = shape.output;
    let fits = |groups: [usize; 2]| groups[0].max(groups[1]) <= MOST_GROUPS;
    out.min(shape.input[0]) >= LEAST_CHANNELS
        && Share::candidates(shape).first().is_some_and(|&share| fits(groups(shape, share)))
}

/// The share for a shape: with as many parts as give a GPU enough workgroups.
pub fn share(shape: &Convolution) -> Option<Share> {
    let enough = |share: &Share| groups(shape, *share).into_iter().product::<usize>() * share.parts >= WORKGROUPS;
    let candidates = Share::candidates(shape);
    candidates.iter().find(|share| enough(share)).or(candidates.last()).copied()
}

/// Workgroups: along pixels, along channels.
pub fn groups(shape: &Convolution, share: Share) -> [usize; 2] {
    let [out, height, width] = shape.output;
    [(height * width).div_ceil(share.across()), out.div_ceil(share.down())]
}

/// Channels of the picture with those of padding.
fn channels(shape: &Convolution, share: Share) -> usize {
    shape.input[0].checked_next_multiple_of(share.depth).unwrap_or(usize::MAX)
}

/// Steps of the whole sum.
fn steps(shape: &Convolution, share: Share) -> usize {
    shape.kernel[0].saturating_mul(shape.kernel[1]).saturating_mul(channels(shape, share)) / share.depth
}

/// Where the bias begins among what [`arranged`] gives.
fn bias_at(shape: &Convolution, share: Share) -> usize {
    shape.output[0].next_multiple_of(share.down()) * channels(shape, share) * shape.kernel[0] * shape.kernel[1]
}

/// Weights as the shader reads them: by 16 channels of the result, tap, 16 channels of the picture, then those of the
/// result and those of the picture; behind them the bias, zeros where there is none.
pub(super) fn arranged(shape: &Convolution, share: Share, weights: &[f32], bias: &[f32]) -> Vec<f32> {
    let (taps, padded) = (shape.kernel[0] * shape.kernel[1], channels(shape, share));
    let bias_at = bias_at(shape, share);
    let mut arranged = vec![0.0; bias_at + shape.output[0].next_multiple_of(share.down())];
    arranged.iter_mut().skip(bias_at).zip(bias).for_each(|(to, from)| *to = *from);
    for (o, filter) in weights.chunks_exact(taps * shape.input[0]).enumerate() {
        for (channel, taps_of) in filter.chunks_exact(taps).enumerate() {
            for (tap, &weight) in taps_of.iter().enumerate() {
                let matrix = o / SIDE * taps * (padded / SIDE) + tap * (padded / SIDE) + channel / SIDE;
                arranged[matrix * SIDE * SIDE + o % SIDE * SIDE + channel % SIDE] = weight;
            }
        }
    }
    arranged
}

/// The shader for one shape, whose picture and result may lie differently, without the functions that it stores by.
pub(super) fn source_of(shape: &Convolution, share: Share, [picture, result]: [Numeric; 2]) -> String {
    let Convolution { input, output, kernel, stride, pads, .. } = shape;
    let (taps, deep, channels) = (kernel[0] * kernel[1], share.depth, channels(shape, share));
    let constants = format!(
        "enable f16;\nenable wgpu_cooperative_matrix;\n\
         alias Picture = {picture};\nalias Result = {result};\n\
         const DOWN = {down}u;\nconst ACROSS = {across}u;\nconst LINE = {line}u;\nconst LANES = {lanes}u;\n\
         const SUBGROUPS = {subgroups}u;\nconst SUBGROUPS_ACROSS = {subgroups_across}u;\n\
         const MATRICES_DOWN = {matrices_down}u;\nconst MATRICES_ACROSS = {matrices_across}u;\n\
         const MATRICES_DEEP = {matrices_deep}u;\n\
         const DEEP = {deep}u;\nconst STEPS = {steps}u;\nconst PART = {part}u;\nconst CHANNELS = {channels}u;\n\
         const IN_CHANNELS = {}u;\nconst IN_HEIGHT = {}u;\nconst IN_WIDTH = {}u;\n\
         const OUT_CHANNELS = {}u;\nconst OUT_WIDTH = {}u;\nconst PIXELS = {pixels}u;\n\
         const KERNEL_WIDTH = {}u;\nconst BIAS = {bias}u;\nconst STRIDE_Y = {};\nconst STRIDE_X = {};\n\
         const PAD_ABOVE = {};\nconst PAD_LEFT = {};\n",
        input[0],
        input[1],
        input[2],
        output[0],
        output[2],
        kernel[1],
        stride[0],
        stride[1],
        pads[0],
        pads[1],
        picture = picture.name(),
        result = result.name(),
        down = share.down(),
        across = share.across(),
        line = share.across() + GAP,
        lanes = share.lanes(),
        subgroups = share.subgroups[0] * share.subgroups[1],
        subgroups_across = share.subgroups[1],
        matrices_down = share.matrices[0],
        matrices_across = share.matrices[1],
        matrices_deep = taps * channels / SIDE,
        steps = steps(shape, share),
        part = steps(shape, share).div_ceil(share.parts),
        pixels = output[1] * output[2],
        bias = bias_at(shape, share),
    );
    let text = TEXT
        .replace("{{stored}}", &if share.parts > 1 { PARTLY.to_owned() } else { wholly(shape) })
        .replace("{{sums}}", for_each_matrix(share, sum).trim_end())
        .replace("{{held}}", held(share).trim_end())
        .replace("{{read}}", read(shape, share).trim_end())
        .replace("{{multiplied}}", multiplied(share).trim_end())
        .replace("{{kept}}", kept(share).trim_end())
        .replace("{{puts}}", for_each_matrix(share, put).trim_end());
    constants + &text
}

/// How a sum is put to its place: with the bias, as the steps that were folded into this one leave it; `placed` and
/// `finished` stand behind the text.
fn wholly(shape: &Convolution) -> String {
    format!(
        "let at = channel * PIXELS + pixel;\n            \
         let sum = sums[subgroup * 256u + n] + f32(weights[BIAS + channel]);\n            \
         result[placed(at)] = Result(finished(at, {}));",
        unary_of(Unary::LeakyRelu(shape.slope()), "sum")
    )
}

/// How a part of it is.
const PARTLY: &str = "result[(part * OUT_CHANNELS + channel) * PIXELS + pixel] = sums[subgroup * 256u + n];";

/// The shader that adds up the parts, an invocation a value: it binds them, the weights for the bias, and the result.
pub(super) fn total_of(shape: &Convolution, share: Share, result: Numeric) -> String {
    let [out, height, width] = shape.output;
    let count = out * height * width;
    let mut body = format!("    var sum = f32(b[{}u + c0]);\n", bias_at(shape, share));
    for part in 0..share.parts {
        let _ = writeln!(body, "    sum += a[i + {}u];", part * count);
    }
    let value = unary_of(Unary::LeakyRelu(shape.slope()), "sum");
    let over = [out, height * width];
    each(&[Numeric::Single, Numeric::Half], result, &over, &(body + &stored(&value, "i", result)))
}

/// `make` for each matrix of a subgroup, by its place along channels and pixels.
fn for_each_matrix(share: Share, make: impl Fn(usize, usize) -> String) -> String {
    let [down, across] = share.matrices;
    (0..down * across).map(|n| make(n / across, n % across)).collect()
}

/// A matrix of sums.
fn sum(i: usize, j: usize) -> String {
    format!("    var sum_{i}_{j}: coop_mat16x16<f32, C>;\n")
}

/// That to the result, through workgroup memory.
fn put(i: usize, j: usize) -> String {
    format!(
        "    coopStoreT(sum_{i}_{j}, &sums[subgroup * 256u], 16u);\n    workgroupBarrier();\n    \
         put(group.z, subgroup, lane % 32u, group.y * DOWN + down + {}u, group.x * ACROSS + across + {}u);\n    \
         workgroupBarrier();\n",
        i * SIDE,
        j * SIDE
    )
}

/// Rows of a step that the lanes of a workgroup read at once.
fn rows_at_once(share: Share) -> usize {
    share.lanes() / share.across()
}

/// What a lane reads of the picture in one step.
fn reads(share: Share) -> usize {
    share.depth / rows_at_once(share)
}

/// Registers for what a lane reads in a step.
fn held(share: Share) -> String {
    let mut text = String::new();
    for n in 0..reads(share) {
        let _ = writeln!(text, "    var held_{n}: f16;");
    }
    text
}

/// Step `next` of the picture into them; zeros outside the picture and behind the last step.
fn read(shape: &Convolution, share: Share) -> String {
    let rows = rows_at_once(share);
    let padded = channels(shape, share) > shape.input[0];
    let mut text = "        let tap = next / (CHANNELS / DEEP);\n        \
         let channel = next % (CHANNELS / DEEP) * DEEP + row;\n        \
         let from_y = y + i32(tap / KERNEL_WIDTH);\n        \
         let from_x = x + i32(tap % KERNEL_WIDTH);\n        \
         let inside = next < end && pixel < PIXELS && from_y >= 0 && from_y < i32(IN_HEIGHT) && from_x >= 0 && \
         from_x < i32(IN_WIDTH);\n        \
         let at = (channel * IN_HEIGHT + u32(from_y)) * IN_WIDTH + u32(from_x);\n"
        .to_owned();
    let mut inside = String::new();
    for n in 0..reads(share) {
        let row = n * rows;
        let at = row * shape.input[1] * shape.input[2];
        let value = format!("f16(picture[at + {at}u])");
        inside += &if padded {
            format!("            if channel + {row}u < IN_CHANNELS {{ held_{n} = {value}; }}\n")
        } else {
            format!("            held_{n} = {value};\n")
        };
        let _ = writeln!(text, "        held_{n} = f16(0.0);");
    }
    text + "        if inside {\n" + &inside + "        }\n"
}

/// From them to the half of the patches that step `next` multiplies.
fn kept(share: Share) -> String {
    let rows = rows_at_once(share);
    (0..reads(share)).fold(String::new(), |mut text, n| {
        let row = n * rows;
        let _ = writeln!(text, "        patches[next % 2u * DEEP * LINE + (row + {row}u) * LINE + column] = held_{n};");
        text
    })
}

/// The patches of this step times its weights, onto the sums.
fn multiplied(share: Share) -> String {
    let [down, across] = share.matrices;
    let slices = share.depth / SIDE;
    let mut text = String::new();
    for (slice, i) in (0..slices).flat_map(|slice| (0..down).map(move |i| (slice, i))) {
        let _ = writeln!(
            text,
            "        let a_{slice}_{i} = coopLoadT<coop_mat16x16<f16, A>>(&weights[weight + ({i}u * MATRICES_DEEP + \
             {slice}u) * 256u], 16u);"
        );
    }
    for slice in 0..slices {
        for j in 0..across {
            let _ = writeln!(
                text,
                "        let b_{slice}_{j} = coopLoadT<coop_mat16x16<f16, B>>(&patches[here + {}u * LINE + across + {}u], \
                 LINE);",
                slice * SIDE,
                j * SIDE
            );
            for i in 0..down {
                let _ =
                    writeln!(text, "        sum_{i}_{j} = coopMultiplyAdd(a_{slice}_{i}, b_{slice}_{j}, sum_{i}_{j});");
            }
        }
    }
    let _ = writeln!(text, "        weight += {}u;", slices * SIDE * SIDE);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swap::convolution::convolution;

    fn values(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i + seed) * 7919 % 101) as f32 / 50.0 - 1.0).collect()
    }

    /// What the shader computes, with its own places of weights, patches and sums.
    fn as_the_shader(shape: &Convolution, share: Share, picture: &[f32], weights: &[f32]) -> Vec<f32> {
        let ([channels_in, high, wide], [out, height, width]) = (shape.input, shape.output);
        let (deep, channels, line) = (share.depth, channels(shape, share), share.across() + GAP);
        let (steps, pixels) = (shape.kernel[0] * shape.kernel[1] * channels / deep, height * width);
        let matrices_deep = steps * deep / SIDE;
        let mut result = vec![f32::NAN; out * pixels];
        let mut parts = vec![f32::NAN; share.parts * out * pixels];
        let part = steps.div_ceil(share.parts);
        let [groups_x, groups_y] = groups(shape, share);
        for (group_y, group_x) in (0..groups_y).flat_map(|y| (0..groups_x).map(move |x| (y, x))) {
            for group_z in 0..share.parts {
                let mut sums = vec![0.0; share.down() * share.across()];
                for step in group_z * part..((group_z + 1) * part).min(steps) {
                    let mut patches = vec![f32::NAN; deep * line];
                    for (lane, n) in (0..share.lanes()).flat_map(|lane| (0..reads(share)).map(move |n| (lane, n))) {
                        let (column, row) = (lane % share.across(), lane / share.across());
                        let pixel = group_x * share.across() + column;
                        let (tap, channel) = (step / (channels / deep), step % (channels / deep) * deep + row);
                        let from = |at: usize, stride: usize, tap: usize, pad: usize| {
                            at as i64 * stride as i64 - pad as i64 + tap as i64
                        };
                        let y = from(pixel / width, shape.stride[0], tap / shape.kernel[1], shape.pads[0]);
                        let x = from(pixel % width, shape.stride[1], tap % shape.kernel[1], shape.pads[1]);
                        let more = n * rows_at_once(share);
                        let inside = pixel < pixels && (0..high as i64).contains(&y) && (0..wide as i64).contains(&x);
                        let there = inside && channel + more < channels_in;
                        patches[(row + more) * line + column] = if there {
                            picture[((channel + more) * high + y as usize) * wide + x as usize]
                        } else {
                            0.0
                        };
                    }
                    for (m, pixel, k) in (0..share.down())
                        .flat_map(|m| (0..share.across()).flat_map(move |pixel| (0..deep).map(move |k| (m, pixel, k))))
                    {
                        let first = (group_y * (share.down() / SIDE) + m / SIDE) * matrices_deep * SIDE * SIDE;
                        let a = first + (step * (deep / SIDE) + k / SIDE) * SIDE * SIDE + m % SIDE * SIDE + k % SIDE;
                        sums[m * share.across() + pixel] += weights[a] * patches[k * line + pixel];
                    }
                }
                for (m, column) in (0..share.down()).flat_map(|m| (0..share.across()).map(move |column| (m, column))) {
                    let (channel, pixel) = (group_y * share.down() + m, group_x * share.across() + column);
                    if channel < out && pixel < pixels {
                        parts[(group_z * out + channel) * pixels + pixel] = sums[m * share.across() + column];
                    }
                }
            }
        }
        for (i, result) in result.iter_mut().enumerate() {
            let bias = weights[bias_at(shape, share) + i / pixels];
            let sum = (0..share.parts).map(|part| parts[i + part * out * pixels]).sum::<f32>() + bias;
            *result = if sum > 0.0 { sum } else { shape.slope() * sum };
        }
        result
    }

    #[test]
    fn the_places_of_the_shader_give_the_convolution() {
        let slope_bits = 0.1_f32.to_bits();
        for (input, output, kernel, stride, pads) in [
            ([16, 8, 8], [16, 8, 8], [3, 3], [1, 1], [1, 1]),
            ([24, 9, 7], [12, 9, 7], [3, 3], [1, 1], [1, 1]),
            ([32, 12, 12], [70, 6, 6], [5, 5], [2, 2], [2, 2]),
            ([40, 7, 5], [130, 7, 5], [2, 1], [1, 1], [1, 0]),
            ([16, 12, 12], [16, 12, 12], [5, 7], [1, 1], [2, 3]),
            ([128, 3, 3], [16, 3, 3], [4, 4], [1, 1], [2, 2]),
        ] {
            let shape = Convolution { input, output, kernel, stride, pads, slope_bits };
            let picture = values(input.iter().product(), 1);
            let weights = values(output[0] * input[0] * kernel[0] * kernel[1], 2);
            let bias = values(output[0], 3);
            let expected = convolution(&shape, &picture, &weights, &bias);
            for share in Share::candidates(&shape) {
                let memory = 2 * 2 * share.depth * (share.across() + GAP) + 4 * 256 * share.lanes() / SUBGROUP as usize;
                assert!(memory <= 16_384, "{share:?}: more workgroup memory than every adapter has");
                let found = as_the_shader(&shape, share, &picture, &arranged(&shape, share, &weights, &bias));
                for (found, expected) in found.iter().zip(&expected) {
                    assert!((found - expected).abs() < 1e-3, "{shape:?}, {share:?}: {found} and not {expected}");
                }
            }
        }
    }
}
