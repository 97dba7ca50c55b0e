//! Rotation, scale, shift and mirroring: the same for input, target, mask and priority.

use rand::Rng;

use super::AugmentSettings;
use super::draw::{chance, factor, symmetric};
use crate::geometry::{Point, Similarity};

/// Where each point of a sample lies in the crop that it is taken from; both are unit squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    similarity: Similarity,
    flip: bool,
}

impl Placement {
    /// Sample and crop are the same.
    pub const IDENTITY: Self = Self { similarity: Similarity::IDENTITY, flip: false };

    /// Rotates by `angle` (radians, clockwise on screen) and scales about the middle, shifts by `shift`, then mirrors
    /// left and right where `flip` says so. These are what happens to the picture.
    pub fn new(angle: f32, scale: f32, shift: Point, flip: bool) -> Self {
        // A picture that turns and grows is read along the opposite turn, closer together.
        let middle = Point::new(0.5, 0.5);
        let from = Point::new(0.5 + shift.x, 0.5 + shift.y);
        Self { similarity: Similarity::taking(from, middle, 1.0 / scale, -angle), flip }
    }

    /// Draws one.
    pub fn draw(settings: &AugmentSettings, flip: bool, rng: &mut impl Rng) -> Self {
        let angle = (settings.rotation * symmetric(rng)).to_radians();
        let scale = factor(rng, settings.scale);
        let shift = Point::new(settings.shift * symmetric(rng), settings.shift * symmetric(rng));
        let flip = chance(rng, 0.5) && flip;
        Self::new(angle, scale, shift, flip)
    }

    /// The point of the crop that is seen at `p` of the sample.
    pub fn apply(&self, p: Point) -> Point {
        let p = if self.flip { Point::new(1.0 - p.x, p.y) } else { p };
        self.similarity.apply(p)
    }
}
