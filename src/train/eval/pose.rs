//! How far two heads' poses are apart, over a clip.

use crate::train::extract::pose::Pose;

/// Angle by angle, `pose` less `other`; roll within half a turn.
pub fn less(pose: &Pose, other: &Pose) -> Pose {
    let roll = (pose.roll - other.roll + 180.0).rem_euclid(360.0) - 180.0;
    Pose { yaw: pose.yaw - other.yaw, pitch: pose.pitch - other.pitch, roll }
}

/// Mean of the three angles' sizes.
pub fn size(pose: &Pose) -> f32 {
    (pose.yaw.abs() + pose.pitch.abs() + pose.roll.abs()) / 3.0
}

/// Frame by frame, poses less a reference's; frames in which one is missing stay so.
pub fn differences(poses: &[Option<Pose>], reference: &[Option<Pose>]) -> Vec<Option<Pose>> {
    poses.iter().zip(reference).map(|(pose, reference)| Some(less(&(*pose)?, &(*reference)?))).collect()
}

/// The mean difference, and each frame's less that. Two people's meshes differ by a constant even in the same pose,
/// most of all in pitch. `None` where no frame has a difference.
pub fn without_offset(differences: &[Option<Pose>]) -> Option<(Pose, Vec<Option<Pose>>)> {
    let there: Vec<&Pose> = differences.iter().flatten().collect();
    let mean = |of: fn(&Pose) -> f32| there.iter().map(|pose| of(pose)).sum::<f32>() / there.len() as f32;
    let offset = Pose { yaw: mean(|p| p.yaw), pitch: mean(|p| p.pitch), roll: mean(|p| p.roll) };
    let rest = differences.iter().map(|pose| Some(less(&(*pose)?, &offset))).collect();
    (!there.is_empty()).then_some((offset, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_difference_is_the_offset_and_the_rest_is_error() {
        let pose = |yaw: f32, roll: f32| Some(Pose { yaw, pitch: 2.0 * yaw, roll });
        let source = [pose(0.0, 179.0), None, pose(10.0, 0.0), pose(-5.0, 1.0)];
        let output = [pose(4.0, -178.0), pose(1.0, 0.0), pose(14.0, 3.0), pose(-1.0, 4.0)];
        let apart = differences(&output, &source);
        assert_eq!(apart[0].map(|p| p.roll), Some(3.0));
        let (offset, rest) = without_offset(&apart).unwrap_or((Pose { yaw: 0.0, pitch: 0.0, roll: 0.0 }, Vec::new()));
        assert_eq!((offset.yaw, offset.pitch, offset.roll), (4.0, 8.0, 3.0));
        assert!(rest.len() == 4 && rest[1].is_none() && rest.iter().flatten().all(|p| size(p) < 1e-5));
        assert!(without_offset(&[None]).is_none());
    }
}
