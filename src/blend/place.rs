//! Puts the generated face where the settings want it in the crop, and makes its colours safe.

use super::BlendSettings;
use super::plan::centre;
use crate::geometry::{Point, Similarity};
use crate::swap::Generated;

/// Fills `face` (`resolution`² pixels of blue, green, red, interleaved) with the generated face at its place, clamped
/// to 0..1. A pixel with NaN takes the driver's colour, and `mask` (`resolution`² values) becomes 0 there.
pub fn place(generated: &Generated<'_>, settings: &BlendSettings, face: &mut [f32], mask: &mut [f32]) {
    let side = generated.resolution;
    let to_generated = settings.to_generated();
    let moved = to_generated != Similarity::IDENTITY;
    let pixels = face.chunks_exact_mut(3).zip(generated.driver.chunks_exact(3)).zip(mask);
    for (n, (((out, driver), mask), source)) in pixels.zip(generated.face.chunks_exact(3)).enumerate() {
        let mut colour = [source[0], source[1], source[2]];
        if moved {
            let corners = Corners::new(to_generated.apply(centre(n % side, n / side, side)), side);
            colour = [0, 1, 2].map(|c| corners.mix(corners.at.map(|at| generated.face[at * 3 + c])));
        }
        if colour.iter().any(|c| c.is_nan()) {
            colour.copy_from_slice(driver);
            *mask = 0.0;
        }
        out.copy_from_slice(&colour.map(unit));
    }
}

/// `v` within 0..1; NaN becomes 0.
#[inline(always)]
#[expect(clippy::manual_clamp, reason = "clamp keeps NaN")]
pub(super) fn unit(v: f32) -> f32 {
    v.max(0.0).min(1.0)
}

/// The four pixels about a point of a square picture, edge pixels repeated.
pub(super) struct Corners {
    /// Indices: top left, top right, bottom left, bottom right.
    pub(super) at: [usize; 4],
    fraction: (f32, f32),
}

impl Corners {
    /// About `p` of the unit square, in a picture of `side`² pixels.
    pub(super) fn new(p: Point, side: usize) -> Self {
        let last = side.saturating_sub(1);
        let split = |v: f32| {
            let v = (v * side as f32 - 0.5).max(0.0).min(last as f32);
            let first = v as usize;
            (first, (first + 1).min(last), v - first as f32)
        };
        let ((x0, x1, fx), (y0, y1, fy)) = (split(p.x), split(p.y));
        Self { at: [y0 * side + x0, y0 * side + x1, y1 * side + x0, y1 * side + x1], fraction: (fx, fy) }
    }

    /// Their values, mixed.
    #[inline(always)]
    pub(super) fn mix(&self, [a, b, c, d]: [f32; 4]) -> f32 {
        let (fx, fy) = self.fraction;
        let (top, bottom) = (a + (b - a) * fx, c + (d - c) * fx);
        top + (bottom - top) * fy
    }
}
