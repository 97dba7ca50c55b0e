//! A dense layer forwards and back, in host memory. Few rows against a large matrix: what counts is that the matrix is
//! read, or its gradient written, once.

use rayon::prelude::*;

use super::matrix::{Before, Matrix, multiply};

/// Values of the matrix that a task takes.
const PIECE: usize = 128 * 1024;

/// Sizes of a dense layer: `[count, input]` times `[input, out]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dense {
    pub(super) count: usize,
    pub(super) input: usize,
    pub(super) out: usize,
}

/// Gradients of what went in.
#[derive(Debug)]
pub(super) struct Gradients {
    pub(super) input: Vec<f32>,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Dense {
    /// `[count, out]`.
    pub(super) fn forward(&self, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let columns = (PIECE / self.input).clamp(1, self.out);
        let parts: Vec<(usize, usize, Vec<f32>)> = (0..self.out.div_ceil(columns))
            .into_par_iter()
            .map(|n| {
                let first = n * columns;
                let columns = columns.min(self.out - first);
                let mut part = vec![0.0; self.count * columns];
                let weight = Matrix::new(&weight[first..], self.input, columns, self.out);
                multiply(
                    &mut part,
                    columns,
                    Before::Nothing,
                    Matrix::new(input, self.count, self.input, self.input),
                    weight,
                );
                (first, columns, part)
            })
            .collect();
        let mut output = vec![0.0; self.count * self.out];
        for (first, columns, part) in parts {
            let bias = &bias[first..first + columns];
            for (row, values) in output.chunks_exact_mut(self.out).zip(part.chunks_exact(columns)) {
                let sums = values.iter().zip(bias).map(|(value, bias)| value + bias);
                row[first..first + columns].iter_mut().zip(sums).for_each(|(to, sum)| *to = sum);
            }
        }
        output
    }

    /// The gradients, from that of the output.
    pub(super) fn backward(&self, input: &[f32], weight: &[f32], gradient: &[f32]) -> Gradients {
        let rows = (PIECE / self.out).clamp(1, self.input);
        let pull = Matrix::new(gradient, self.count, self.out, self.out);
        let mut sums = vec![0.0; weight.len()];
        let parts: Vec<Vec<f32>> = sums
            .par_chunks_mut(rows * self.out)
            .zip(weight.par_chunks(rows * self.out))
            .enumerate()
            .map(|(n, (sum, weight))| {
                let rows_here = sum.len() / self.out;
                let under = Matrix::new(&input[n * rows..], self.count, rows_here, self.input);
                multiply(sum, self.out, Before::Nothing, under.transposed(), pull);
                let mut part = vec![0.0; self.count * rows_here];
                let weight = Matrix::new(weight, rows_here, self.out, self.out);
                multiply(&mut part, rows_here, Before::Nothing, pull, weight.transposed());
                part
            })
            .collect();
        let mut pixels = vec![0.0; input.len()];
        for (n, part) in parts.into_iter().enumerate() {
            let length = part.len() / self.count;
            for (row, values) in pixels.chunks_exact_mut(self.input).zip(part.chunks_exact(length)) {
                row[n * rows..n * rows + length].copy_from_slice(values);
            }
        }
        let mut bias = vec![0.0; self.out];
        for row in gradient.chunks_exact(self.out) {
            bias.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        Gradients { input: pixels, weight: sums, bias }
    }
}
