//! What is held in front of a face: each says what it shows at a point of the picture's unit square.

mod cable;
mod cup;
mod cutout;
mod microphone;
mod print;

pub(super) use cutout::Cutouts;

use rand::{Rng, RngExt};

use self::cable::Cable;
use self::cup::Cup;
use self::cutout::Cutout;
use self::microphone::Microphone;
use self::print::Print;
use super::MaskShot;
use crate::geometry::Point;
use crate::train::augment::colour::HsvChange;
use crate::train::augment::draw::between;
use crate::train::augment::occluder::Occluder;

/// Most of a plain shape's radius, in sides of the crop.
const PLAIN: f32 = 0.35;

/// Something in front of a face.
pub(super) enum Thing<'a> {
    /// A hand, a board or whatever else the masks of another crop know.
    Cutout(Cutout<'a>),
    /// An ellipse, a board or a stick hand in one colour.
    Plain(Occluder),
    /// The same with another picture on it.
    Print(Print<'a>),
    Cup(Cup),
    Microphone(Microphone),
    Cable(Cable),
}

impl<'a> Thing<'a> {
    /// Draws one; `skin` is the mean blue, green, red of the face that it hides.
    pub(super) fn draw(shots: &'a [MaskShot], cutouts: &Cutouts, skin: [f32; 3], rng: &mut impl Rng) -> Self {
        let kind = rng.random::<f32>();
        if kind < 0.42
            && let Some(cutout) = cutouts.draw(shots, skin, rng)
        {
            return Self::Cutout(cutout);
        }
        match kind {
            0.0..0.62 => Self::Plain(Occluder::draw(PLAIN, super::SIDE, rng)),
            0.62..0.74 => Self::Print(Print::draw(shots, rng)),
            0.74..0.84 => Self::Cup(Cup::draw(rng)),
            0.84..0.93 => Self::Microphone(Microphone::draw(rng)),
            _ => Self::Cable(Cable::draw(rng)),
        }
    }

    /// Blue, green, red (0..1) at `p`, and how much of what is behind they hide.
    pub(super) fn at(&self, p: Point) -> ([f32; 3], f32) {
        match self {
            Self::Cutout(cutout) => cutout.at(p),
            Self::Plain(occluder) => occluder.at(p),
            Self::Print(print) => print.at(p),
            Self::Cup(cup) => cup.at(p),
            Self::Microphone(microphone) => microphone.at(p),
            Self::Cable(cable) => cable.at(p),
        }
    }
}

/// Any colour, pale ones more often: blue, green, red.
fn any_colour(rng: &mut impl Rng) -> [f32; 3] {
    let change = HsvChange {
        hue: between(rng, 0.0, 360.0),
        saturation: rng.random::<f32>().powi(2),
        value: between(rng, 0.03, 1.0),
    };
    let [r, g, b] = change.apply([1.0, 0.0, 0.0]);
    [b, g, r]
}

/// How much a pixel is covered whose centre lies so far outside of an edge, in sides of the crop.
fn covered(distance: f32) -> f32 {
    (0.5 - distance * super::SIDE as f32 / 1.5).clamp(0.0, 1.0)
}

/// Distance from `p` to the segment, and where along it the nearest point is, 0..1.
fn to_segment(p: Point, from: Point, to: Point) -> (f32, f32) {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let t = (((p.x - from.x) * dx + (p.y - from.y) * dy) / (dx * dx + dy * dy).max(1e-12)).clamp(0.0, 1.0);
    (p.distance(Point::new(from.x + t * dx, from.y + t * dy)), t)
}
