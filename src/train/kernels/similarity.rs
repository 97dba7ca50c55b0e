//! Structural similarity of pictures with its gradient, in host memory: plane by plane, so that all that is between
//! stays in a core's cache.

use rayon::prelude::*;

use super::convolution::sum;

/// Side of the window in px.
pub(in crate::train) const WINDOW: usize = 11;
/// What a filter of [`WINDOW`] loses along an axis.
const MARGIN: usize = WINDOW - 1;

/// How planes are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Similarity {
    /// Sizes of a plane; both at least [`WINDOW`] at the smallest scale.
    pub(super) height: usize,
    pub(super) width: usize,
    /// How many: the whole size, and each half of the one before.
    pub(super) scales: usize,
    /// Symmetric, of sum 1.
    pub(super) window: [f32; WINDOW],
    /// Constants of luminance and contrast.
    pub(super) constants: [f32; 2],
}

impl Similarity {
    /// Of planes `[planes, height, width]`: the mean over planes and scales, and its gradient with respect to `x`.
    pub(super) fn value_and_gradient(&self, x: &[f32], y: &[f32]) -> (f32, Vec<f32>) {
        let plane = self.height * self.width;
        let share = 1.0 / (x.len() / plane * self.scales) as f32;
        let simd = pulp::Arch::new();
        let mut gradient = vec![0.0; x.len()];
        let planes = gradient.par_chunks_exact_mut(plane).zip(x.par_chunks_exact(plane)).zip(y.par_chunks_exact(plane));
        let one = |levels: &mut Vec<Level>, ((gradient, x), y): ((&mut [f32], &[f32]), &[f32])| {
            simd.dispatch(
                #[inline(always)]
                || self.plane(levels, x, y, gradient, share),
            )
        };
        let values: Vec<f32> = planes.map_init(Vec::new, one).collect();
        (values.iter().sum::<f32>() * share, gradient)
    }

    /// The sum over the scales of one plane; its gradient times `share` into `gradient`.
    #[inline(always)]
    fn plane(&self, levels: &mut Vec<Level>, x: &[f32], y: &[f32], gradient: &mut [f32], share: f32) -> f32 {
        levels.resize_with(self.scales, Level::default);
        for n in 0..self.scales {
            let (above, rest) = levels.split_at_mut(n);
            match above.last() {
                None => rest[0].sums(x, y, (self.height, self.width)),
                Some(above) => rest[0].halve(above),
            }
        }
        let values = levels.iter_mut().map(|level| level.compare(self)).sum();
        for n in (0..self.scales).rev() {
            let (above, rest) = levels.split_at_mut(n);
            match above.last_mut() {
                None => gradient.iter_mut().zip(&rest[0].gradient).for_each(|(to, from)| *to = from * share),
                Some(above) => rest[0].spread(above),
            }
        }
        values
    }
}

/// A plane at one scale.
#[derive(Debug, Default)]
struct Level {
    size: (usize, usize),
    /// x + y and x − y, `[height, width]`.
    sum: Vec<f32>,
    difference: Vec<f32>,
    /// Derivatives by the filtered values, `[height + 10, width + 10]`, zeros around as far as a window reaches: of
    /// both means together, of the mean square of the sum, and of that of the difference.
    pulls: [Vec<f32>; 3],
    gradient: Vec<f32>,
    rows: [Vec<f32>; 4],
    filtered: [Vec<f32>; 4],
}

impl Level {
    #[inline(always)]
    fn sums(&mut self, x: &[f32], y: &[f32], size: (usize, usize)) {
        self.size = size;
        self.sum.clear();
        self.sum.extend(x.iter().zip(y).map(|(x, y)| x + y));
        self.difference.clear();
        self.difference.extend(x.iter().zip(y).map(|(x, y)| x - y));
    }

    /// Half of `above` in both directions, by means of four.
    #[inline(always)]
    fn halve(&mut self, above: &Self) {
        let (height, width) = (above.size.0 / 2, above.size.1 / 2);
        self.size = (height, width);
        for (to, from) in [(&mut self.sum, &above.sum), (&mut self.difference, &above.difference)] {
            to.clear();
            for two in from.chunks_exact(2 * above.size.1).take(height) {
                let (upper, lower) = two.split_at(above.size.1);
                let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
                to.extend(pairs.map(|(upper, lower)| (upper[0] + upper[1] + lower[0] + lower[1]) * 0.25));
            }
        }
    }

    /// Adds this gradient to that of the level that this one is the half of.
    #[inline(always)]
    fn spread(&self, above: &mut Self) {
        let width = above.size.1;
        for (row, two) in self.gradient.chunks_exact(self.size.1).zip(above.gradient.chunks_exact_mut(2 * width)) {
            for line in two.chunks_exact_mut(width) {
                let pairs = line.as_chunks_mut::<2>().0.iter_mut().zip(row);
                pairs.for_each(|(pair, value)| pair.iter_mut().for_each(|to| *to += value * 0.25));
            }
        }
    }

