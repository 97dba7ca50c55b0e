//! Layers without weights, in host memory.

use rayon::prelude::*;

use super::convolution::{bend, unbend};

/// Values that a task takes.
const PIECE: usize = 32 * 1024;

/// A function of each value.
fn each(input: &[f32], value: impl Fn(f32) -> f32 + Sync) -> Vec<f32> {
    let mut output = vec![0.0; input.len()];
    output.par_chunks_mut(PIECE).zip(input.par_chunks(PIECE)).for_each(|(output, input)| {
        output.iter_mut().zip(input).for_each(|(to, from)| *to = value(*from));
    });
    output
}

/// `max(x, slope · x)`.
pub(super) fn leaky_relu(input: &[f32], slope: f32) -> Vec<f32> {
    each(input, |value| bend(value, slope))
}

/// The gradient of what went in, from that of what came out and from that itself.
pub(super) fn leaky_relu_backward(output: &[f32], mut gradient: Vec<f32>, slope: f32) -> Vec<f32> {
    gradient.par_chunks_mut(PIECE).zip(output.par_chunks(PIECE)).for_each(|(gradient, output)| {
        unbend(gradient, output, slope);
    });
    gradient
}

/// `1 / (1 + exp(−x))`.
pub(super) fn sigmoid(input: &[f32]) -> Vec<f32> {
    each(input, |value| 1.0 / (1.0 + (-value).exp()))
}

/// As [`leaky_relu_backward`].
pub(super) fn sigmoid_backward(output: &[f32], mut gradient: Vec<f32>) -> Vec<f32> {
    gradient.par_chunks_mut(PIECE).zip(output.par_chunks(PIECE)).for_each(|(gradient, output)| {
        gradient.iter_mut().zip(output).for_each(|(pull, y)| *pull *= y * (1.0 - y));
    });
    gradient
}

/// Four planes of `height` × `width` to one of twice the side, again and again.
pub(super) fn shuffle(input: &[f32], height: usize, width: usize) -> Vec<f32> {
    let mut output = vec![0.0; input.len()];
    let four = 4 * height * width;
    output.par_chunks_exact_mut(four).zip(input.par_chunks_exact(four)).for_each(|(output, input)| {
        let (upper, lower) = input.split_at(2 * height * width);
        for (y, two) in output.chunks_exact_mut(4 * width).enumerate() {
            let (even, odd) = two.split_at_mut(2 * width);
            for (row, planes) in [(even, upper), (odd, lower)] {
                let (left, right) = planes.split_at(height * width);
                let pairs = left[y * width..].iter().zip(&right[y * width..]);
                row.as_chunks_mut::<2>()
                    .0
                    .iter_mut()
                    .zip(pairs)
                    .for_each(|(pair, (left, right))| *pair = [*left, *right]);
            }
        }
    });
    output
}

/// The way back of [`shuffle`]; `height` and `width` are still those of the small planes.
pub(super) fn unshuffle(input: &[f32], height: usize, width: usize) -> Vec<f32> {
    let mut output = vec![0.0; input.len()];
    let four = 4 * height * width;
    output.par_chunks_exact_mut(four).zip(input.par_chunks_exact(four)).for_each(|(output, input)| {
        let (upper, lower) = output.split_at_mut(2 * height * width);
        for (y, two) in input.chunks_exact(4 * width).enumerate() {
            let (even, odd) = two.split_at(2 * width);
            for (row, planes) in [(even, &mut *upper), (odd, &mut *lower)] {
                let (left, right) = planes.split_at_mut(height * width);
                let pairs = left[y * width..].iter_mut().zip(&mut right[y * width..]);
                row.as_chunks::<2>().0.iter().zip(pairs).for_each(|(pair, (left, right))| [*left, *right] = *pair);
            }
        }
    });
    output
}
