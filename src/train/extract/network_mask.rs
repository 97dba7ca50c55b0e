//! Masks for sources without any: what the occlusion network takes for face. Unlike the hull of the landmarks they
//! leave out hair and hands before the face, and have all of the forehead.

use image::GrayImage;

use super::cut::{CropPlace, share};
use crate::blend::crop::{CropSums, crop};
use crate::blend::mask::hide;
use crate::face::{FindError, OCCLUSION_CLASSES, OCCLUSION_SIDE, OcclusionNetwork};
use crate::frame::Frame;
use crate::runtime::Runtime;
use crate::train::faceset::MaskKind;

/// Twice the lead of one class's score over the others' with which it is certain.
const CERTAIN: f32 = 8.0;
/// Least area of the mask over that of the landmarks' hull.
const LEAST_SEEN: f32 = 0.4;
const PIXELS: usize = OCCLUSION_SIDE * OCCLUSION_SIDE;

/// The network with its memory.
#[derive(Debug)]
pub(super) struct NetworkMask {
    network: OcclusionNetwork,
    pixels: Vec<f32>,
    sums: CropSums,
    face: Vec<f32>,
}

impl NetworkMask {
    /// # Errors
    /// [`FindError::Load`].
    pub(super) fn new(runtime: &Runtime) -> Result<Self, FindError> {
        let network = OcclusionNetwork::new(runtime)
            .map_err(|source| FindError::Load { network: "occlusion network", source })?;
        Ok(Self { network, pixels: vec![0.0; 3 * PIXELS], sums: CropSums::default(), face: vec![0.0; PIXELS] })
    }

    /// The mask of the crop of `place`, or `hull`, that of its landmarks, where the network sees too little of a face
    /// or fails.
    pub(super) fn mask_or(&mut self, hull: GrayImage, frame: &Frame<'_>, place: &CropPlace) -> (GrayImage, MaskKind) {
        let least = LEAST_SEEN * share(&hull);
        match self.mask(frame, place).filter(|seen| share(seen) >= least) {
            Some(seen) => (seen, MaskKind::Network),
            None => (hull, MaskKind::Hull),
        }
    }

    /// The face in the crop of `place`: 255 for certain, 0 for certainly not.
    fn mask(&mut self, frame: &Frame<'_>, place: &CropPlace) -> Option<GrayImage> {
        crop(frame, &place.to_frame, OCCLUSION_SIDE, &mut self.pixels, &mut self.sums);
        self.network.look(&self.pixels, OCCLUSION_SIDE).ok()?;
        let scores = self.network.scores();
        for (n, face) in self.face.iter_mut().enumerate() {
            let other = (1..OCCLUSION_CLASSES).map(|class| scores[class * PIXELS + n]).fold(f32::MIN, f32::max);
            *face = (0.5 + (scores[n] - other) / CERTAIN).clamp(0.0, 1.0);
        }
        let side = place.side as usize;
        let mut mask = vec![1.0; side * side];
        hide(&mut mask, side, &self.face);
        let bytes = mask.into_iter().map(|face| (face * 255.0 + 0.5) as u8).collect();
        GrayImage::from_raw(place.side, place.side, bytes)
    }
}
