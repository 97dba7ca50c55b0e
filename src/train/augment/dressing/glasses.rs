//! Glasses: two frames, what holds them, sometimes dark glass or a reflection.

use rand::{Rng, RngExt};

use super::super::anchors::Anchors;
use super::super::bounds::Bounds;
use super::super::colour::HsvChange;
use super::super::draw::{between, chance, symmetric};
use super::{Canvas, along, luma, seen_from, step};
use crate::geometry::Point;

/// One glass: an ellipse of any exponent.
#[derive(Debug, Clone, Copy)]
struct Glass {
    centre: Point,
    axes: [Point; 2],
    /// Half the width, half the height.
    radii: [f32; 2],
    exponent: f32,
}

impl Glass {
    /// Distance from `p` to the rim, about; negative inside.
    fn distance(&self, p: Point) -> f32 {
        let (right, down) = seen_from(self.centre, self.axes, p);
        let (u, v) = ((right / self.radii[0]).abs(), (down / self.radii[1]).abs());
        let far = (u.powf(self.exponent) + v.powf(self.exponent)).powf(1.0 / self.exponent);
        // The nearer radius where both count, so that rims are about as wide everywhere.
        let along = if u + v > 0.0 { (u * self.radii[0] + v * self.radii[1]) / (u + v) } else { self.radii[1] };
        (far - 1.0) * along
    }

    /// The point of the rim at this angle, from the right, clockwise.
    fn side(&self, right: f32, down: f32) -> Point {
        along(self.centre, self.axes, right * self.radii[0], down * self.radii[1])
    }
}

/// Puts some on, whose glass takes as much light as `most` (0..1) at most.
pub(super) fn put_on(most: f32, anchors: &Anchors, canvas: &mut Canvas<'_>, rng: &mut impl Rng) {
    let (height, axes) = (anchors.height(), anchors.axes());
    let (wide, high) = (between(rng, 0.72, 0.95), between(rng, 0.3, 0.5) * height);
    let (exponent, lower) = (between(rng, 2.0, 5.0), between(rng, 0.0, 0.12) * height);
    let glasses = anchors.eyes.map(|eye| Glass {
        centre: along(eye.centre(), axes, 0.0, lower),
        axes,
        radii: [(wide * eye.width()).max(0.01), high],
        exponent,
    });
    let rim = (height * if chance(rng, 0.5) { between(rng, 0.02, 0.04) } else { between(rng, 0.05, 0.11) })
        .max(0.8 * canvas.pixel);
    let (half_rim, rim_cover) = (chance(rng, 0.2), between(rng, 0.6, 1.0));
    let colour = colour(rng);
    let tint = if chance(rng, 0.35) { most * rng.random::<f32>() } else { 0.0 };
    let glint = if chance(rng, 0.5) { between(rng, 0.1, 0.7) } else { 0.0 };
    let (lean, shift, narrow) = (symmetric(rng), 0.6 * symmetric(rng), between(rng, 0.1, 0.5));
    let bridge = [glasses[0].side(1.0, -0.25), glasses[1].side(-1.0, -0.25)];
    let arms = [(glasses[0].side(-1.0, -0.35), anchors.temples[0]), (glasses[1].side(1.0, -0.35), anchors.temples[1])];
    let soft = 1.2 * canvas.pixel;
    let corners = [
        glasses[0].side(-1.0, -1.0),
        glasses[1].side(1.0, 1.0),
        glasses[0].side(-1.0, 1.0),
        glasses[1].side(1.0, -1.0),
    ];
    let within = Bounds::around(&[&corners[..], &anchors.temples].concat(), 2.0 * rim + 2.0 * soft);
    canvas.paint(&within, |p, there| {
        let line = |width: f32, distance: f32| (0.5 - (distance - 0.5 * width) / soft).clamp(0.0, 1.0);
        let distances = glasses.map(|glass| glass.distance(p));
        let (nearest, distance) =
            if distances[0] < distances[1] { (&glasses[0], distances[0]) } else { (&glasses[1], distances[1]) };
        let (right, down) = seen_from(nearest.centre, axes, p);
        let held = if half_rim { step(0.35 * high, 0.0, down) } else { 1.0 };
        let mut frame = held * line(rim, distance.abs());
        frame = frame.max(line(0.8 * rim, to_segment(p, bridge[0], bridge[1])));
        if distance > 0.0 {
            frame = arms.iter().fold(frame, |frame, &(from, to)| frame.max(line(rim, to_segment(p, from, to))));
        }
        let glass = (0.5 - distance / soft).clamp(0.0, 1.0);
        let band = (right + lean * down) / nearest.radii[0] - shift;
        let shine = glint * glass * step(narrow, 0.3 * narrow, band.abs());
        let light = 0.35 + 0.9 * luma(there);
        let frame = frame * rim_cover;
        let through = there.map(|v| v * (1.0 - tint * glass) + shine * (1.0 - v) * 0.8);
        let shown = [0, 1, 2].map(|c| through[c] + frame * (colour[c] * light - through[c]));
        (shown, 1.0)
    });
}

/// Blue, green, red of a frame: black or brown mostly, metal, any colour.
fn colour(rng: &mut impl Rng) -> [f32; 3] {
    let kind = rng.random::<f32>();
    let (hue, saturation, value) = if kind < 0.5 {
        (between(rng, 0.0, 40.0), between(rng, 0.0, 0.5), between(rng, 0.03, 0.2))
    } else if kind < 0.8 {
        (between(rng, 20.0, 50.0), between(rng, 0.0, 0.6), between(rng, 0.4, 0.85))
    } else {
        (between(rng, 0.0, 360.0), between(rng, 0.2, 0.9), between(rng, 0.15, 0.9))
    };
    let [r, g, b] = HsvChange { hue, saturation, value }.apply([1.0, 0.0, 0.0]);
    [b, g, r]
}

fn to_segment(p: Point, from: Point, to: Point) -> f32 {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let t = ((p.x - from.x) * dx + (p.y - from.y) * dy) / (dx * dx + dy * dy).max(1e-12);
    p.distance(Point::new(from.x + t.clamp(0.0, 1.0) * dx, from.y + t.clamp(0.0, 1.0) * dy))
}
