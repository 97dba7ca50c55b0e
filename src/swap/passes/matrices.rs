//! The convolution of `shaders/network/matrices.wgsl`, written out for one shape: on cooperative matrices, which NVIDIA calls
//! tensor cores.
//!
//! It multiplies the weights, `[O, taps · C]`, with what of the picture lies under each tap of each pixel, `[taps · C, pixels]`
//! (an implicit GEMM). Operands are 16-bit floats, sums 32-bit ones. Its twin is
//! [`convolution`](crate::swap::convolution::convolution).

use std::fmt::Write as _;

use super::text::{MOST_GROUPS, Numeric};
use crate::swap::convolution::Convolution;

/// Side of a matrix.
const SIDE: usize = 16;
/// Lanes of a subgroup: all of them hold one matrix.
pub const SUBGROUP: u32 = 32;
/// Further numbers of a row in workgroup memory, so that the rows of a matrix lie in different banks.
const GAP: usize = 8;
/// Channels and pixels below which matrices are mostly padding.
const LEAST_CHANNELS: usize = 12;

const TEXT: &str = include_str!("../../../shaders/network/matrices.wgsl");

/// How the work of a workgroup is shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Subgroups along channels and along pixels.
    pub subgroups: [usize; 2],
    /// Matrices that a subgroup makes along channels and along pixels.
    pub matrices: [usize; 2],
}

