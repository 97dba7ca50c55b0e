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
    let row = side.max(1);
    let rows =
        face.chunks_exact_mut(3 * row).zip(generated.driver.chunks_exact(3 * row)).zip(mask.chunks_exact_mut(row));
    for (j, (((face, driver), mask), source)) in rows.zip(generated.face.chunks_exact(3 * row)).enumerate() {
        let pixels = face.chunks_exact_mut(3).zip(driver.chunks_exact(3)).zip(mask).zip(source.chunks_exact(3));
        for (i, (((out, driver), mask), source)) in pixels.enumerate() {
            let mut colour = [source[0], source[1], source[2]];
            if moved {
                colour = Corners::new(to_generated.apply(centre(i, j, side)), side).colour(generated.face);
            }
            if colour[0].is_nan() || colour[1].is_nan() || colour[2].is_nan() {
                colour = [driver[0], driver[1], driver[2]];
                *mask = 0.0;
            }
            out[0] = unit(colour[0]);
            out[1] = unit(colour[1]);
            out[2] = unit(colour[2]);
        }
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
    at: [usize; 4],
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

    /// The colour between them, of `picture` in three interleaved channels.
    #[inline(always)]
    fn colour(&self, picture: &[f32]) -> [f32; 3] {
        let [a, b, c, d] = self.at;
        let (a, b, c, d) =
            (&picture[3 * a..][..3], &picture[3 * b..][..3], &picture[3 * c..][..3], &picture[3 * d..][..3]);
        [self.mix([a[0], b[0], c[0], d[0]]), self.mix([a[1], b[1], c[1], d[1]]), self.mix([a[2], b[2], c[2], d[2]])]
    }

    /// The value between them, of `plane`, each within 0..1.
    #[inline(always)]
    pub(super) fn value(&self, plane: &[f32]) -> f32 {
        let [a, b, c, d] = self.at;
        self.mix([unit(plane[a]), unit(plane[b]), unit(plane[c]), unit(plane[d])])
    }

    /// Their values, mixed.
    #[inline(always)]
    fn mix(&self, [a, b, c, d]: [f32; 4]) -> f32 {
        let (fx, fy) = self.fraction;
        let (top, bottom) = (a + (b - a) * fx, c + (d - c) * fx);
        top + (bottom - top) * fy
    }
}
