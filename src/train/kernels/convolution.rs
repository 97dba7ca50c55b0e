//! Convolution forwards and back, in host memory: products of matrices with columns made piece by piece, small enough
//! for a core's cache. Both matrices of each product lie as the product reads them: to turn one is cheaper here,
//! where it is small or turned once for many products, than inside of them.
//!
//! Work is cut by sizes alone, and every sum is taken in one order: results do not depend on the number of threads.

use rayon::prelude::*;

use super::matrix::{Before, Matrix, multiply, turn};
use super::window::Window;

/// Columns of a product, about: enough to keep the product busy, few enough for the cache.
const COLUMNS: usize = 512;
/// Pictures are taken together where they have fewer pixels than this.
const FEW: usize = 256;
/// Pieces of work to aim at: for this many threads the work is cut evenly.
const TASKS: usize = 8;
/// Rows of a piece that goes back, and of weights that are turned at once.
const ROWS: usize = 288;

/// Sizes of a convolution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Convolution {
    pub(super) count: usize,
    pub(super) channels: usize,
    pub(super) out: usize,
    pub(super) window: Window,
    /// Of the leaky ReLU that follows; 1 for none.
    pub(super) slope: f32,
}

/// Gradients of what went in.
#[derive(Debug)]
pub(super) struct Gradients {
    /// Empty where it was not wanted.
    pub(super) input: Vec<f32>,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// A piece of the outputs of a group of pictures: `rows` output rows of picture `picture`, at `at` among the piece's
/// columns.
#[derive(Debug, Clone, Copy)]
struct Strip {
    picture: usize,
    from: usize,
    rows: usize,
    at: usize,
}

impl Convolution {
    /// Pictures that are taken together.
    fn together(&self) -> usize {
        FEW.div_ceil(self.window.outputs()).clamp(1, self.count)
    }

    /// Output rows of a piece.
    fn strip_rows(&self) -> usize {
        let (height, width) = self.window.output();
        if self.together() > 1 { height } else { (COLUMNS / width).clamp(1, height) }
    }

    /// The outputs of `pictures` pictures in pieces of about [`COLUMNS`] columns, each with its number of columns.
    fn pieces(&self, pictures: usize) -> Vec<(usize, Vec<Strip>)> {
        let (height, width) = self.window.output();
        if pictures > 1 {
            let strip = |picture| Strip { picture, from: 0, rows: height, at: picture * height * width };
            return vec![(pictures * height * width, (0..pictures).map(strip).collect())];
        }
        let rows = self.strip_rows();
        let strip = |from: usize| Strip { picture: 0, from, rows: rows.min(height - from), at: 0 };
        (0..height).step_by(rows).map(strip).map(|strip| (strip.rows * width, vec![strip])).collect()
    }

    /// `[count, channels, h, w]`, `[out, channels, k, k]` and `[out]` to `[count, out, h', w']`.
    pub(super) fn forward(&self, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let together = self.together();
        let outputs = self.window.outputs();
        let mut output = vec![0.0; self.count * self.out * outputs];
        let groups = self.count.div_ceil(together);
        let weight = self.turned_weight(weight);
        // Columns are made once for each block of output channels: as few as keep all threads busy.
        let block = self.out.div_ceil(TASKS.div_ceil(groups).min(self.out.div_ceil(128)).max(1));
        let blocks = self.out.div_ceil(block);
        let mut parts: Vec<Vec<&mut [f32]>> = (0..groups * blocks).map(|_| Vec::new()).collect();
        for (picture, all) in output.chunks_mut(self.out * outputs).enumerate() {
            for (b, part) in all.chunks_mut(block * outputs).enumerate() {
                parts[picture / together * blocks + b].push(part);
            }
        }
        parts.into_par_iter().enumerate().for_each(|(task, mut targets)| {
            let (first, group) = (task % blocks * block, task / blocks);
            let input = &input[group * together * self.channels * self.window.inputs()..];
            let rows = targets[0].len() / outputs;
            let taps = self.channels * self.window.taps();
            let weight = Matrix::new(&weight[first..], taps, rows, self.out).transposed();
            self.forward_block(&mut targets, input, weight, rows);
            for target in &mut targets {
                for (plane, bias) in target.chunks_exact_mut(outputs).zip(&bias[first..]) {
                    plane.iter_mut().for_each(|value| *value = bend(*value + bias, self.slope));
                }
            }
        });
        output
    }

