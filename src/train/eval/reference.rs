//! The clips that run beside the driver's, frame for frame: what a perfect swap looks like, and where the face is.

use std::path::{Path, PathBuf};

use super::EvalError;
use super::picture::Square;
use crate::frame::{OwnedFrame, PixelFormat};
use crate::geometry::Point;
use crate::media::{Clip, ClipOptions};

/// A clip that must match the driver's in size and length.
#[derive(Debug)]
pub struct Reference {
    path: PathBuf,
    clip: Clip,
}

impl Reference {
    /// Opens a clip of pictures.
    ///
    /// # Errors
    /// [`EvalError::Clip`].
    pub fn open(path: &Path) -> Result<Self, EvalError> {
        Self::with_format(path, PixelFormat::I420)
    }

    /// Opens a mask of class ids: grey, lossless, 1 skin, 2 eyes, 3 brows, 4 lashes, 5 inside of the mouth, 11 lips; all
    /// else is no face. A second person's ids are 32 higher.
    ///
    /// # Errors
    /// [`EvalError::Clip`].
    pub fn open_mask(path: &Path) -> Result<Self, EvalError> {
        // Grey to YUV could squeeze the range; to RGB every id stays.
        Self::with_format(path, PixelFormat::Rgbx)
    }

    fn with_format(path: &Path, format: PixelFormat) -> Result<Self, EvalError> {
        let clip = Clip::open(path, ClipOptions { format: Some(format), pad: None })?;
        Ok(Self { path: path.to_owned(), clip })
    }

    /// The frame beside number `frame` of the driver's.
    ///
    /// # Errors
    /// [`EvalError`] where there is none, or it has another size.
    pub fn next(&mut self, frame: u64, beside: &OwnedFrame) -> Result<OwnedFrame, EvalError> {
        let ended = || EvalError::Length { clip: self.path.clone(), than: "shorter than", frames: frame + 1 };
        let next = self.clip.next().ok_or_else(ended)??;
        let (got, wanted) = (next.layout(), beside.layout());
        if (got.width, got.height) != (wanted.width, wanted.height) {
            let (got, wanted) = ((got.width, got.height), (wanted.width, wanted.height));
            return Err(EvalError::Size { clip: self.path.clone(), got, wanted });
        }
        Ok(next)
    }

    /// Checks that it has no frame left after the driver's last.
    ///
    /// # Errors
    /// [`EvalError::Length`].
    pub fn end(&mut self, frames: u64) -> Result<(), EvalError> {
        match self.clip.next() {
            Some(_) => Err(EvalError::Length { clip: self.path.clone(), than: "longer than", frames }),
            None => Ok(()),
        }
    }
}

/// The part of a square that a mask of class ids calls a face: 1 there, else 0.
pub fn face_classes(ids: &OwnedFrame, square: &Square) -> Vec<f32> {
    let (width, height) = (ids.layout().width, ids.layout().height);
    let (bytes, step) = (ids.bytes(0), 1.0 / square.side as f32);
    let value = |n: usize| {
        let (i, j) = (n % square.side, n / square.side);
        let p = square.to_frame.apply(Point::new((i as f32 + 0.5) * step, (j as f32 + 0.5) * step));
        if p.x < 0.0 || p.y < 0.0 || p.x >= width as f32 || p.y >= height as f32 {
            return 0.0;
        }
        let id = bytes[4 * (p.y as usize * width + p.x as usize)] % 32;
        f32::from(u8::from(matches!(id, 1..=5 | 11)))
    };
    (0..square.side * square.side).map(value).collect()
}
