//! The target's faces, for the identity: from a clip of them, or from a face set.

use std::path::Path;

use super::EvalError;
use super::identity::{Embedding, Identity};
use crate::face::{Face, Finder, FinderSettings, Mesh};
use crate::frame::{Frame, Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
use crate::geometry::Point;
use crate::media::{Clip, ClipOptions};
use crate::runtime::Runtime;
use crate::train::faceset::FaceSet;

/// Every so many frames of a clip.
const STRIDE: usize = 10;
/// Faces that are measured at most.
const MOST: usize = 100;

/// Embeds faces of `target`.
///
/// # Errors
/// [`EvalError`] where it cannot be read or shows no face.
pub(super) fn embeddings(
    runtime: &Runtime,
    identity: &mut Identity,
    target: &Path,
) -> Result<Vec<Embedding>, EvalError> {
    let found = if target.is_dir() {
        of_face_set(identity, &FaceSet::open(target)?, MOST)?
    } else {
        of_clip(runtime, identity, target)?
    };
    if found.is_empty() {
        return Err(EvalError::NoFace { clip: target.to_owned(), role: "target" });
    }
    Ok(found)
}

fn of_clip(runtime: &Runtime, identity: &mut Identity, target: &Path) -> Result<Vec<Embedding>, EvalError> {
    let mut finder = Finder::new(runtime, Mesh::Points478)?;
    let (mut faces, mut found) = (Vec::new(), Vec::new());
    for (i, frame) in Clip::open(target, ClipOptions::default())?.enumerate() {
        let frame = frame?;
        if !i.is_multiple_of(STRIDE) {
            continue;
        }
        finder.find(&frame.frame()?, &[], i as f64 / 25.0, &FinderSettings::default(), &mut faces)?;
        if let Some(Face { landmarks, .. }) = faces.first() {
            found.extend(identity.embed(&frame.frame()?, landmarks)?);
        }
        if found.len() >= MOST {
            break;
        }
    }
    Ok(found)
}

/// Embeds up to `most` faces of a face set, evenly spread over it.
pub(super) fn of_face_set(identity: &mut Identity, set: &FaceSet, most: usize) -> Result<Vec<Embedding>, EvalError> {
    let step = set.faces.len().div_ceil(most).max(1);
    let mut found = Vec::new();
    for record in set.faces.iter().step_by(step) {
        let picture = set.crop(record)?;
        let frame = from_rgb(&picture);
        let (w, h) = (picture.width() as f32, picture.height() as f32);
        let landmarks: Vec<Point> = record.landmarks.iter().map(|[x, y]| Point::new(x * w, y * h)).collect();
        let frame: Frame<'_> = frame.frame()?;
        found.extend(identity.embed(&frame, &landmarks)?);
    }
    Ok(found)
}

fn from_rgb(picture: &image::RgbImage) -> OwnedFrame {
    let mut frame = OwnedFrame::new(Layout {
        format: PixelFormat::Rgbx,
        width: picture.width() as usize,
        height: picture.height() as usize,
        matrix: Matrix::Bt709,
        range: Range::Full,
    });
    for (to, from) in frame.bytes_mut(0).chunks_exact_mut(4).zip(picture.pixels()) {
        to[..3].copy_from_slice(&from.0);
    }
    frame
}
