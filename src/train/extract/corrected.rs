//! Corrections by hand, brought to the faces that were found.

use crate::face::pose::skull_centre;
use crate::face::{Face, Recognised, align, align_rigid, yaw};
use crate::geometry::{Point, Rect};

/// Tracks that never were followed have this number: landmarks from the corrections, where nothing was found.
pub(super) const NO_TRACK: u32 = 0;

/// The face that a rectangle means.
pub(super) fn nearest(faces: &[Face], rect: &Rect) -> Option<usize> {
    let overlap = |face: &Face| face.bounds.iou(rect);
    let best = (0..faces.len()).max_by(|&a, &b| overlap(&faces[a]).total_cmp(&overlap(&faces[b])))?;
    (overlap(&faces[best]) > 0.1).then_some(best)
}

/// Gives a face the landmarks of the corrections: the one that was found there, or a new one.
pub(super) fn correct(faces: &mut Vec<Face>, landmarks: &[Point]) {
    let (Some(to_canonical), Some(to_canonical_rigid)) = (align(landmarks), align_rigid(landmarks)) else { return };
    let bounds = Rect::around(landmarks);
    let track = nearest(faces, &bounds).map(|i| faces.remove(i).track);
    let yaw = yaw(landmarks, &to_canonical);
    let landmarks = landmarks.to_vec();
    let track = track.unwrap_or(NO_TRACK);
    let skull_centre = skull_centre(&landmarks, &to_canonical_rigid);
    faces.push(Face {
        track,
        score: 1.0,
        bounds,
        landmarks,
        to_canonical,
        to_canonical_rigid,
        skull_centre,
        yaw,
        recognised: Recognised::NotAsked,
    });
}
