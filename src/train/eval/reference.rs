//! The clips that run beside the driver's, frame for frame: what a perfect swap looks like, and where the face is.

use std::path::{Path, PathBuf};

use image::GrayImage;

use super::EvalError;
use super::picture::Square;
use crate::frame::OwnedFrame;
use crate::geometry::Point;
use crate::media::{Clip, ClipError, ClipOptions, GreyClip};

/// Something with a width and a height in px.
pub trait Dimensions {
    /// Width and height.
    fn size(&self) -> (usize, usize);
}

impl Dimensions for OwnedFrame {
    fn size(&self) -> (usize, usize) {
        (self.layout().width, self.layout().height)
    }
}

impl Dimensions for GrayImage {
    fn size(&self) -> (usize, usize) {
        (self.width() as usize, self.height() as usize)
    }
}

/// A clip of pictures `F` that must match the driver's in size and length.
pub struct Reference<F> {
    path: PathBuf,
    frames: Box<dyn Iterator<Item = Result<F, ClipError>>>,
}

impl Reference<OwnedFrame> {
    /// Opens a clip of what a perfect swap looks like.
    ///
    /// # Errors
    /// [`EvalError::Clip`].
    pub fn open(path: &Path) -> Result<Self, EvalError> {
        Ok(Self { path: path.to_owned(), frames: Box::new(Clip::open(path, ClipOptions::default())?) })
    }
}

impl Reference<GrayImage> {
    /// Opens a mask of class ids: grey, lossless, 1 skin, 2 eyes, 3 brows, 4 lashes, 5 inside of the mouth, 11 lips;
    /// all else is no face. A second person's ids are 32 higher.
    ///
    /// # Errors
    /// [`EvalError::Clip`].
    pub fn open_mask(path: &Path) -> Result<Self, EvalError> {
        Ok(Self { path: path.to_owned(), frames: Box::new(GreyClip::open(path)?) })
    }
}

impl<F: Dimensions> Reference<F> {
    /// The frame beside number `frame` of the driver's.
    ///
    /// # Errors
    /// [`EvalError`] where there is none, or it has another size.
    pub fn next(&mut self, frame: u64, beside: &OwnedFrame) -> Result<F, EvalError> {
        let ended = || EvalError::Length { clip: self.path.clone(), than: "shorter than", frames: frame + 1 };
        let next = self.frames.next().ok_or_else(ended)??;
        let (got, wanted) = (next.size(), beside.size());
        if got != wanted {
            return Err(EvalError::Size { clip: self.path.clone(), got, wanted });
        }
        Ok(next)
    }

    /// Checks that it has no frame left after the driver's last.
    ///
    /// # Errors
    /// [`EvalError::Length`].
    pub fn end(&mut self, frames: u64) -> Result<(), EvalError> {
        match self.frames.next() {
            Some(_) => Err(EvalError::Length { clip: self.path.clone(), than: "longer than", frames }),
            None => Ok(()),
        }
    }
}

/// The part of a square that a mask of class ids calls a face: 1 there, else 0.
pub fn face_classes(ids: &GrayImage, square: &Square) -> Vec<f32> {
    let (width, height) = ids.size();
    let step = 1.0 / square.side as f32;
    let value = |n: usize| {
        let (i, j) = (n % square.side, n / square.side);
        let p = square.to_frame.apply(Point::new((i as f32 + 0.5) * step, (j as f32 + 0.5) * step));
        if p.x < 0.0 || p.y < 0.0 || p.x >= width as f32 || p.y >= height as f32 {
            return 0.0;
        }
        let id = ids.get_pixel(p.x as u32, p.y as u32).0[0] % 32;
        f32::from(u8::from(matches!(id, 1..=5 | 11)))
    };
    (0..square.side * square.side).map(value).collect()
}
