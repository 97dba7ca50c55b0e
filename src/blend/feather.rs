//! Softens the mask's edge: a Gaussian along rows, then along columns.

use super::plan::{Filters, MASK_FLOOR};

/// Values kept in registers while the taps run over them.
const LANES: usize = 16;

/// Buffers of [`feather`].
#[derive(Debug, Default)]
pub struct FeatherBuffers {
    weights: Vec<f32>,
    line: Vec<f32>,
    /// The mask after its rows, with `filters.radius` rows of 0 above and below.
    rows: Vec<f32>,
}

/// Blurs `mask` (`resolution`² values, 0..1) with sigma and radius of `filters`; it is 0 outside the crop, and what
/// falls under [`MASK_FLOOR`] becomes 0.
pub fn feather(mask: &mut [f32], resolution: usize, filters: &Filters, buffers: &mut FeatherBuffers) {
    if filters.radius > 0 {
        blur(mask, resolution, filters, buffers);
    }
    for m in mask {
        *m = if *m < MASK_FLOOR { 0.0 } else { *m };
    }
}

fn blur(mask: &mut [f32], side: usize, filters: &Filters, buffers: &mut FeatherBuffers) {
    let FeatherBuffers { weights, line, rows } = buffers;
    filters.feather_weights(weights);
    let (radius, stride) = (filters.radius, side.next_multiple_of(LANES));
    line.clear();
    line.resize(stride + 2 * radius, 0.0);
    rows.clear();
    rows.resize(stride * (side + 2 * radius), 0.0);
    for (row, out) in mask.chunks_exact(side).zip(rows[radius * stride..].chunks_exact_mut(stride)) {
        line[radius..radius + side].copy_from_slice(row);
        for i in (0..side).step_by(LANES) {
            let sum = weigh(line, i + radius, 1, weights);
            out[i..i + LANES].copy_from_slice(&sum);
        }
        out[side..].fill(0.0);
    }
    for (j, out) in mask.chunks_exact_mut(side).enumerate() {
        for i in (0..side).step_by(LANES) {
            let sum = weigh(rows, (j + radius) * stride + i, stride, weights);
            let count = LANES.min(side - i);
            out[i..i + count].copy_from_slice(&sum[..count]);
        }
    }
}

/// The weighted sums about `LANES` values from `at` on, neighbours `step` values apart.
#[inline(always)]
fn weigh(values: &[f32], at: usize, step: usize, weights: &[f32]) -> [f32; LANES] {
    let mut sum = [0.0; LANES];
    let (centre, sides) = weights.split_first().map_or((0.0, weights), |(c, s)| (*c, s));
    for (sum, v) in sum.iter_mut().zip(&values[at..at + LANES]) {
        *sum = centre * v;
    }
    for (k, weight) in sides.iter().enumerate() {
        let reach = (k + 1) * step;
        let (before, after) = (&values[at - reach..][..LANES], &values[at + reach..][..LANES]);
        for l in 0..LANES {
            sum[l] += weight * (before[l] + after[l]);
        }
    }
    sum
}
