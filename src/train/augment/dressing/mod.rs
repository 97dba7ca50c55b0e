//! What people wear on their faces, on the input: make-up, a beard, hair across the forehead, glasses.
//!
//! All of it is drawn in the unit square of the source, where the face's parts are known, so that it turns, moves and
//! bends with the face. A source without [`Anchors`](super::anchors::Anchors) wears nothing.

mod beard;
mod fringe;
mod glasses;
mod hair;
mod makeup;

use rand::Rng;

use super::AugmentSettings;
use super::bounds::Bounds;
use super::draw::chance;
use super::source::Source;
use crate::geometry::Point;

/// Dresses the face in `planes` (blue, green, red, 0..1), where that is drawn. `places` has the point of the source for
/// each pixel, `mask` the face.
pub(super) fn dress(
    settings: &AugmentSettings,
    source: &Source,
    (places, mask): (&[Point], &[f32]),
    planes: &mut [f32],
    rng: &mut impl Rng,
) {
    let drawn = [settings.makeup_chance, settings.beard_chance, settings.fringe_chance, settings.glasses_chance]
        .map(|share| chance(rng, share));
    let Some(anchors) = source.anchors() else { return };
    let mut canvas = Canvas { planes, places, mask, pixel: 1.0 / (places.len() as f32).sqrt() };
    let [makeup, beard, fringe, glasses] = drawn;
    if makeup {
        makeup::make_up(settings.makeup, anchors, &mut canvas, rng);
    }
    if beard {
        beard::grow(settings.beard, anchors, &mut canvas, rng);
    }
    if fringe {
        fringe::hang(settings.fringe, anchors, &mut canvas, rng);
    }
    if glasses {
        glasses::put_on(settings.glasses, anchors, &mut canvas, rng);
    }
}

/// An input, drawn on in the unit square of its source.
struct Canvas<'a> {
    planes: &'a mut [f32],
    places: &'a [Point],
    mask: &'a [f32],
    /// Side of a pixel in the unit square, about.
    pixel: f32,
}

impl Canvas<'_> {
    /// As [`Canvas::paint`], on the face only.
    fn paint_face(&mut self, within: &Bounds, mut paint: impl FnMut(Point, [f32; 3]) -> ([f32; 3], f32)) {
        self.paint_all(within, |p, face, there| {
            let (colour, cover) = if face > 0.0 { paint(p, there) } else { (there, 0.0) };
            (colour, cover * face)
        });
    }

    /// Paints where `paint` gives blue, green, red and how much of them hides what is there, within a rectangle of the
    /// source. `paint` gets the place and what is there.
    fn paint(&mut self, within: &Bounds, mut paint: impl FnMut(Point, [f32; 3]) -> ([f32; 3], f32)) {
        self.paint_all(within, |p, _, there| paint(p, there));
    }

    fn paint_all(&mut self, within: &Bounds, mut paint: impl FnMut(Point, f32, [f32; 3]) -> ([f32; 3], f32)) {
        let (blue, others) = self.planes.split_at_mut(self.places.len());
        let (green, red) = others.split_at_mut(self.places.len());
        for ((((&p, &face), b), g), r) in self.places.iter().zip(self.mask).zip(blue).zip(green).zip(red) {
            if !within.holds(p) {
                continue;
            }
            let (colour, cover) = paint(p, face, [*b, *g, *r]);
            for (value, new) in [b, g, r].into_iter().zip(colour) {
                *value = (*value + cover * (new - *value)).clamp(0.0, 1.0);
            }
        }
    }
}

/// Luma of blue, green, red.
fn luma([b, g, r]: [f32; 3]) -> f32 {
    0.114 * b + 0.587 * g + 0.299 * r
}

/// 0 at `low`, 1 at `high` and beyond, smooth between; `low` may be the larger.
fn step(low: f32, high: f32, v: f32) -> f32 {
    if low == high {
        return if v < low { 0.0 } else { 1.0 };
    }
    let t = ((v - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The point `right` and `down` of `from` along the face's axes.
fn along(from: Point, axes: [Point; 2], right: f32, down: f32) -> Point {
    let [x, y] = axes;
    Point::new(from.x + right * x.x + down * y.x, from.y + right * x.y + down * y.y)
}

/// How far `p` lies to the right of and below `from` along the face's axes.
fn seen_from(from: Point, axes: [Point; 2], p: Point) -> (f32, f32) {
    let (dx, dy) = (p.x - from.x, p.y - from.y);
    let [x, y] = axes;
    (dx * x.x + dy * x.y, dx * y.x + dy * y.y)
}