    /// `[channels · taps, out]`.
    fn turned_weight(&self, weight: &[f32]) -> Vec<f32> {
        let taps = self.channels * self.window.taps();
        let mut turned = vec![0.0; weight.len()];
        turned.par_chunks_mut(ROWS * self.out).enumerate().for_each(|(n, part)| {
            turn(&weight[n * ROWS..], (self.out, part.len() / self.out, taps), part);
        });
        turned
    }

    fn forward_block(&self, targets: &mut [&mut [f32]], input: &[f32], weight: Matrix<'_>, rows: usize) {
        let outputs = self.window.outputs();
        let taps = self.channels * self.window.taps();
        if self.window.is_pointwise() && targets.len() == 1 {
            for from in (0..outputs).step_by(COLUMNS) {
                let columns = COLUMNS.min(outputs - from);
                let pixels = Matrix::new(&input[from..], taps, columns, outputs);
                multiply(&mut targets[0][from..], outputs, Before::Nothing, weight, pixels);
            }
            return;
        }
        let pieces = self.pieces(targets.len());
        let most = pieces.iter().map(|(columns, _)| *columns).max().unwrap_or(0);
        let mut buffer = vec![0.0; taps * most];
        let mut scratch = self.window.scratch(self.strip_rows());
        let mut product = vec![0.0; if targets.len() > 1 { rows * most } else { 0 }];
        for (columns, strips) in pieces {
            self.columns(input, &strips, &mut buffer, columns, &mut scratch);
            let under = Matrix::new(&buffer, taps, columns, columns);
            if let ([target], [strip]) = (&mut *targets, &strips[..]) {
                let from = strip.from * self.window.output().1;
                multiply(&mut target[from..], outputs, Before::Nothing, weight, under);
            } else {
                multiply(&mut product, columns, Before::Nothing, weight, under);
                for strip in strips {
                    let planes = targets[strip.picture].chunks_exact_mut(outputs);
                    for (plane, row) in planes.zip(product.chunks_exact(columns)) {
                        plane.copy_from_slice(&row[strip.at..strip.at + outputs]);
                    }
                }
            }
        }
    }

    /// Columns of a group of pictures.
    fn columns(&self, input: &[f32], strips: &[Strip], buffer: &mut [f32], columns: usize, scratch: &mut [f32]) {
        let pixels = self.channels * self.window.inputs();
        for strip in strips {
            let picture = &input[strip.picture * pixels..(strip.picture + 1) * pixels];
            self.window.columns(picture, (strip.from, strip.rows), buffer, (columns, strip.at), scratch);
        }
    }

