//! A performer's reference, from pictures of them.

use std::path::{Path, PathBuf};

use super::identity::Embedding;
use super::recognition::FRONTAL;
use super::{Face, FindError, Finder, FinderSettings, IdentityNetwork, Reference};
use crate::frame::{FrameError, OwnedFrame, VideoBuffer};
use crate::geometry::Rect;
use crate::runtime::NetworkError;

/// Pictures that are looked at most, evenly spread over those that there are.
const MOST_PICTURES: usize = 48;
/// Folder of a face set that holds its pictures.
const FACES: &str = "faces";
/// Part of an aligned crop's side that the face fills, where a picture is one.
const CROP: f32 = 0.7;

/// Why there is no reference.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// There is nothing there.
    #[error("{path}: the performer's reference cannot be read: {source}")]
    Missing {
        /// The reference.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A picture is none.
    #[error("{path}: {source}; a reference is PNG or JPEG pictures of one person")]
    Picture {
        /// The picture.
        path: PathBuf,
        /// Why.
        source: image::ImageError,
    },
    /// No picture shows a face from the front.
    #[error(
        "{path}: none of {pictures} pictures shows a face from the front; name a face set of standin-train, a folder of PNG or \
         JPEG pictures of one person, or one picture"
    )]
    NoFace {
        /// The reference.
        path: PathBuf,
        /// How many were looked at.
        pictures: usize,
    },
    /// Nobody wants it any more.
    #[error("{path}: the performer's reference is not wanted any more")]
    Unwanted {
        /// The reference.
        path: PathBuf,
    },
    /// Faces cannot be looked for.
    #[error(transparent)]
    Find(#[from] FindError),
    /// A picture has no pixels.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Faces cannot be compared.
    #[error("the network that recognises performers: {0}")]
    Network(#[from] NetworkError),
}

/// Looks at the pictures of `path`: a face set, a folder of pictures, or one picture, as long as it is `wanted`. Of
/// several faces in a picture the largest counts.
///
/// # Errors
/// [`ReferenceError`], which names the file.
pub fn read_reference(
    path: &Path,
    finder: &mut Finder,
    network: &mut IdentityNetwork,
    wanted: impl Fn() -> bool,
) -> Result<Reference, ReferenceError> {
    let pictures = pictures(path).map_err(|source| ReferenceError::Missing { path: path.to_owned(), source })?;
    let step = pictures.len().div_ceil(MOST_PICTURES).max(1);
    let mut seen: Vec<Embedding> = Vec::new();
    for picture in pictures.iter().step_by(step) {
        if !wanted() {
            return Err(ReferenceError::Unwanted { path: path.to_owned() });
        }
        seen.extend(look(picture, finder, network)?);
    }
    Reference::of(&seen).ok_or_else(|| ReferenceError::NoFace { path: path.to_owned(), pictures: pictures.len() })
}

/// The face of one picture.
fn look(path: &Path, finder: &mut Finder, network: &mut IdentityNetwork) -> Result<Option<Embedding>, ReferenceError> {
    let failed = |source| ReferenceError::Picture { path: path.to_owned(), source };
    let picture = image::open(path).map_err(failed)?.into_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let frame = OwnedFrame::of_rgb(width, height, picture.as_raw());
    let frame = frame.frame()?;
    let whole = Rect { x: 0.0, y: 0.0, w: width as f32, h: height as f32 };
    let mut faces = Vec::new();
    finder.reset();
    // A crop of a face set holds little but the face, which a detector wants to see with a head around it.
    finder.find(&frame, &[whole.grown(CROP)], 0.0, &FinderSettings::default(), &mut faces)?;
    match faces.first() {
        Some(Face { landmarks, yaw, .. }) if yaw.abs() < FRONTAL => Ok(network.embed(&frame, landmarks)?),
        _ => Ok(None),
    }
}

/// The pictures, by name.
fn pictures(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let within = path.join(FACES);
    let folder = if within.is_dir() { within } else { path.to_owned() };
    let mut pictures = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        if ending.is_some_and(|ending| ["png", "jpg", "jpeg"].iter().any(|known| ending == *known)) {
            pictures.push(path);
        }
    }
    pictures.sort();
    Ok(pictures)
}
