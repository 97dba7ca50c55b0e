//! Where a head points, from the landmarks of its mesh.

use crate::face::{Face, align, yaw};
use crate::geometry::Point;

/// Yaw positive towards image right, pitch positive downwards, roll positive counter-clockwise in the picture; degrees,
/// as seen from where the camera is.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Pose {
    /// Turn.
    pub yaw: f32,
    /// Nod.
    pub pitch: f32,
    /// Tilt.
    pub roll: f32,
}

/// Rows of the mesh: before the ears, and the outer eye corners.
const EARS: [usize; 2] = [234, 454];
const EYES: [usize; 2] = [33, 263];
/// Pitch in radians = `PITCH.0` · (how far the ears lie below the eyes, in canonical units) + `PITCH.1`.
///
/// Least squares over 780 frames of 26 rendered people with yaw within 50° and pitch within 25°: correlation 0.915,
/// standard deviation 6° on those frames, most of it between people; 2° on a clip of one that was not fitted.
const PITCH: (f32, f32) = (-3.674, 0.502);

impl Pose {
    /// The pose of a face; `None` where its landmarks coincide.
    pub fn of(face: &Face) -> Option<Self> {
        let to_canonical = align(&face.landmarks)?;
        let height = |rows: [usize; 2]| {
            rows.iter()
                .filter_map(|&row| face.landmarks.get(row))
                .map(|&p: &Point| to_canonical.apply(p).y)
                .sum::<f32>()
                / 2.0
        };
        Some(Self {
            yaw: yaw(&face.landmarks, &to_canonical).to_degrees(),
            pitch: (PITCH.0 * (height(EARS) - height(EYES)) + PITCH.1).to_degrees(),
            roll: to_canonical.angle().to_degrees(),
        })
    }

    /// Angle by angle, how far apart two poses are.
    pub fn error(&self, other: &Self) -> [f32; 3] {
        let roll = (self.roll - other.roll + 180.0).rem_euclid(360.0) - 180.0;
        [(self.yaw - other.yaw).abs(), (self.pitch - other.pitch).abs(), roll.abs()]
    }
}
