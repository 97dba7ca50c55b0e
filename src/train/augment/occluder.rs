//! Something in front of the face: an ellipse, a board, a hand; in the input only.
//!
//! Target and mask stay whole. What lies behind a hand or a microphone is then made up from the rest of the face, and
//! a generated mask says where the face is and not what hides it: an occluder in front of a live face is another
//! network's concern. A target with the occluder would teach both decoders to draw hands.

use rand::{Rng, RngExt};

use super::AugmentSettings;
use super::colour::HsvChange;
use super::draw::{between, chance, symmetric};
use crate::geometry::Point;

/// Values of the texture along each axis.
const TEXTURE: usize = 8;
/// Corners of a board.
const CORNERS: usize = 5;
/// A palm with its arm, four fingers and a thumb.
const LIMBS: usize = 6;

/// Where it is.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Ellipse {
        centre: Point,
        radii: [f32; 2],
        along: Point,
    },
    /// Inside of every line: its outward normal and how far it lies from the centre.
    Board {
        centre: Point,
        lines: [(Point, f32); CORNERS],
    },
    /// Rounded sticks: both ends and the radius.
    Hand([(Point, Point, f32); LIMBS]),
}

impl Shape {
    fn draw(most: f32, rng: &mut impl Rng) -> Self {
        let centre = Point::new(rng.random(), rng.random());
        let size = most * between(rng, 0.3, 1.0);
        match rng.random::<u32>() % 3 {
            0 => Self::Ellipse {
                centre,
                radii: [size, size * between(rng, 0.25, 1.0)],
                along: on_circle(std::f32::consts::PI * symmetric(rng)),
            },
            1 => {
                let turn = std::f32::consts::PI * symmetric(rng);
                let lines = std::array::from_fn(|n| {
                    let angle = turn + std::f32::consts::TAU * n as f32 / CORNERS as f32;
                    (on_circle(angle), size * between(rng, 0.4, 1.0))
                });
                Self::Board { centre, lines }
            }
            _ => Self::hand(centre, size, rng),
        }
    }

    /// A hand whose palm is at `centre`, about twice `size` long, with an arm that comes from outside.
    fn hand(centre: Point, size: f32, rng: &mut impl Rng) -> Self {
        let heading = std::f32::consts::PI * symmetric(rng);
        let (ahead, aside) = (on_circle(heading), on_circle(heading + std::f32::consts::FRAC_PI_2));
        let at = |forward: f32, side: f32| {
            let (f, s) = (size * forward, size * side);
            Point::new(centre.x + ahead.x * f + aside.x * s, centre.y + ahead.y * f + aside.y * s)
        };
        let spread = between(rng, 0.6, 1.4);
        let thumb = if rng.random() { 1.0 } else { -1.0 };
        let limbs = std::array::from_fn(|n| match n {
            0 => (at(-12.0, 0.0), at(0.0, 0.0), 0.5 * size),
            1 => (at(-0.1, 0.3 * thumb), at(0.5, 0.9 * thumb), 0.14 * size),
            n => {
                let side = 0.26 * (n as f32 - 3.5);
                (at(0.3, side), at(between(rng, 0.7, 1.5), side * (1.0 + 0.5 * spread)), 0.13 * size)
            }
        });
        Self::Hand(limbs)
    }

    /// Distance from `p` to the edge, about; negative inside.
    fn distance(&self, p: Point) -> f32 {
        match self {
            Self::Ellipse { centre, radii, along } => {
                let (dx, dy) = (p.x - centre.x, p.y - centre.y);
                let (u, v) = (dx * along.x + dy * along.y, dy * along.x - dx * along.y);
                ((u / radii[0]).hypot(v / radii[1]) - 1.0) * radii[1]
            }
            Self::Board { centre, lines } => {
                let (dx, dy) = (p.x - centre.x, p.y - centre.y);
                lines.iter().fold(f32::MIN, |d, (n, reach)| d.max(n.x * dx + n.y * dy - reach))
            }
            Self::Hand(limbs) => {
                limbs.iter().fold(f32::MAX, |d, (from, to, radius)| d.min(to_segment(p, *from, *to) - radius))
            }
        }
    }
}

