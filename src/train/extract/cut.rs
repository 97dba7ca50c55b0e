//! One face as the face set keeps it: its crop, its mask, and what is measured on both.

use image::{GrayImage, RgbImage};

use super::measure;
use crate::blend::{BlendSettings, crop, mask};
use crate::face::pose::Pose;
use crate::face::{CropSettings, Face, hull};
use crate::frame::Frame;
use crate::geometry::{Point, Similarity};
use crate::swap::Generated;
use crate::train::faceset::{FaceRecord, LANDMARKS, MaskKind};

/// Smallest side of a crop in px.
const LEAST_SIDE: u32 = 16;

/// Where and how large a face's crop is.
#[derive(Debug, Clone, Copy)]
pub struct CropPlace {
    /// Frame px to the crop's unit square.
    pub to_crop: Similarity,
    /// Back.
    pub to_frame: Similarity,
    /// Side of the crop's picture in px: the frame's own resolution to the nearest even number, unless that is too
    /// much.
    pub side: u32,
}

impl CropPlace {
    /// The crop about `face`, at most `max_side` px large; `None` where the face has no size.
    pub fn of(face: &Face, crop: &CropSettings, max_side: u32) -> Option<Self> {
        let to_crop = crop.to_crop(face);
        let to_frame = to_crop.inverse()?;
        let side =
            ((to_frame.scale() / 2.0).round() as u32).saturating_mul(2).clamp(LEAST_SIDE, max_side.max(LEAST_SIDE));
        Some(Self { to_crop, to_frame, side })
    }
}

/// Cuts faces out of frames; keeps its memory.
#[derive(Debug, Default)]
pub struct Cutter {
    sums: crop::CropSums,
    pixels: Vec<f32>,
    mask: Vec<f32>,
    hull: Vec<Point>,
    luma: Vec<f32>,
}

impl Cutter {
    /// The crop of `place`.
    pub fn crop(&mut self, frame: &Frame<'_>, place: &CropPlace) -> RgbImage {
        self.cut(frame, place, place.side as usize);
        let bytes = self.pixels.chunks_exact(3).flat_map(|p| [p[2], p[1], p[0]].map(|v| (v * 255.0 + 0.5) as u8));
        RgbImage::from_raw(place.side, place.side, bytes.collect()).unwrap_or_default()
    }

    /// Leaves the crop at another resolution in `pixels`.
    fn cut(&mut self, frame: &Frame<'_>, place: &CropPlace, side: usize) {
        self.pixels.resize(side * side * 3, 0.0);
        crop::crop(frame, &place.to_frame, side, &mut self.pixels, &mut self.sums);
    }

    /// The hull of the face's landmarks: 255 inside, its edges included, 0 outside.
    pub fn hull(&mut self, face: &Face, place: &CropPlace) -> GrayImage {
        hull(face, &place.to_crop, &mut self.hull);
        let side = place.side as usize;
        self.mask.resize(side * side, 0.0);
        let nothing = Generated { resolution: side, driver: &[], face: &[], driver_mask: &[], face_mask: &[] };
        let only_hull =
            BlendSettings { driver_mask: false, generated_mask: false, hull_mask: true, ..BlendSettings::default() };
        mask::mask(&nothing, &self.hull, &only_hull, &mut self.mask);
        let bytes = self.mask.iter().map(|&m| (m * 255.0) as u8).collect();
        GrayImage::from_raw(place.side, place.side, bytes).unwrap_or_default()
    }

    /// Sharpness, exposure and hash of a face whose mask is `mask`, each as [`FaceRecord`] has it.
    fn measured(&mut self, frame: &Frame<'_>, place: &CropPlace, mask: &GrayImage) -> (f32, f32, u64) {
        self.cut(frame, place, measure::SIDE);
        let mut luma = std::mem::take(&mut self.luma);
        measure::luma(&self.pixels, &mut luma);
        let at = |i: usize| ((i as u32 * 2 + 1) * mask.width() / (2 * measure::SIDE as u32)).min(mask.width() - 1);
        let inside = |x: usize, y: usize| mask.get_pixel(at(x), at(y)).0[0] > 127;
        let measured =
            (measure::sharpness(&luma, inside), measure::exposure(&luma, inside), measure::difference_hash(&luma));
        self.luma = luma;
        measured
    }

    /// All that the table says of a face, but for where it comes from and its files.
    pub fn record(
        &mut self,
        frame: &Frame<'_>,
        face: &Face,
        (place, pose): (&CropPlace, Pose),
        mask: (&GrayImage, MaskKind),
    ) -> FaceRecord {
        let (sharpness, exposure, hash) = self.measured(frame, place, mask.0);
        let Similarity { a, b, tx, ty } = place.to_crop;
        FaceRecord {
            picture: String::new(),
            mask: String::new(),
            mask_kind: mask.1,
            source: String::new(),
            frame: 0,
            time: 0.0,
            track: face.track,
            score: face.score,
            bounds: [face.bounds.x, face.bounds.y, face.bounds.w, face.bounds.h],
            to_crop: [a, b, tx, ty],
            landmarks: face
                .landmarks
                .iter()
                .take(LANDMARKS)
                .map(|&p| place.to_crop.apply(p))
                .map(|p| [p.x, p.y])
                .collect(),
            yaw: pose.yaw,
            pitch: pose.pitch,
            roll: pose.roll,
            size: place.to_frame.scale(),
            sharpness,
            exposure,
            hash: format!("{hash:016x}"),
            sha256: String::new(),
            mask_sha256: String::new(),
            performance: None,
        }
    }
}

/// The part of a mask that is face, 0..1.
pub fn share(mask: &GrayImage) -> f32 {
    let sum: u64 = mask.as_raw().iter().map(|&m| u64::from(m)).sum();
    sum as f32 / (255.0 * (mask.as_raw().len().max(1)) as f32)
}
