//! The target's faces, for the identity and how sharp eyes should be: from a clip of them, or from a face set.

use std::path::Path;

use super::EvalError;
use super::detail::Usual;
use super::expression::FRONTAL;
use super::picture::from_rgb;
use crate::face::identity::Embedding;
use crate::face::{Face, Finder, FinderSettings, IdentityNetwork, Mesh};
use crate::frame::{Frame, VideoBuffer};
use crate::geometry::Point;
use crate::media::{Clip, ClipOptions};
use crate::runtime::Runtime;
use crate::train::extract::pose::pose;
use crate::train::faceset::FaceSet;

/// Every so many frames of a clip.
const STRIDE: usize = 10;
/// Faces that are looked at most.
const MOST: usize = 100;

/// What the target's faces are like.
#[derive(Debug, Default)]
pub(super) struct Target {
    /// Who it is.
    pub(super) embeddings: Vec<Embedding>,
    /// How sharp their eyes are.
    pub(super) usual: Usual,
}

impl Target {
    fn add(&mut self, identity: &mut IdentityNetwork, frame: &Frame<'_>, landmarks: &[Point]) -> Result<(), EvalError> {
        self.embeddings.extend(identity.embed(frame, landmarks)?);
        if pose(landmarks).is_some_and(|pose| pose.yaw.abs() <= FRONTAL) {
            self.usual.add(frame, landmarks);
        }
        Ok(())
    }
}

/// Looks at faces of `target`.
///
/// # Errors
/// [`EvalError`] where it cannot be read or shows no face.
pub(super) fn of(runtime: &Runtime, identity: &mut IdentityNetwork, target: &Path) -> Result<Target, EvalError> {
    let found = if target.is_dir() {
        of_face_set(identity, &FaceSet::open(target)?, MOST)?
    } else {
        of_clip(runtime, identity, target)?
    };
    if found.embeddings.is_empty() {
        return Err(EvalError::NoFace { clip: target.to_owned(), role: "target" });
    }
    Ok(found)
}

fn of_clip(runtime: &Runtime, identity: &mut IdentityNetwork, target: &Path) -> Result<Target, EvalError> {
    let mut finder = Finder::new(runtime, Mesh::Points478)?;
    let (mut faces, mut found) = (Vec::new(), Target::default());
    for (i, frame) in Clip::open(target, ClipOptions::default())?.enumerate() {
        let frame = frame?;
        if !i.is_multiple_of(STRIDE) {
            continue;
        }
        finder.find(&frame.frame()?, &[], i as f64 / 25.0, &FinderSettings::default(), &mut faces)?;
        if let Some(Face { landmarks, .. }) = faces.first() {
            found.add(identity, &frame.frame()?, landmarks)?;
        }
        if found.embeddings.len() >= MOST {
            break;
        }
    }
    Ok(found)
}

/// Looks at up to `most` faces of a face set, evenly spread over it.
pub(super) fn of_face_set(identity: &mut IdentityNetwork, set: &FaceSet, most: usize) -> Result<Target, EvalError> {
    let step = set.faces.len().div_ceil(most).max(1);
    let mut found = Target::default();
    for record in set.faces.iter().step_by(step) {
        let picture = set.crop(record)?;
        let frame = from_rgb(&picture);
        let (w, h) = (picture.width() as f32, picture.height() as f32);
        let landmarks: Vec<Point> = record.landmarks.iter().map(|[x, y]| Point::new(x * w, y * h)).collect();
        found.add(identity, &frame.frame()?, &landmarks)?;
    }
    Ok(found)
}