    /// The mean similarity, and its gradient into `self.gradient`. In the sum `s` and the difference `d` four filters
    /// do instead of five: 2 μx μy = (μs² − μd²) / 2, μx² + μy² = (μs² + μd²) / 2, and the same for (co)variances.
    #[inline(always)]
    fn compare(&mut self, of: &Similarity) -> f32 {
        let (height, width) = self.size;
        let (inside, wide) = (width - MARGIN, width + MARGIN);
        let share = 1.0 / ((height - MARGIN) * inside) as f32;
        let [c1, c2] = of.constants.map(|constant| 2.0 * constant);
        self.rows.iter_mut().for_each(|row| fill(row, wide));
        self.filtered.iter_mut().for_each(|row| fill(row, width));
        self.pulls.iter_mut().for_each(|map| fill(map, (height + MARGIN) * wide));
        fill(&mut self.gradient, height * width);

        let mut total = 0.0;
        for i in 0..height - MARGIN {
            let [a, b, c, d] = &mut self.rows;
            let (a, b, c, d) = (&mut a[..width], &mut b[..width], &mut c[..width], &mut d[..width]);
            for row in [&mut *a, &mut *b, &mut *c, &mut *d] {
                row.fill(0.0);
            }
            for (k, &weight) in of.window.iter().enumerate() {
                let line = (i + k) * width..(i + k + 1) * width;
                let (sums, differences) = (&self.sum[line.clone()], &self.difference[line]);
                for x in 0..width {
                    let (sum, difference) = (sums[x], differences[x]);
                    a[x] += weight * sum;
                    b[x] += weight * difference;
                    c[x] += weight * (sum * sum);
                    d[x] += weight * (difference * difference);
                }
            }
            for (to, from) in self.filtered.iter_mut().zip(&self.rows) {
                along(&mut to[..inside], from, &of.window);
            }
            let [ms, md, es, ed] = self.filtered.each_ref().map(|row| &row[..inside]);
            let at = (i + MARGIN) * wide + MARGIN;
            let [p, q, r] = &mut self.pulls;
            let (p, q, r) = (&mut p[at..at + inside], &mut q[at..at + inside], &mut r[at..at + inside]);
            // Summed apart: an ordered sum would keep the loop from vector instructions.
            let values = &mut self.rows[0][..inside];
            for x in 0..inside {
                let (ms, md) = (ms[x], md[x]);
                let (ms2, md2) = (ms * ms, md * md);
                let (vs, vd) = (es[x] - ms2, ed[x] - md2);
                let (a1, a2) = (ms2 - md2 + c1, vs - vd + c2);
                let (b1, b2) = (1.0 / (ms2 + md2 + c1), 1.0 / (vs + vd + c2));
                let value = a1 * a2 * b1 * b2;
                let (luminance, contrast) = (a1 * b1 * b2, a2 * b1 * b2);
                let (change, rest) = (2.0 * (contrast - luminance), 2.0 * value * (b1 - b2));
                p[x] = (ms - md) * change - (ms + md) * rest;
                q[x] = luminance - value * b2;
                r[x] = -luminance - value * b2;
                values[x] = value;
            }
            total += sum(values);
        }

        // The filter is symmetric: the way back is the filter again, over the maps with their margins.
        for i in 0..height {
            let [a, b, c, _] = &mut self.rows;
            let (a, b, c) = (&mut a[..wide], &mut b[..wide], &mut c[..wide]);
            for row in [&mut *a, &mut *b, &mut *c] {
                row.fill(0.0);
            }
            for (k, &weight) in of.window.iter().enumerate() {
                let line = (i + k) * wide..(i + k + 1) * wide;
                let [p, q, r] = self.pulls.each_ref().map(|map| &map[line.clone()]);
                for x in 0..wide {
                    a[x] += weight * p[x];
                    b[x] += weight * q[x];
                    c[x] += weight * r[x];
                }
            }
            for (to, from) in self.filtered.iter_mut().zip(&self.rows).take(3) {
                along(to, from, &of.window);
            }
            let line = i * width..(i + 1) * width;
            let (sums, differences) = (&self.sum[line.clone()], &self.difference[line.clone()]);
            let [means, squares, others, _] = self.filtered.each_ref().map(|row| &row[..width]);
            let gradient = &mut self.gradient[line];
            for x in 0..width {
                gradient[x] = share * (means[x] + 2.0 * (sums[x] * squares[x] + differences[x] * others[x]));
            }
        }
        total * share
    }
}

/// A filtered row: `to[x] = Σ window[k] · from[x + k]`.
#[inline(always)]
fn along(to: &mut [f32], from: &[f32], window: &[f32; WINDOW]) {
    to.fill(0.0);
    for (k, &weight) in window.iter().enumerate() {
        let from = &from[k..k + to.len()];
        to.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
    }
}

#[inline(always)]
fn fill(values: &mut Vec<f32>, length: usize) {
    values.clear();
    values.resize(length, 0.0);
}
