//! A cup, a glass or a can, held before mouth or cheek.

use rand::{Rng, RngExt};

use super::{any_colour, covered, to_segment};
use crate::geometry::Point;
use crate::train::augment::draw::{between, symmetric};

/// A body of rotation seen from the side: wider above, with a band, often with a handle.
pub(in super::super) struct Cup {
    middle: Point,
    /// Sine and cosine of its tilt.
    tilt: (f32, f32),
    height: f32,
    /// Half the width above and below.
    widths: [f32; 2],
    colour: [f32; 3],
    band: [f32; 3],
    /// From and to, of its height.
    band_at: [f32; 2],
    /// On which side, and how thick.
    handle: Option<(f32, f32)>,
    light: f32,
    gloss: f32,
}

impl Cup {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let height = between(rng, 0.2, 0.55);
        let above = height * between(rng, 0.25, 0.5);
        let from = rng.random::<f32>();
        let handle = (rng.random::<f32>() < 0.5).then(|| {
            let side = if rng.random() { 1.0 } else { -1.0 };
            (side, height * between(rng, 0.05, 0.09))
        });
        Self {
            middle: Point::new(between(rng, 0.2, 0.8), between(rng, 0.4, 1.0)),
            tilt: (0.7 * symmetric(rng)).sin_cos(),
            height,
            widths: [above, above * between(rng, 0.6, 1.0)],
            colour: any_colour(rng),
            band: any_colour(rng),
            band_at: [from, from + between(rng, 0.0, 0.6)],
            handle,
            light: 0.8 * symmetric(rng),
            gloss: between(rng, 0.0, 0.4),
        }
    }

    pub(super) fn at(&self, p: Point) -> ([f32; 3], f32) {
        let (dx, dy) = (p.x - self.middle.x, p.y - self.middle.y);
        let (sin, cos) = self.tilt;
        let (x, y) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let down = (y / self.height + 0.5).clamp(0.0, 1.0);
        let half = self.widths[0] + (self.widths[1] - self.widths[0]) * down;
        // The rims are ellipses.
        let bulge = 0.18 * half * (1.0 - (x / half).clamp(-1.0, 1.0).powi(2)).sqrt();
        let body = (x.abs() - half).max(y - bulge - self.height / 2.0).max(-y - bulge - self.height / 2.0);
        let mut distance = body;
        if let Some((side, thick)) = self.handle {
            let (reach, up) = (half + 0.18 * self.height, 0.26 * self.height);
            let corners = [(half, -up), (reach, -0.7 * up), (reach, 0.7 * up), (half, up)];
            let corner = |n: usize| Point::new(side * corners[n].0, corners[n].1);
            let here = Point::new(x, y);
            distance = (0..3).fold(distance, |d, n| d.min(to_segment(here, corner(n), corner(n + 1)).0 - thick / 2.0));
        }
        let around = (x / half.max(1e-4)).clamp(-1.0, 1.0);
        let shade = 0.45 + 0.55 * (1.0 - (around - self.light).powi(2) / 3.0).max(0.0);
        let shine = self.gloss * (1.0 - ((around - 0.7 * self.light) * 5.0).powi(2)).max(0.0);
        let in_band = body < 0.0 && (self.band_at[0]..self.band_at[1]).contains(&down);
        let colour = if in_band { self.band } else { self.colour };
        (colour.map(|c| (c * shade + shine).min(1.0)), covered(distance))
    }
}
