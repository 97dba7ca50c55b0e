//! Unsharp masking of the generated face.

use super::place::unit;
use super::plan::SHARPEN_KERNEL;

/// Values of a row at either end whose kernel reaches beyond it.
const EDGE: usize = 2 * 3;

/// `face + strength · (face − G)`, clamped to 0..1, with G the face blurred by [`SHARPEN_KERNEL`] along rows, then
/// columns, edge samples repeated. `face` holds `resolution`² pixels of blue, green, red, interleaved.
pub fn sharpen(face: &mut [f32], resolution: usize, strength: f32, scratch: &mut Vec<f32>) {
    let row = resolution * 3;
    let last = resolution.saturating_sub(1);
    scratch.resize(face.len(), 0.0);
    for (source, out) in face.chunks_exact(row).zip(scratch.chunks_exact_mut(row)) {
        // Within, where no sample is repeated, without a look at the edges.
        let edge = EDGE.min(row);
        let within = edge..(row - edge).max(edge);
        for n in (0..within.start).chain(within.end..row) {
            let (i, c) = (n / 3, n % 3);
            out[n] = blurred(|step| source[(i + step).saturating_sub(2).min(last) * 3 + c]);
        }
        if !within.is_empty() {
            let taps = [0, 1, 2, 3, 4].map(|step: usize| &source[3 * step..][..within.len()]);
            for (n, out) in out[within].iter_mut().enumerate() {
                *out = blurred(|step| taps[step][n]);
            }
        }
    }
    for (j, out) in face.chunks_exact_mut(row).enumerate() {
        let rows = [0, 1, 2, 3, 4].map(|step: usize| &scratch[(j + step).saturating_sub(2).min(last) * row..][..row]);
        for (n, v) in out.iter_mut().enumerate() {
            *v = unit(*v + strength * (*v - blurred(|step| rows[step][n])));
        }
    }
}

/// The kernel over `sample(0..5)`, whose middle is 2.
#[inline(always)]
fn blurred(sample: impl Fn(usize) -> f32) -> f32 {
    let [centre, near, far] = SHARPEN_KERNEL;
    centre * sample(2) + near * (sample(1) + sample(3)) + far * (sample(0) + sample(4))
}
