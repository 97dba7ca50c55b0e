//! Unsharp masking of the generated face.

use super::place::unit;
use super::plan::SHARPEN_KERNEL;

/// `face + strength · (face − G)`, clamped to 0..1, with G the face blurred by [`SHARPEN_KERNEL`] along rows, then
/// columns, edge samples repeated. `face` holds `resolution`² pixels of blue, green, red, interleaved.
pub fn sharpen(face: &mut [f32], resolution: usize, strength: f32, scratch: &mut Vec<f32>) {
    let row = resolution * 3;
    let last = resolution.saturating_sub(1);
    scratch.resize(face.len(), 0.0);
    for (source, out) in face.chunks_exact(row).zip(scratch.chunks_exact_mut(row)) {
        for (n, out) in out.iter_mut().enumerate() {
            let (i, c) = (n / 3, n % 3);
            *out = blurred(|step| source[(i + step).saturating_sub(2).min(last) * 3 + c]);
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