    /// The gradients, where `output` is what [`Convolution::forward`] gave and `gradient` its gradient, which is used
    /// up. That of the input only where it is `wanted`.
    pub(super) fn backward(
        &self,
        input: &[f32],
        weight: &[f32],
        output: &[f32],
        gradient: Vec<f32>,
        wanted: bool,
    ) -> Gradients {
        let (gradient, bias) = self.before_bias(output, gradient);
        let turned = self.turned(&gradient);
        let together = self.together();
        let gradient = if together > 1 { self.gather(&gradient, together) } else { gradient };
        let taps = self.window.taps();
        let block = (ROWS / taps).clamp(1, self.channels);
        let blocks = self.channels.div_ceil(block);
        // Where there are few blocks, groups of pictures are summed apart and then together.
        let groups = self.count.div_ceil(together);
        let lanes = TASKS.div_ceil(blocks).clamp(1, groups);
        let lane = groups.div_ceil(lanes);

        let mut pixels = vec![0.0; if wanted { input.len() } else { 0 }];
        let pixels_of_block = block * self.window.inputs();
        let mut parts: Vec<Vec<&mut [f32]>> = (0..blocks * lanes).map(|_| Vec::new()).collect();
        for (picture, all) in pixels.chunks_mut(self.channels * self.window.inputs()).enumerate() {
            for (b, part) in all.chunks_mut(pixels_of_block).enumerate() {
                parts[b * lanes + picture / together / lane].push(part);
            }
        }
        let sums: Vec<Vec<f32>> = parts
            .into_par_iter()
            .enumerate()
            .map(|(task, mut targets)| {
                let (b, l) = (task / lanes, task % lanes);
                let channels = b * block..((b + 1) * block).min(self.channels);
                let first = l * lane * together;
                let last = ((l + 1) * lane * together).min(self.count);
                self.backward_block(input, weight, [&gradient, &turned], channels, first..last.max(first), &mut targets)
            })
            .collect();

        let blocks: Vec<Vec<f32>> = sums.par_chunks(lanes).map(|lanes| self.joined(lanes)).collect();
        let width = self.channels * taps;
        let mut whole = vec![0.0; self.out * width];
        whole.par_chunks_mut(width).enumerate().for_each(|(out, row)| {
            for (part, block) in row.chunks_mut(block * taps).zip(&blocks) {
                let length = part.len();
                turn(&block[out * length..], (taps, length / taps, length / taps), part);
            }
        });
        Gradients { input: pixels, weight: whole, bias }
    }

    /// The sum of all lanes' `[taps · channels, out]` as `[out, taps · channels]`.
    fn joined(&self, lanes: &[Vec<f32>]) -> Vec<f32> {
        let mut sum = lanes[0].clone();
        for lane in &lanes[1..] {
            sum.iter_mut().zip(lane).for_each(|(to, value)| *to += value);
        }
        let mut turned = vec![0.0; sum.len()];
        turn(&sum, (sum.len() / self.out, self.out, self.out), &mut turned);
        turned
    }

    /// `[count, out, pixels]` to `[count, pixels, out]`.
    fn turned(&self, gradient: &[f32]) -> Vec<f32> {
        let outputs = self.window.outputs();
        let mut turned = vec![0.0; gradient.len()];
        let pictures = turned.par_chunks_mut(self.out * outputs).zip(gradient.par_chunks(self.out * outputs));
        pictures.for_each(|(to, from)| turn(from, (self.out, outputs, outputs), to));
        turned
    }

    /// Through the activation, and the sums that are the bias's gradient.
    fn before_bias(&self, output: &[f32], mut gradient: Vec<f32>) -> (Vec<f32>, Vec<f32>) {
        let outputs = self.window.outputs();
        let sums: Vec<f32> = gradient
            .par_chunks_mut(outputs)
            .zip(output.par_chunks(outputs))
            .map(|(gradient, output)| {
                if self.slope != 1.0 {
                    unbend(gradient, output, self.slope);
                }
                sum(gradient)
            })
            .collect();
        let mut bias = vec![0.0; self.out];
        for picture in sums.chunks_exact(self.out) {
            bias.iter_mut().zip(picture).for_each(|(bias, sum)| *bias += sum);
        }
        (gradient, bias)
    }

    /// `[count, out, pixels]` to `[groups, out, together · pixels]`.
    fn gather(&self, gradient: &[f32], together: usize) -> Vec<f32> {
        let outputs = self.window.outputs();
        let mut all = vec![0.0; gradient.len()];
        let group = together * self.out * outputs;
        all.par_chunks_mut(group).zip(gradient.par_chunks(group)).for_each(|(to, from)| {
            let pictures = from.len() / (self.out * outputs);
            for (picture, planes) in from.chunks_exact(self.out * outputs).enumerate() {
                for (out, plane) in planes.chunks_exact(outputs).enumerate() {
                    let start = (out * pictures + picture) * outputs;
                    to[start..start + outputs].copy_from_slice(plane);
                }
            }
        });
        all
    }

