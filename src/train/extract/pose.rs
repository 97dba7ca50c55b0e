//! Which way a head looks, from its landmarks.

use crate::face::Face;
use crate::geometry::Point;

/// Turn, nod and tilt of a head in degrees: positive towards image right, downwards, counter-clockwise in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Turn.
    pub yaw: f32,
    /// Nod.
    pub pitch: f32,
    /// Tilt.
    pub roll: f32,
}

/// The pose of an aligned face.
pub fn pose(face: &Face) -> Pose {
    Pose { yaw: face.yaw.to_degrees(), pitch: pitch(face), roll: face.to_canonical.angle().to_degrees() }
}

/// Nod in degrees.
fn pitch(face: &Face) -> f32 {
    let height = |row: usize| face.landmarks.get(row).copied().map_or(0.0, |p: Point| face.to_canonical.apply(p).y);
    height(234) + height(454)
}
