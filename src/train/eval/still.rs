//! Jitter of the drawn face while the head is still, which is when it is seen.

use super::registered::CROP_PX;
use crate::face::{Face, align};
use crate::geometry::Point;

/// Rows of the mesh that do not move with an expression: bridge of the nose and eye corners.
pub const STEADY: [usize; 8] = [168, 6, 197, 195, 33, 133, 362, 263];
/// A head is still in a frame where its points move by no more than this from two frames before to two frames after, on
/// average, in [`CROP_PX`].
pub const STILL: f32 = 4.0;
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
    /// Root mean square of the points' movement from frame to frame less the source's movement, as vectors, in
    /// [`CROP_PX`]. A face that trembles, lags or stays behind has more; none has less than the mesh's own noise.
    pub jitter: f32,
    /// Frames that count.
    pub frames: usize,
}

/// Compares a face's movement with the source's; `None` where the source's head is still in fewer than five frames.
pub fn still_jitter(output: &[Option<Steady>], source: &[Option<Steady>]) -> Option<StillJitter> {
    let (mut sum, mut frames) = (0f64, 0);
    for t in 2..source.len().saturating_sub(2) {
        if let Some(square) = moved_otherwise(output, source, t) {
            sum += square;
            frames += 1;
        }
    }
    let jitter = (sum / frames.max(1) as f64).sqrt() as f32;
    (frames >= LEAST).then_some(StillJitter { jitter, frames })
}

/// Mean square of the points' movement into frame `t` less the source's, where the source's head is still.
fn moved_otherwise(face: &[Option<Steady>], source: &[Option<Steady>], t: usize) -> Option<f64> {
    let at = |points: &[Option<Steady>], t: usize| points.get(t).copied().flatten();
    let scale = at(source, t)?.scale;
    let moved = |points: &[Option<Steady>], from: usize, to: usize| -> Option<[Point; STEADY.len()]> {
        let (from, to) = (at(points, from)?.points, at(points, to)?.points);
        Some(std::array::from_fn(|i| Point::new(scale * (to[i].x - from[i].x), scale * (to[i].y - from[i].y))))
    };
    let mean = |lengths: [f32; STEADY.len()]| f64::from(lengths.iter().sum::<f32>()) / STEADY.len() as f64;
    let still = mean(moved(source, t - 2, t + 2)?.map(|d| d.x.hypot(d.y))) <= f64::from(STILL);
    let (face, source) = (moved(face, t - 1, t)?, moved(source, t - 1, t)?);
    still.then(|| mean(std::array::from_fn(|i| face[i].distance(source[i]).powi(2))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head that moves by `speed` a frame for the second half, and trembles to and fro by `tremble`.
    fn head(speed: f32, tremble: f32) -> Vec<Option<Steady>> {
        let at = |t: usize| speed * t.saturating_sub(30) as f32 + if t.is_multiple_of(2) { tremble } else { 0.0 };
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
        // One that comes a frame late costs only where the head begins to move.
        let slow = head(1.0, 0.0);
        let late: Vec<Option<Steady>> = slow[..1].iter().chain(&slow).take(60).copied().collect();
        let found = still_jitter(&late, &slow);
        assert!(found.is_some_and(|found| (0.05..0.1).contains(&found.jitter)), "{found:?}");
        let (mut moving, mut other) = (head(3.0, 0.0), head(3.0, 0.5));
        (moving, other) = (moving.split_off(30), other.split_off(30));
        assert_eq!(still_jitter(&other, &moving), None);
    }
}
