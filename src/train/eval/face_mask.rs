//! Where a frame's face is, for whatever square it is asked of.

use image::GrayImage;

use super::picture::Square;
use super::reference::face_classes;
use super::registered::CROP_PX;
use crate::blend::erode::erode;
use crate::face::Face;

/// How far inside of the face's edge SSIM is taken, in [`CROP_PX`]: its window should see the face.
const INNER: f32 = 2.0;

/// The face of one frame.
#[derive(Debug, Clone, Copy)]
pub struct FaceMask<'a> {
    /// The face as the live path found it: its scale, and the hull where there are no class ids.
    pub face: &'a Face,
    /// Class ids of the frame.
    pub classes: Option<&'a GrayImage>,
    /// Width and height of the frame.
    pub size: (usize, usize),
}

impl FaceMask<'_> {
    /// 1 in the face and the frame, else 0; `side`² values.
    pub fn within(&self, square: &Square) -> Vec<f32> {
        let mut mask = match self.classes {
            Some(ids) => face_classes(ids, square),
            None => square.hull_mask(self.face),
        };
        square.clip(&mut mask, self.size);
        mask
    }

    /// The same without its edge, two [`CROP_PX`] wide.
    pub fn inner(&self, square: &Square) -> Vec<f32> {
        let mut mask = self.within(square);
        let radius = (INNER * self.unit(square)).round().max(1.0) as i32;
        erode(&mut mask, square.side, radius, 0, &mut Vec::new());
        mask
    }

    /// [`CROP_PX`] in px of the square's picture.
    pub fn unit(&self, square: &Square) -> f32 {
        let canonical = self.face.to_canonical.scale() * square.to_frame.scale() / square.side as f32;
        CROP_PX / canonical.max(1e-6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Rect, Similarity};

    #[test]
    fn the_inner_mask_is_smaller_by_a_fixed_part_of_the_face() {
        let face = |scale: f32| Face {
            track: 1,
            score: 1.0,
            bounds: Rect::default(),
            landmarks: Vec::new(),
            to_canonical: Similarity { a: scale, b: 0.0, tx: 0.0, ty: 0.0 },
            to_canonical_rigid: Similarity { a: scale, b: 0.0, tx: 0.0, ty: 0.0 },
            ..Face::default()
        };
        // Skin from 20 to 80.
        let ids =
            GrayImage::from_fn(100, 100, |x, y| image::Luma([u8::from((20..80).contains(&x.min(y)) && x.max(y) < 80)]));
        let square = Square { to_frame: Similarity { a: 100.0, b: 0.0, tx: 0.0, ty: 0.0 }, side: 100 };
        for (scale, edge) in [(0.01, 2.0), (0.004, 5.0), (0.1, 1.0)] {
            let face = face(scale);
            let mask = FaceMask { face: &face, classes: Some(&ids), size: (100, 60) };
            // The frame ends at 60.
            assert_eq!(mask.within(&square).iter().sum::<f32>(), 60.0 * 40.0);
            assert_eq!(mask.inner(&square).iter().sum::<f32>(), (60.0 - 2.0 * edge) * (40.0 - 2.0 * edge), "{scale}");
        }
    }
}
