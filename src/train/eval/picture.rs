//! Square pieces of frames, in floats, and where the face is in them.

use image::{Rgb, RgbImage};

use crate::blend::BlendSettings;
use crate::blend::crop::{CropSums, crop};
use crate::blend::mask::mask;
use crate::face::{Face, hull};
use crate::frame::{Frame, OwnedFrame};
use crate::geometry::{Point, Rect, Similarity};
use crate::swap::Generated;

/// Longest side of a piece that is measured; larger faces are reduced.
const MOST: usize = 768;

/// A square of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Square {
    /// The unit square to frame px.
    pub to_frame: Similarity,
    /// Side of the picture in px.
    pub side: usize,
}

impl Square {
    /// The square about `bounds`, `margin` times as large as their longer side, on whole pixels: a pixel of the picture
    /// is one of the frame, as long as it has at most 768 a side.
    pub fn about(bounds: &Rect, margin: f32) -> Self {
        let length = (margin * bounds.w.max(bounds.h)).ceil().max(16.0);
        let centre = bounds.centre();
        let start = |c: f32| (c - length / 2.0).floor();
        let to_frame = Similarity { a: length, b: 0.0, tx: start(centre.x), ty: start(centre.y) };
        Self { to_frame, side: (length as usize).min(MOST) }
    }

    /// The same square in a picture of `side` px.
    pub fn sized(self, side: usize) -> Self {
        Self { side, ..self }
    }

    /// Frame px to the unit square.
    pub fn to_unit(&self) -> Similarity {
        self.to_frame.inverse().unwrap_or(Similarity::IDENTITY)
    }

    /// Cuts it out of `frame`.
    pub fn cut(&self, frame: &Frame<'_>) -> Picture {
        let mut bgr = vec![0.0; self.side * self.side * 3];
        crop(frame, &self.to_frame, self.side, &mut bgr, &mut CropSums::default());
        Picture { side: self.side, bgr }
    }

    /// The hull of the face's landmarks: 1 inside, 0 outside, `side`² values.
    pub fn hull_mask(&self, face: &Face) -> Vec<f32> {
        let mut corners = Vec::new();
        hull(face, &self.to_unit(), &mut corners);
        let mut inside = vec![0.0; self.side * self.side];
        if corners.len() >= 3 {
            let none = Generated { resolution: self.side, driver: &[], face: &[], driver_mask: &[], face_mask: &[] };
            let settings = BlendSettings {
                driver_mask: false,
                generated_mask: false,
                hull_mask: true,
                ..BlendSettings::default()
            };
            mask(&none, &corners, &settings, &mut inside);
        }
        inside
    }

    /// Sets `mask` to 0 where the square reaches out of a frame of this size.
    pub fn clip(&self, mask: &mut [f32], (width, height): (usize, usize)) {
        let step = 1.0 / self.side as f32;
        for (n, m) in mask.iter_mut().enumerate() {
            let (i, j) = (n % self.side, n / self.side);
            let p = self.to_frame.apply(Point::new((i as f32 + 0.5) * step, (j as f32 + 0.5) * step));
            if p.x < 0.0 || p.y < 0.0 || p.x >= width as f32 || p.y >= height as f32 {
                *m = 0.0;
            }
        }
    }
}

/// A square picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Side in px.
    pub side: usize,
    /// Blue, green, red, 0..1, interleaved.
    pub bgr: Vec<f32>,
}

impl Picture {
    /// Luma of its gamma-coded colours (BT.709 weights), 0..1.
    pub fn luma(&self) -> Vec<f32> {
        self.bgr.chunks_exact(3).map(|p| 0.0722 * p[0] + 0.7152 * p[1] + 0.2126 * p[2]).collect()
    }

    /// As a frame of 8-bit red, green, blue.
    pub fn to_frame(&self) -> OwnedFrame {
        from_rgb(&self.to_image())
    }

    /// As 8-bit red, green, blue.
    pub fn to_image(&self) -> RgbImage {
        let side = self.side as u32;
        RgbImage::from_fn(side, side, |x, y| {
            let at = 3 * (y as usize * self.side + x as usize);
            Rgb([2, 1, 0].map(|c: usize| (self.bgr[at + c].clamp(0.0, 1.0) * 255.0).round() as u8))
        })
    }
}

/// Mean of `values` weighted by `mask`; `None` where the mask covers nothing.
pub fn masked_mean(values: impl IntoIterator<Item = f32>, mask: &[f32]) -> Option<f32> {
    let (mut sum, mut weight) = (0f64, 0f64);
    for (value, &m) in values.into_iter().zip(mask) {
        sum += f64::from(value) * f64::from(m);
        weight += f64::from(m);
    }
    (weight > 0.0).then(|| (sum / weight) as f32)
}

/// The picture as a frame.
pub(super) fn from_rgb(picture: &RgbImage) -> OwnedFrame {
    OwnedFrame::of_rgb(picture.width() as usize, picture.height() as usize, picture.as_raw())
}