/// Covers parts of `planes` (blue, green, red, 0..1), where that is drawn.
pub(super) fn occlude(settings: &AugmentSettings, planes: &mut [f32], side: usize, rng: &mut impl Rng) {
    if !chance(rng, settings.occluder_chance) || settings.occluder <= 0.0 {
        return;
    }
    let occluder = Occluder::draw(settings.occluder, side, rng);
    let centre = |n: usize| (n as f32 + 0.5) / side as f32;
    for n in 0..side * side {
        let (colour, cover) = occluder.at(Point::new(centre(n % side), centre(n / side)));
        if cover <= 0.0 {
            continue;
        }
        for (plane, c) in planes.chunks_exact_mut(side * side).zip(colour) {
            plane[n] += cover * (c - plane[n]);
        }
    }
}

/// A shape with its colour and texture.
#[derive(Debug, Clone)]
pub(in crate::train) struct Occluder {
    shape: Shape,
    colour: [f32; 3],
    texture: [f32; TEXTURE * TEXTURE],
    grain: f32,
    contrast: f32,
    round: f32,
    softness: f32,
}

impl Occluder {
    /// One whose radius is at most `most` of the side of a picture of `side` pixels.
    pub(in crate::train) fn draw(most: f32, side: usize, rng: &mut impl Rng) -> Self {
        let shape = Shape::draw(most, rng);
        let colour = colour(matches!(shape, Shape::Hand(_)), rng);
        let texture = std::array::from_fn(|_| symmetric(rng));
        let (grain, contrast) = (between(rng, 2.0, 20.0), between(rng, 0.02, 0.3));
        let (round, softness) = (between(rng, 0.0, 0.6), between(rng, 0.7, 2.5) / side as f32);
        Self { shape, colour, texture, grain, contrast, round, softness }
    }

    /// Blue, green, red (0..1) at `p` of the unit square, and how much of what is behind them they hide.
    #[inline]
    pub(in crate::train) fn at(&self, p: Point) -> ([f32; 3], f32) {
        let distance = self.shape.distance(p);
        let cover = (0.5 - distance / self.softness).clamp(0.0, 1.0);
        if cover <= 0.0 {
            return (self.colour, 0.0);
        }
        // Round things are darker towards their edge.
        let shade = 1.0 - self.round * (distance.min(0.0) * 25.0).exp()
            + self.contrast * grained(&self.texture, p.x * self.grain, p.y * self.grain);
        (self.colour.map(|c| (c * shade).clamp(0.0, 1.0)), cover)
    }
}

/// Blue, green, red: skin for hands and sometimes otherwise, anything for the rest.
fn colour(hand: bool, rng: &mut impl Rng) -> [f32; 3] {
    let skin = chance(rng, if hand { 0.8 } else { 0.3 });
    let (hue, saturation, value) = if skin {
        (between(rng, 8.0, 32.0), between(rng, 0.2, 0.65), between(rng, 0.2, 0.95))
    } else {
        (between(rng, 0.0, 360.0), rng.random::<f32>().powi(2), between(rng, 0.02, 1.0))
    };
    let [r, g, b] = HsvChange { hue, saturation, value }.apply([1.0, 0.0, 0.0]);
    [b, g, r]
}

/// Value noise: the texture's values, repeated, with smooth steps between.
fn grained(texture: &[f32; TEXTURE * TEXTURE], x: f32, y: f32) -> f32 {
    let (column, row) = (x as usize, y as usize);
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (fx, fy) = (smooth(x - column as f32), smooth(y - row as f32));
    let value = |i: usize, j: usize| texture[(row + j) % TEXTURE * TEXTURE + (column + i) % TEXTURE];
    let upper = value(0, 0) + (value(1, 0) - value(0, 0)) * fx;
    let lower = value(0, 1) + (value(1, 1) - value(0, 1)) * fx;
    upper + (lower - upper) * fy
}

fn on_circle(angle: f32) -> Point {
    Point::new(angle.cos(), angle.sin())
}

fn to_segment(p: Point, from: Point, to: Point) -> f32 {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let t = (((p.x - from.x) * dx + (p.y - from.y) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    p.distance(Point::new(from.x + t * dx, from.y + t * dy))
}