impl Tile {
    /// Every tile that is worth a try, for a result of so many channels.
    pub fn candidates(channels: usize) -> Vec<Self> {
        let few = channels.div_ceil(SIDE);
        let mut all = Vec::new();
        if few <= 4 {
            all.extend([1, 2].map(|across| Self { subgroups: [1, 4], matrices: [few, across] }));
        } else {
            for (subgroups, matrices) in [
                ([2, 2], [2, 2]),
                ([2, 2], [4, 2]),
                ([2, 2], [4, 4]),
                ([2, 2], [2, 4]),
                ([1, 4], [4, 1]),
                ([4, 1], [1, 4]),
            ] {
                if subgroups[0] * matrices[0] < 2 * few {
                    all.push(Self { subgroups, matrices });
                }
            }
        }
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
    let taps = shape.kernel[0].saturating_mul(shape.kernel[1]);
    let fits = |groups: [usize; 2]| groups[0].max(groups[1]) <= MOST_GROUPS;
    out.min(shape.input[0]) >= LEAST_CHANNELS
        && taps <= 128
        && Tile::candidates(out).into_iter().all(|tile| fits(groups(shape, tile)))
}

/// The tile for a shape; `None` where plain invocations are faster.
pub fn tile(shape: &Convolution) -> Option<Tile> {
    Tile::candidates(shape.output[0]).into_iter().next()
}

/// Workgroups: along pixels, along channels.
pub(super) fn groups(shape: &Convolution, tile: Tile) -> [usize; 2] {
    let [out, height, width] = shape.output;
    [(height * width).div_ceil(tile.across()), out.div_ceil(tile.down())]
}

/// Channels that one step takes: as many as fill matrices with little padding.
fn deep(shape: &Convolution) -> usize {
    if shape.input[0].next_multiple_of(SIDE).is_multiple_of(2 * SIDE) { 2 * SIDE } else { SIDE }
}

/// Channels of the picture with those of padding.
fn channels(shape: &Convolution) -> usize {
    shape.input[0].next_multiple_of(deep(shape))
}

/// Where the bias begins among what [`arranged`] gives.
fn bias_at(shape: &Convolution, tile: Tile) -> usize {
    shape.output[0].next_multiple_of(tile.down()) * channels(shape) * shape.kernel[0] * shape.kernel[1]
}

/// Weights as the shader reads them: by 16 channels of the result, tap, 16 channels of the picture, then those of the result and
/// those of the picture; behind them the bias, zeros where there is none.
pub(super) fn arranged(shape: &Convolution, tile: Tile, weights: &[f32], bias: &[f32]) -> Vec<f32> {
    let (taps, padded) = (shape.kernel[0] * shape.kernel[1], channels(shape));
    let bias_at = bias_at(shape, tile);
    let mut arranged = vec![0.0; bias_at + shape.output[0].next_multiple_of(tile.down())];
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
pub(super) fn source_of(shape: &Convolution, tile: Tile, [picture, result]: [Numeric; 2]) -> String {
    let Convolution { input, output, kernel, stride, pads, .. } = shape;
    let (taps, deep, channels) = (kernel[0] * kernel[1], deep(shape), channels(shape));
    let constants = format!(
        "enable f16;\nenable wgpu_cooperative_matrix;\n\
         alias Picture = {picture};\nalias Result = {result};\n\
         const DOWN = {down}u;\nconst ACROSS = {across}u;\nconst LINE = {line}u;\nconst LANES = {lanes}u;\n\
         const SUBGROUPS = {subgroups}u;\nconst SUBGROUPS_ACROSS = {subgroups_across}u;\n\
         const MATRICES_DOWN = {matrices_down}u;\nconst MATRICES_ACROSS = {matrices_across}u;\n\
         const MATRICES_DEEP = {matrices_deep}u;\n\
         const DEEP = {deep}u;\nconst STEPS = {steps}u;\nconst CHANNELS = {channels}u;\n\
         const IN_CHANNELS = {}u;\nconst IN_HEIGHT = {}u;\nconst IN_WIDTH = {}u;\n\
         const OUT_CHANNELS = {}u;\nconst OUT_WIDTH = {}u;\nconst PIXELS = {pixels}u;\n\
         const KERNEL_WIDTH = {}u;\nconst BIAS = {bias}u;\nconst STRIDE_Y = {};\nconst STRIDE_X = {};\n\
         const PAD_ABOVE = {};\nconst PAD_LEFT = {};\nconst SLOPE = {:?}f;\n",
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
        shape.slope(),
        picture = picture.name(),
        result = result.name(),
        down = tile.down(),
        across = tile.across(),
        line = tile.across() + GAP,
        lanes = tile.lanes(),
        subgroups = tile.subgroups[0] * tile.subgroups[1],
        subgroups_across = tile.subgroups[1],
        matrices_down = tile.matrices[0],
        matrices_across = tile.matrices[1],
        matrices_deep = taps * channels / SIDE,
        steps = taps * channels / deep,
        pixels = output[1] * output[2],
        bias = bias_at(shape, tile),
    );
    let text = TEXT
        .replace("{{sums}}", for_each_matrix(tile, sum).trim_end())
        .replace("{{held}}", held(shape, tile).trim_end())
        .replace("{{read}}", read(shape, tile).trim_end())
        .replace("{{multiplied}}", multiplied(shape, tile).trim_end())
        .replace("{{kept}}", kept(shape, tile).trim_end())
        .replace("{{puts}}", for_each_matrix(tile, put).trim_end());
    constants + &text
}

/// `make` for each matrix of a subgroup, by its place along channels and pixels.
fn for_each_matrix(tile: Tile, make: impl Fn(usize, usize) -> String) -> String {
    let [down, across] = tile.matrices;
    (0..down * across).map(|n| make(n / across, n % across)).collect()
}

fn sum(i: usize, j: usize) -> String {
    format!("    var sum_{i}_{j}: coop_mat16x16<f32, C>;\n")
}

fn put(i: usize, j: usize) -> String {
    format!(
        "    coopStoreT(sum_{i}_{j}, &sums[subgroup * 256u], 16u);\n    workgroupBarrier();\n    \
         put(subgroup, lane % 32u, group.y * DOWN + (down + {i}u) * 16u, group.x * ACROSS + across + {}u);\n    \
         workgroupBarrier();\n",
        j * SIDE
    )
}

/// Rows of a step that the lanes of a workgroup read at once.
fn rows_at_once(tile: Tile) -> usize {
    (tile.lanes() / tile.across()).max(1)
}

/// What a lane reads of the picture in one step.
fn reads(shape: &Convolution, tile: Tile) -> usize {
    deep(shape) / rows_at_once(tile)
}

fn held(shape: &Convolution, tile: Tile) -> String {
    (0..reads(shape, tile)).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "    var held_{n}: f16;");
        text
    })
}

fn read(shape: &Convolution, tile: Tile) -> String {
    let rows = rows_at_once(tile);
    let padded = channels(shape) > shape.input[0];
    let mut text = "        let tap = next / (CHANNELS / DEEP);\n        \
         let channel = next % (CHANNELS / DEEP) * DEEP + row;\n        \
         let from_y = y + i32(tap / KERNEL_WIDTH);\n        \
         let from_x = x + i32(tap % KERNEL_WIDTH);\n        \
         let inside = next < STEPS && pixel < PIXELS && from_y >= 0 && from_y < i32(IN_HEIGHT) && from_x >= 0 && \
         from_x < i32(IN_WIDTH);\n        \
         let at = (channel * IN_HEIGHT + u32(from_y)) * IN_WIDTH + u32(from_x);\n"
        .to_owned();
    for n in 0..reads(shape, tile) {
        let row = n * rows;
        let there = if padded { format!("inside && channel + {row}u < IN_CHANNELS") } else { "inside".to_owned() };
        let at = row * shape.input[1] * shape.input[2];
        let _ = writeln!(
            text,
            "        held_{n} = f16(0.0);\n        if {there} {{ held_{n} = f16(picture[at + {at}u]); }}"
        );
    }
    text
}

