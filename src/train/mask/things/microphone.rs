//! A microphone before the mouth: a head of mesh or foam on a stick.

use rand::{Rng, RngExt};

use super::{any_colour, covered, to_segment};
use crate::geometry::Point;
use crate::train::augment::draw::{between, symmetric};

/// A ball, egg-shaped, on a stick.
pub(in super::super) struct Microphone {
    head: Point,
    /// Where the stick ends.
    end: Point,
    radius: f32,
    /// Half the stick's width.
    stick: f32,
    colour: [f32; 3],
    stick_colour: [f32; 3],
    /// Lines of the mesh along the crop, and how dark they are.
    mesh: f32,
    contrast: f32,
}

impl Microphone {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let head = Point::new(between(rng, 0.2, 0.8), between(rng, 0.45, 0.95));
        // It comes from below, from the side at times.
        let angle = std::f32::consts::FRAC_PI_2 + 1.2 * symmetric(rng);
        let radius = between(rng, 0.05, 0.16);
        let grey = |rng: &mut dyn FnMut() -> f32| [0.05 + 0.6 * rng(); 3];
        let mut share = || rng.random::<f32>();
        let (foam, plain) = (share() < 0.4, share() < 0.8);
        let (colour, stick_colour) = (grey(&mut share), grey(&mut share));
        Self {
            head,
            end: Point::new(head.x + 1.5 * angle.cos(), head.y + 1.5 * angle.sin()),
            radius,
            stick: radius * between(rng, 0.35, 0.8),
            colour: if foam { any_colour(rng) } else { colour },
            stick_colour: if plain { stick_colour.map(|c| c * 0.3) } else { stick_colour },
            mesh: if foam { 400.0 } else { between(rng, 120.0, 320.0) },
            contrast: between(rng, 0.1, 0.45),
        }
    }

    pub(super) fn at(&self, p: Point) -> ([f32; 3], f32) {
        let (to_stick, _) = to_segment(p, self.head, self.end);
        let (dx, dy) = (p.x - self.head.x, p.y - self.head.y);
        let to_head = dx.hypot(dy);
        let (head, stick) = (to_head - self.radius, to_stick - self.stick);
        if head < stick {
            let round = (1.0 - (to_head / self.radius).powi(2)).max(0.0).sqrt();
            let lines = ((dx + dy) * self.mesh).sin() * ((dx - dy) * self.mesh).sin();
            let light = (0.35 + 0.65 * round - 0.3 * dx / self.radius) * (1.0 + self.contrast * lines);
            return (self.colour.map(|c| (c * light).clamp(0.0, 1.0)), covered(head));
        }
        let round = (1.0 - (to_stick / self.stick).powi(2)).max(0.0);
        (self.stick_colour.map(|c| c * (0.5 + 0.5 * round)), covered(stick))
    }
}
