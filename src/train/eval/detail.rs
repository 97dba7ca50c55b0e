//! Whether the eyes are sharp: a blurred picture can be near to the truth everywhere, and has no detail.

use super::parts;
use super::picture::{Square, masked_mean};
use super::similarity::blurred;
use crate::frame::Frame;
use crate::geometry::{Point, Rect, Similarity};

/// Sides at which eyes are looked at, in px: the largest that the frame has pixels for. At different sides the same
/// eye has different energy, so that only equal sides are compared.
pub const SIDES: [usize; 4] = [16, 24, 32, 48];
/// The band lies between two Gaussians, standard deviation and reach in px: details of about a seventh of the eye at
/// the largest side (lids, lashes, edge of the iris), without single pixels, which are noise.
const BAND: [(f32, usize); 2] = [(1.0, 3), (2.0, 6)];
/// The middle of the face, as a part of the landmarks' bounds, says how bright it is.
const MIDDLE: f32 = 0.7;

/// Energy of the band of both eyes at one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detail {
    /// Index into [`SIDES`].
    pub at: usize,
    /// Mean square of the band's luma, 0..1.
    pub energy: f32,
    /// The same over the square of the face's mean luma: does not depend on how much light there is.
    pub relative: f32,
}

/// The band's energy of the eyes of the face with these landmarks (frame px), at the largest side that the frame has
/// pixels for. `None` for eyes of less than 16 px.
pub fn detail(frame: &Frame<'_>, landmarks: &[Point]) -> Option<Detail> {
    let [right, left, _] = parts::boxes(landmarks)?;
    let finest = right.w.min(left.w);
    let at = SIDES.iter().rposition(|&side| side as f32 <= finest)?;
    detail_at(frame, landmarks, at)
}

/// The same at the side with this index.
pub fn detail_at(frame: &Frame<'_>, landmarks: &[Point], at: usize) -> Option<Detail> {
    let [right, left, _] = parts::boxes(landmarks)?;
    let side = *SIDES.get(at)?;
    let of = |eye: &Rect| {
        let length = eye.w.max(eye.h).max(1.0);
        let centre = eye.centre();
        let (tx, ty) = (centre.x - length / 2.0, centre.y - length / 2.0);
        let square = Square { to_frame: Similarity { a: length, b: 0.0, tx, ty }, side };
        let half = side as f32 / 2.0;
        let inside = |n: usize| ((n / side) as f32 + 0.5 - half).abs() <= half * eye.h / length;
        let mask: Vec<f32> = (0..side * side).map(|n| f32::from(u8::from(inside(n)))).collect();
        energy(&square.cut(frame).luma(), side, &mask)
    };
    let energy = (of(&right)? + of(&left)?) / 2.0;
    let middle = Square::about(&Rect::around(landmarks).grown(MIDDLE), 1.0).sized(32);
    let luma = middle.cut(frame).luma();
    let bright = luma.iter().sum::<f32>() / luma.len() as f32;
    Some(Detail { at, energy, relative: energy / (bright * bright).max(1e-4) })
}

/// Mean square of the band of a picture of luma, under the mask.
fn energy(luma: &[f32], side: usize, mask: &[f32]) -> Option<f32> {
    let [fine, coarse] = BAND.map(|window| blurred(luma, side, window));
    masked_mean(fine.iter().zip(&coarse).map(|(f, c)| (f - c) * (f - c)), mask)
}

/// What eyes of a person have, where no truth shows the frame itself: mean relative energy by side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usual {
    sums: [(f64, u32); SIDES.len()],
}

impl Usual {
    /// Takes in a face at every side that it has pixels for.
    pub fn add(&mut self, frame: &Frame<'_>, landmarks: &[Point]) {
        let Some(finest) = detail(frame, landmarks).map(|detail| detail.at) else { return };
        for at in 0..=finest {
            if let Some(detail) = detail_at(frame, landmarks, at) {
                self.sums[at].0 += f64::from(detail.relative);
                self.sums[at].1 += 1;
            }
        }
    }

    /// This over `other`, at the largest side at which either has a mean; `None` where there is none.
    pub fn over(&self, other: &Self) -> Option<f32> {
        (0..SIDES.len()).rev().find_map(|side| Some(self.at(side)? / other.at(side)?))
    }

    /// The mean at that side; `None` where no face had the pixels.
    pub fn at(&self, side: usize) -> Option<f32> {
        let (sum, count) = *self.sums.get(side)?;
        (count > 0).then(|| (sum / f64::from(count)) as f32).filter(|mean| *mean > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blurred_copy_has_less_than_half_the_energy_and_light_does_not_count() {
        const SIDE: usize = 48;
        // An eye: white, iris, pupil, with hard edges.
        let eye: Vec<f32> = (0..SIDE * SIDE)
            .map(|n| {
                let (x, y) = ((n % SIDE) as f32 - 23.5, (n / SIDE) as f32 - 23.5);
                match (x.hypot(y), (x / 20.0).powi(2) + (y / 9.0).powi(2)) {
                    (r, _) if r < 3.0 => 0.05,
                    (r, _) if r < 7.0 => 0.3,
                    (_, white) if white < 1.0 => 0.9,
                    _ => 0.6,
                }
            })
            .collect();
        let mask = vec![1.0; SIDE * SIDE];
        let of = |luma: &[f32]| energy(luma, SIDE, &mask).unwrap_or_default();
        let ratio = of(&blurred(&eye, SIDE, (2.0, 6))) / of(&eye);
        assert!((0.01..0.5).contains(&ratio), "{ratio}");
        let noisy: Vec<f32> =
            eye.iter().enumerate().map(|(n, v)| v + if n.is_multiple_of(2) { 0.01 } else { -0.01 }).collect();
        assert!((of(&noisy) / of(&eye) - 1.0).abs() < 0.02, "single pixels are not detail");
    }

    #[test]
    fn the_usual_is_the_mean_of_faces_with_the_pixels() {
        let mut usual = Usual::default();
        assert_eq!(usual.at(0), None);
        usual.sums[1] = (0.6, 3);
        assert!(usual.at(1).is_some_and(|mean| (mean - 0.2).abs() < 1e-6));
        assert_eq!(usual.at(9), None);
    }
}