fn kept(shape: &Convolution, tile: Tile) -> String {
    let rows = rows_at_once(tile);
    (0..reads(shape, tile)).fold(String::new(), |mut text, n| {
        let row = n * rows;
        let _ = writeln!(text, "        patches[next % 2u * DEEP * LINE + (row + {row}u) * LINE + column] = held_{n};");
        text
    })
}

fn multiplied(shape: &Convolution, tile: Tile) -> String {
    let [down, across] = tile.matrices;
    let slices = deep(shape) / SIDE;
    let mut text = String::new();
    for slice in 0..slices {
        for i in 0..down {
            let _ = writeln!(
                text,
                "        let a_{slice}_{i} = coopLoadT<coop_mat16x16<f16, A>>(&weights[weight + \
                 ({i}u * MATRICES_DEEP + {slice}u) * 256u], 16u);"
            );
        }
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
    fn as_the_shader(shape: &Convolution, tile: Tile, picture: &[f32], weights: &[f32]) -> Vec<f32> {
        let ([channels_in, high, wide], [out, height, width]) = (shape.input, shape.output);
        let (deep, channels, line) = (deep(shape), channels(shape), tile.across() + GAP);
        let (steps, pixels) = (shape.kernel[0] * shape.kernel[1] * channels / deep, height * width);
        let matrices_deep = steps * deep / SIDE;
        let mut result = vec![f32::NAN; out * pixels];
        let [groups_x, groups_y] = groups(shape, tile);
        for (group_y, group_x) in (0..groups_y).flat_map(|y| (0..groups_x).map(move |x| (y, x))) {
            let mut sums = vec![0.0; tile.down() * tile.across()];
            for step in 0..steps {
                let mut patches = vec![f32::NAN; deep * line];
                for (lane, n) in (0..tile.lanes()).flat_map(|lane| (0..reads(shape, tile)).map(move |n| (lane, n))) {
                    let (column, row) = (lane % tile.across(), lane / tile.across());
                    let pixel = group_x * tile.across() + column;
                    let (tap, channel) = (step / (channels / deep), step % (channels / deep) * deep + row);
                    let from = |at: usize, stride: usize, tap: usize, pad: usize| {
                        at as i64 * stride as i64 - pad as i64 + tap as i64
                    };
                    let y = from(pixel / width, shape.stride[0], tap / shape.kernel[1], shape.pads[0]);
                    let x = from(pixel % width, shape.stride[1], tap % shape.kernel[1], shape.pads[1]);
                    let more = n * rows_at_once(tile);
                    let inside = pixel < pixels && (0..high as i64).contains(&y) && (0..wide as i64).contains(&x);
                    let there = inside && channel + more < channels_in;
                    patches[(row + more) * line + column] =
                        if there { picture[((channel + more) * high + y as usize) * wide + x as usize] } else { 0.0 };
                }
                for (m, pixel, k) in (0..tile.down())
                    .flat_map(|m| (0..tile.across()).flat_map(move |pixel| (0..deep).map(move |k| (m, pixel, k))))
                {
                    let first = (group_y * (tile.down() / SIDE) + m / SIDE) * matrices_deep * SIDE * SIDE;
                    let a = first + (step * (deep / SIDE) + k / SIDE) * SIDE * SIDE + m % SIDE * SIDE + k % SIDE;
                    sums[m * tile.across() + pixel] += weights[a] * patches[k * line + pixel];
                }
            }
            for (m, column) in (0..tile.down()).flat_map(|m| (0..tile.across()).map(move |column| (m, column))) {
                let (channel, pixel) = (group_y * tile.down() + m, group_x * tile.across() + column);
                if channel < out && pixel < pixels {
                    let sum = sums[m * tile.across() + column] + weights[bias_at(shape, tile) + channel];
                    result[channel * pixels + pixel] = if sum > 0.0 { sum } else { shape.slope() * sum };
                }
            }
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
        ] {
            let shape = Convolution { input, output, kernel, stride, pads, slope_bits };
            let picture = values(input.iter().product(), 1);
            let weights = values(output[0] * input[0] * kernel[0] * kernel[1], 2);
            let bias = values(output[0], 3);
            let expected = convolution(&shape, &picture, &weights, &bias);
            for tile in Tile::candidates(output[0]) {
                let found = as_the_shader(&shape, tile, &picture, &arranged(&shape, tile, &weights, &bias));
                for (found, expected) in found.iter().zip(&expected) {
                    assert!((found - expected).abs() < 1e-3, "{shape:?}, {tile:?}: {found} and not {expected}");
                }
            }
        }
    }
}
