//! What changes from one frame to the next that motion does not explain.

use super::EvalError;
use super::flow::flow;
use super::picture::{Square, masked_mean};
use crate::face::Face;
use crate::frame::{OwnedFrame, VideoBuffer};

/// Side of the pictures that are warped, in px, and how much more than the face they show.
const SIDE: usize = 160;
const MARGIN: f32 = 1.3;

/// Luma codes (0..255) a pixel, under the mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warping {
    /// Mean absolute difference of the output to its frame before, moved as the reference moved.
    pub output: f32,
    /// The same of the reference.
    pub reference: f32,
    /// Mean absolute difference between the output's change since the frame before and the reference's, pixel by pixel,
    /// nothing moved, at the frame's resolution. A blurred output cannot win it: what does not move as the reference's
    /// detail does costs.
    pub temporal: f32,
}

/// Compares each frame with the one before.
///
/// W.-S. Lai and others, "Learning blind video temporal consistency", ECCV 2018: flow is that of the reference for
/// both, so that an output's own wobble is not explained away.
#[derive(Debug, Default)]
pub struct Warper(Option<Before>);

#[derive(Debug)]
struct Before {
    track: u32,
    output: OwnedFrame,
    reference: OwnedFrame,
}

impl Warper {
    /// The error since the frame before; `None` for the first frame of a face. `reference` is the truth's frame, or the
    /// source's where there is none; `mask` fills a mask of the face for a square.
    ///
    /// # Errors
    /// [`EvalError::Frame`].
    pub fn step(
        &mut self,
        face: &Face,
        output: &OwnedFrame,
        reference: &OwnedFrame,
        mask: impl Fn(&Square) -> Vec<f32>,
    ) -> Result<Option<Warping>, EvalError> {
        let square = Square::about(&face.bounds, MARGIN);
        let before = self.0.take().filter(|before| before.track == face.track);
        let found = match &before {
            Some(before) => {
                let now = [output, reference];
                let [small, full] = [square.sized(SIDE), square].map(|square| {
                    let luma = |frame: &OwnedFrame| Ok::<_, EvalError>(square.cut(&frame.frame()?).luma());
                    let [output, reference] = [(&before.output, now[0]), (&before.reference, now[1])];
                    Ok::<_, EvalError>((
                        [luma(output.0)?, luma(output.1)?],
                        [luma(reference.0)?, luma(reference.1)?],
                        mask(&square),
                    ))
                });
                let ((output, reference, inside), full) = (small?, full?);
                let warping = error(&output, &reference, SIDE, &inside);
                warping.zip(temporal(&full.0, &full.1, &full.2)).map(|([output, reference], temporal)| Warping {
                    output,
                    reference,
                    temporal,
                })
            }
            None => None,
        };
        self.0 = Some(Before { track: face.track, output: output.clone(), reference: reference.clone() });
        Ok(found)
    }

    /// A frame without a swapped face.
    pub fn interrupt(&mut self) {
        self.0 = None;
    }
}

/// Luma (0..1) of the frame before, and of this one.
type Pair = [Vec<f32>; 2];

/// Warping errors of output and reference.
fn error(output: &Pair, reference: &Pair, side: usize, mask: &[f32]) -> Option<[f32; 2]> {
    let motion = flow(&reference[0], &reference[1], side);
    let rest = |[before, now]: &Pair| {
        let warped = motion.warped(before);
        masked_mean(now.iter().zip(&warped).map(|(a, b)| 255.0 * (a - b).abs()), mask)
    };
    Some([rest(output)?, rest(reference)?])
}

/// See [`Warping::temporal`].
fn temporal(output: &Pair, reference: &Pair, mask: &[f32]) -> Option<f32> {
    let change = |pair: &Pair, i: usize| pair[1][i] - pair[0][i];
    masked_mean((0..mask.len()).map(|i| 255.0 * (change(output, i) - change(reference, i)).abs()), mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 96;

    fn texture(x: f32, brighter: f32) -> Vec<f32> {
        let at = |n: usize| {
            let (u, v) = ((n % SIDE) as f32 - x, (n / SIDE) as f32);
            0.5 + brighter + 0.2 * (0.21 * u + 0.4 * (0.13 * v).sin()).sin() + 0.2 * (0.17 * v + 0.02 * u).sin()
        };
        (0..SIDE * SIDE).map(at).collect()
    }

    fn middle() -> Vec<f32> {
        let inside = |v: usize| (20..76).contains(&v);
        (0..SIDE * SIDE).map(|n| f32::from(u8::from(inside(n % SIDE) && inside(n / SIDE)))).collect()
    }

    #[test]
    fn motion_is_explained_and_flicker_is_not() {
        let (before, now, mask) = (texture(0.0, 0.0), texture(3.0, 0.0), middle());
        let reference = [before.clone(), now];
        let moved = error(&reference, &reference, SIDE, &mask);
        assert!(moved.is_some_and(|[output, _]| output < 0.5), "{moved:?}");
        assert_eq!(temporal(&reference, &reference, &mask), Some(0.0));
        let flickers = [before, texture(3.0, 10.0 / 255.0)];
        let near_ten = |v: f32| (v - 10.0).abs() < 0.5;
        let found = error(&flickers, &reference, SIDE, &mask);
        assert!(found.is_some_and(|[output, reference]| near_ten(output) && reference < 0.5), "{found:?}");
        assert!(temporal(&flickers, &reference, &mask).is_some_and(near_ten));
        // A face that stays where the head moves, as one of flat colour seems to, does not win the temporal error.
        let flat = [vec![0.5; SIDE * SIDE], vec![0.5; SIDE * SIDE]];
        assert!(error(&flat, &reference, SIDE, &mask).is_some_and(|[output, _]| output < 0.01));
        assert!(temporal(&flat, &reference, &mask).is_some_and(|found| found > 5.0));
        assert_eq!(error(&reference, &reference, SIDE, &vec![0.0; SIDE * SIDE]), None);
    }
}
