//! A shape with another picture on it: paper, a phone's screen, cloth, a board.

use rand::{Rng, RngExt};

use super::super::{MaskShot, SIDE};
use super::PLAIN;
use crate::geometry::{Point, Similarity};
use crate::train::augment::draw::{between, symmetric};
use crate::train::augment::occluder::Occluder;

/// A shape that shows a part of a crop, in other colours: a face on it would be one.
pub(in super::super) struct Print<'a> {
    shape: Occluder,
    shot: &'a MaskShot,
    to_shot: Similarity,
    /// Which channel becomes blue, green, red.
    order: [usize; 3],
    /// Those that are negative.
    inverted: [bool; 3],
    gain: f32,
}

impl<'a> Print<'a> {
    pub(super) fn draw(shots: &'a [MaskShot], rng: &mut impl Rng) -> Self {
        let turn = std::f32::consts::PI * symmetric(rng);
        let (from, to) = (Point::new(rng.random(), rng.random()), Point::new(rng.random(), rng.random()));
        let order = [[2, 1, 0], [1, 0, 2], [0, 2, 1], [1, 2, 0]][rng.random_range(0..4)];
        Self {
            shape: Occluder::draw(1.3 * PLAIN, SIDE, rng),
            shot: &shots[rng.random_range(0..shots.len())],
            to_shot: Similarity::taking(from, to, between(rng, 0.3, 2.5), turn),
            order,
            inverted: std::array::from_fn(|_| rng.random::<f32>() < 0.4),
            gain: between(rng, 0.4, 1.3),
        }
    }

    pub(super) fn at(&self, p: Point) -> ([f32; 3], f32) {
        let (_, cover) = self.shape.at(p);
        if cover <= 0.0 {
            return ([0.0; 3], 0.0);
        }
        let q = self.to_shot.apply(p);
        // Tiles of the picture, every second one mirrored.
        let place = |v: f32| {
            let v = v.rem_euclid(2.0);
            (((if v < 1.0 { v } else { 2.0 - v }) * SIDE as f32) as usize).min(SIDE - 1)
        };
        let at = 3 * (place(q.y) * SIDE + place(q.x));
        let shown = std::array::from_fn(|c| {
            let v = f32::from(self.shot.source().bgr()[at + self.order[c]]) / 255.0;
            ((if self.inverted[c] { 1.0 - v } else { v }) * self.gain).min(1.0)
        });
        (shown, cover)
    }
}