    /// The weight's gradient of some input channels over some pictures, `[taps · channels, out]`, from the output's by
    /// channel and by pixel; that of the input is added to `targets`, a picture each, where there are any.
    fn backward_block(
        &self,
        input: &[f32],
        weight: &[f32],
        [gradient, turned]: [&[f32]; 2],
        channels: std::ops::Range<usize>,
        pictures: std::ops::Range<usize>,
        targets: &mut [&mut [f32]],
    ) -> Vec<f32> {
        let (outputs, taps, inputs) = (self.window.outputs(), self.window.taps(), self.window.inputs());
        let together = self.together();
        let rows = channels.len() * taps;
        let mut sum = vec![0.0; self.out * rows];
        let weight = Matrix::new(&weight[channels.start * taps..], self.out, rows, self.channels * taps).transposed();
        let most = self.pieces(together).iter().map(|(columns, _)| *columns).max().unwrap_or(0);
        let direct = self.window.is_pointwise() && together == 1;
        let mut buffer = vec![0.0; if direct || targets.is_empty() { 0 } else { rows * most }];
        let mut under = vec![0.0; rows * most];
        let mut scratch = self.window.scratch(self.strip_rows());
        let mut rows_scratch = self.window.rows_scratch(self.strip_rows(), channels.len());
        for first in pictures.clone().step_by(together) {
            let here = together.min(pictures.end - first);
            let wide = here * outputs;
            let input = &input[first * self.channels * inputs..];
            let gradient = &gradient[first * self.out * outputs..];
            for (columns, strips) in self.pieces(here) {
                let from = strips[0].from * self.window.output().1;
                for strip in &strips {
                    let start = strip.picture * self.channels;
                    let picture = &input[(start + channels.start) * inputs..(start + channels.end) * inputs];
                    self.window.rows(picture, (strip.from, strip.rows), &mut under, strip.at, &mut rows_scratch);
                }
                let by_pixel = Matrix::new(&turned[(first * outputs + from) * self.out..], columns, self.out, self.out);
                let seen = Matrix::new(&under, columns, rows, rows);
                multiply(&mut sum, self.out, Before::Sum, seen.transposed(), by_pixel);
                let pull = Matrix::new(&gradient[from..], self.out, columns, wide);
                if direct {
                    if let Some(target) = targets.get_mut(first - pictures.start) {
                        multiply(&mut target[from..], inputs, Before::Nothing, weight, pull);
                    }
                    continue;
                }
                if !targets.is_empty() {
                    multiply(&mut buffer, columns, Before::Nothing, weight, pull);
                    for strip in strips {
                        let target = &mut targets[first - pictures.start + strip.picture];
                        let place = (columns, strip.at);
                        self.window.pictures(target, (strip.from, strip.rows), &buffer, place, &mut scratch);
                    }
                }
            }
        }
        sum
    }
}

/// `max(x, slope · x)` for slopes of 0..1.
pub(super) fn bend(value: f32, slope: f32) -> f32 {
    value.max(value * slope)
}

/// The way back of [`bend`], from what it gave.
pub(super) fn unbend(gradient: &mut [f32], output: &[f32], slope: f32) {
    for (gradient, output) in gradient.iter_mut().zip(output) {
        *gradient *= if *output > 0.0 { 1.0 } else { slope };
    }
}

pub(super) fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let (whole, rest) = values.as_chunks::<16>();
    for sixteen in whole {
        lanes.iter_mut().zip(sixteen).for_each(|(lane, value)| *lane += value);
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}
