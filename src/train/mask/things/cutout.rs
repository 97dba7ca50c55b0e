//! Hands and boards, cut out of other crops by their class.

use rand::{Rng, RngExt};

use super::super::{Class, MaskShot, SIDE};
use crate::geometry::{Point, Rect, Similarity};
use crate::train::augment::draw::{between, chance, factor, symmetric};

/// Fewest pixels of an occluder that is worth cutting out.
const LEAST: usize = 150;
/// Chance that it takes the colour of the skin that it hides, as the performer's own hand has it.
const OWN_SKIN: f32 = 0.4;

/// Which crops have something to cut out, and where.
pub(in super::super) struct Cutouts(Vec<(usize, Rect)>);

impl Cutouts {
    /// Of `shots`.
    pub(in super::super) fn of(shots: &[MaskShot]) -> Self {
        let found = shots.iter().enumerate().filter(|(_, shot)| shot.count(Class::Occluder) >= LEAST);
        Self(found.map(|(n, shot)| (n, bounds(shot))).collect())
    }

    /// Draws one; `None` where there is none. `skin` is the colour of the face that it will hide.
    pub(in super::super) fn draw<'a>(
        &self,
        shots: &'a [MaskShot],
        skin: [f32; 3],
        rng: &mut impl Rng,
    ) -> Option<Cutout<'a>> {
        let (n, bounds) = *self.0.get(rng.random_range(0..self.0.len().max(1)))?;
        let shot = shots.get(n)?;
        let to = Point::new(between(rng, 0.15, 0.85), between(rng, 0.2, 0.95));
        let turn = if chance(rng, 0.5) { 0.6 } else { std::f32::consts::PI } * symmetric(rng);
        let place = Similarity::taking(bounds.centre(), to, factor(rng, 0.7), turn);
        let mut gain = [factor(rng, 0.6); 3];
        if chance(rng, OWN_SKIN) {
            let own = mean(shot);
            let lighter = factor(rng, 0.25);
            gain = std::array::from_fn(|c| (lighter * skin[c] / own[c].max(0.02)).clamp(0.1, 5.0));
        } else {
            gain.iter_mut().for_each(|gain| *gain *= factor(rng, 0.15));
        }
        Some(Cutout { shot, to_shot: place.inverse()?, flip: rng.random(), middle: bounds.centre().x, gain })
    }
}

/// An occluder of another crop, moved, turned, scaled, mirrored, in another light.
pub(in super::super) struct Cutout<'a> {
    shot: &'a MaskShot,
    to_shot: Similarity,
    flip: bool,
    middle: f32,
    gain: [f32; 3],
}

impl Cutout<'_> {
    pub(super) fn at(&self, p: Point) -> ([f32; 3], f32) {
        let q = self.to_shot.apply(p);
        let q = if self.flip { Point::new(2.0 * self.middle - q.x, q.y) } else { q };
        // Bilinear over the four pixels about it; those that are not the occluder's hide nothing.
        let (x, y) = (q.x * SIDE as f32 - 0.5, q.y * SIDE as f32 - 0.5);
        let (x0, y0) = (x.floor(), y.floor());
        let (mut colour, mut cover) = ([0.0; 3], 0.0);
        for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
            // What reaches the crop's edge goes on beyond it.
            let place = |v: f32| v.clamp(0.0, SIDE as f32 - 1.0) as usize;
            let (i, j) = (x0 + dx, y0 + dy);
            let far = (-24.0..SIDE as f32 + 24.0).contains(&i) && (-24.0..SIDE as f32 + 24.0).contains(&j);
            let n = place(j) * SIDE + place(i);
            if far && self.shot.classes()[n] == Class::Occluder {
                let weight = (1.0 - (x - i).abs()).max(0.0) * (1.0 - (y - j).abs()).max(0.0);
                cover += weight;
                for (c, sum) in colour.iter_mut().enumerate() {
                    *sum += weight * f32::from(self.shot.source().bgr()[3 * n + c]) / 255.0;
                }
            }
        }
        let scale = if cover > 0.0 { 1.0 / cover } else { 0.0 };
        (std::array::from_fn(|c| (colour[c] * scale * self.gain[c]).min(1.0)), cover)
    }
}

/// Where its occluder lies, in the unit square.
fn bounds(shot: &MaskShot) -> Rect {
    let place = |n: usize| (n as f32 + 0.5) / SIDE as f32;
    let points = occluded(shot).map(|n| Point::new(place(n % SIDE), place(n / SIDE)));
    Rect::around(&points.collect::<Vec<_>>())
}

/// Its mean blue, green, red, 0..1.
fn mean(shot: &MaskShot) -> [f32; 3] {
    let (mut sum, mut count) = ([0.0; 3], 0.0f32);
    for n in occluded(shot) {
        for (c, sum) in sum.iter_mut().enumerate() {
            *sum += f32::from(shot.source().bgr()[3 * n + c]) / 255.0;
        }
        count += 1.0;
    }
    sum.map(|sum| sum / count.max(1.0))
}

fn occluded(shot: &MaskShot) -> impl Iterator<Item = usize> + '_ {
    let classes = shot.classes().iter().enumerate();
    classes.filter(|(_, class)| **class == Class::Occluder).map(|(n, _)| n)
}
