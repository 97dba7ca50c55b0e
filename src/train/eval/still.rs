//! Jitter of the drawn face while the head is still, which is when it is seen.

use super::registered::CROP_PX;
use crate::face::{Face, align};
use crate::geometry::Point;

/// Rows of the mesh that do not move with an expression: bridge of the nose and eye corners.
pub const STEADY: [usize; 8] = [168, 6, 197, 195, 33, 133, 362, 263];
/// A head is still in a frame where its points move by no more than this from two frames before to two frames after, on
/// average, in [`CROP_PX`].
pub const STILL: f32 = 2.0;
/// Fewer frames say nothing.
const LEAST: usize = 5;

/// Points of one face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steady {
    /// In frame px.
    pub points: [Point; STEADY.len()],
    /// A frame px in [`CROP_PX`].
    pub scale: f32,
}

/// The points of a mesh; `None` for one without a size.
pub fn steady(face: &Face) -> Option<Steady> {
    let points: Option<Vec<Point>> = STEADY.iter().map(|&row| face.landmarks.get(row).copied()).collect();
    Some(Steady { points: points?.try_into().ok()?, scale: align(&face.landmarks)?.scale() / CROP_PX })
}

/// Jitter over the frames in which the head is still.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StillJitter {
    /// Root mean square of the output's movement from frame to frame less that of the source's, in [`CROP_PX`].
    pub jitter: f32,
    /// Frames that count.
    pub frames: usize,
}

/// Compares the movement of output and source; `None` where the head is never still.
pub fn still_jitter(output: &[Option<Steady>], source: &[Option<Steady>]) -> Option<StillJitter> {
    let (mut squares, mut frames) = ([0f64; 2], 0);
    for t in 2..source.len().saturating_sub(2) {
        let moved = || {
            let scale = source[t].as_ref()?.scale;
            let apart = |a: &Option<Steady>, b: &Option<Steady>, of: fn(f64) -> f64| {
                let pairs = a.as_ref()?.points.into_iter().zip(b.as_ref()?.points);
                Some(pairs.map(|(a, b)| of(f64::from(scale * a.distance(b)))).sum::<f64>() / STEADY.len() as f64)
            };
            let still = apart(&source[t - 2], &source[t + 2], |d| d)? <= f64::from(STILL);
            let square = |points: &[Option<Steady>]| apart(points.get(t - 1)?, points.get(t)?, |d| d * d);
            Some([square(output)?, square(source)?]).filter(|_| still)
        };
        if let Some(moved) = moved() {
            squares.iter_mut().zip(moved).for_each(|(sum, square)| *sum += square);
            frames += 1;
        }
    }
    let [output, source] = squares.map(|sum| (sum / frames.max(1) as f64).sqrt());
    (frames >= LEAST).then_some(StillJitter { jitter: (output - source) as f32, frames })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head that moves by `speed` a frame for the second half, and trembles to and fro by `tremble`.
    fn head(speed: f32, tremble: f32) -> Vec<Option<Steady>> {
        let at = |t: usize| speed * t.saturating_sub(30) as f32 + if t % 2 == 0 { tremble } else { 0.0 };
        let points = |t: usize| std::array::from_fn(|i| Point::new(100.0 + at(t), 50.0 + 10.0 * i as f32));
        (0..60).map(|t| Some(Steady { points: points(t), scale: 0.5 })).collect()
    }

    #[test]
    fn only_what_trembles_while_the_head_is_still_counts() {
        let source = head(3.0, 0.0);
        let found = still_jitter(&head(3.0, 0.8), &source);
        assert!(
            found.is_some_and(|found| (found.jitter - 0.4).abs() < 0.02 && (26..=30).contains(&found.frames)),
            "{found:?}"
        );
        assert_eq!(still_jitter(&source, &source).map(|found| found.jitter), Some(0.0));
        let (mut moving, mut other) = (head(3.0, 0.0), head(3.0, 0.5));
        (moving, other) = (moving.split_off(30), other.split_off(30));
        assert_eq!(still_jitter(&other, &moving), None);
    }
}
