//! A cable, a cord or a strap that hangs across the face.

use rand::{Rng, RngExt};

use super::{any_colour, covered, to_segment};
use crate::geometry::Point;
use crate::train::augment::draw::between;

/// Segments of the curve.
const SEGMENTS: usize = 14;

/// A round stroke along a curve.
pub(in super::super) struct Cable {
    points: [Point; SEGMENTS + 1],
    radius: f32,
    colour: [f32; 3],
    gloss: f32,
}

impl Cable {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let mut point = |low: f32, high: f32| Point::new(between(rng, low, high), between(rng, low, high));
        // A quadratic curve of Bézier between two points, mostly outside, that bends towards the face.
        let (from, bend, to) = (point(-0.3, 1.3), point(0.1, 0.9), point(-0.3, 1.3));
        let mix = |a: Point, b: Point, t: f32| Point::new(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t);
        let points = std::array::from_fn(|n| {
            let t = n as f32 / SEGMENTS as f32;
            mix(mix(from, bend, t), mix(bend, to, t), t)
        });
        let dark = rng.random::<f32>() < 0.6;
        let colour = if dark { [between(rng, 0.02, 0.15); 3] } else { any_colour(rng) };
        Self { points, radius: between(rng, 0.006, 0.03), colour, gloss: between(rng, 0.0, 0.35) }
    }

    pub(super) fn at(&self, p: Point) -> ([f32; 3], f32) {
        let nearest = self.points.windows(2).map(|pair| to_segment(p, pair[0], pair[1]).0).fold(f32::MAX, f32::min);
        let round = (1.0 - (nearest / self.radius).powi(2)).max(0.0);
        let shown = self.colour.map(|c| (c * (0.7 + 0.3 * round) + self.gloss * round.powi(4)).min(1.0));
        (shown, covered(nearest - self.radius))
    }
}
