//! Whether two face sets show one person, by the identity network.

use super::EvalError;
use super::target;
use crate::face::IdentityNetwork;
use crate::face::identity::{distance, mean};
use crate::runtime::Runtime;
use crate::train::faceset::FaceSet;

/// Faces of a face set that are looked at.
const FACES: usize = 24;
/// Distance to the mean of a person's faces below which a face is theirs: under the usual 0.6, since somebody is
/// warned.
const SAME: f32 = 0.45;

/// The part of each driver's face set, 0..1, that looks like the subject, whose face sets are `b`: about 1 where it
/// is the same person, about 0 where it is not.
///
/// # Errors
/// [`EvalError`] where the network does not run or a picture cannot be read.
pub fn looks_like(runtime: &Runtime, a: &[FaceSet], b: &[FaceSet]) -> Result<Vec<f32>, EvalError> {
    let mut identity = IdentityNetwork::new(runtime, 1)?;
    let mut subject = Vec::new();
    for set in b {
        subject.extend(target::of_face_set(&mut identity, set, FACES)?.embeddings);
    }
    let Some(subject) = mean(&subject) else { return Ok(vec![0.0; a.len()]) };
    let mut parts = Vec::new();
    for set in a {
        let faces = target::of_face_set(&mut identity, set, FACES)?.embeddings;
        let near = faces.iter().filter(|face| distance(face, &subject) < SAME).count();
        parts.push(near as f32 / faces.len().max(1) as f32);
    }
    Ok(parts)
}
