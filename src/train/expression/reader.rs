//! Reads clips, their class masks and their truth into crops.

use std::path::Path;

use super::outputs::{Values, of_truth};
use super::{ExpressionError, SIDE};
use crate::blend::crop::{CropSums, crop};
use crate::face::{Alignment, CropSettings, Face, FaceType};
use crate::frame::{OwnedFrame, VideoBuffer};
use crate::geometry::{Point, Similarity};
use crate::runtime::Runtime;
use crate::train::augment::Source;
use crate::train::augment::anchors::Anchors;
use crate::train::eval::truth::GroundTruth;
use crate::train::mask::reader::{ClassMask, Cutter, frames};
use crate::train::mask::{Class, MaskError};

/// One person of this many is held back.
const HELD_BACK: usize = 5;

/// A crop, [`SIDE`]² px, and what its face does.
#[derive(Debug, Clone)]
pub struct ExpressionShot {
    /// The picture, with the visible face as its mask.
    pub source: Source,
    /// What the face does.
    pub values: Values,
}

/// The crops of a clip.
#[derive(Debug, Default)]
pub struct ClipShots {
    /// To train on.
    pub trained: Vec<ExpressionShot>,
    /// Of every fifth person (numbers 4, 9, 14 and so on), to measure on. Nobody's, where the truth does not say who
    /// is there.
    pub held_back: Vec<ExpressionShot>,
}

/// Cuts full faces, rigidly aligned, out of clips; keeps its memory.
#[derive(Debug)]
pub struct Reader {
    cutter: Cutter,
    sums: CropSums,
    pixels: Vec<f32>,
}

impl Reader {
    /// With a finder of its own.
    ///
    /// # Errors
    /// [`ExpressionError::Mask`].
    pub fn new(runtime: &Runtime) -> Result<Self, ExpressionError> {
        Ok(Self { cutter: Cutter::new(runtime)?, sums: CropSums::default(), pixels: vec![0.0; SIDE * SIDE * 3] })
    }

    /// The faces of `clip`, which has class masks and truth beside it. `progress` is called with each frame.
    ///
    /// # Errors
    /// [`ExpressionError`], naming the file.
    pub fn read(&mut self, clip: &Path, progress: &mut dyn FnMut()) -> Result<ClipShots, ExpressionError> {
        let missing = || {
            ExpressionError::file(
                &GroundTruth::path(clip),
                "no such file; a clip needs its truth beside it, named CLIP.json for CLIP.mp4",
            )
        };
        let truth = GroundTruth::beside(clip)?.ok_or_else(missing)?;
        let mut shots = ClipShots::default();
        frames(clip, &mut |frame, mask, index| {
            progress();
            let person = truth.person(index);
            // Frames of people who follow each other are pictures of their own.
            let place = if person.is_some() { 0 } else { index };
            let face = self.cutter.face(frame, place)?.cloned();
            let known = face.and_then(|face| Some((of_truth(&truth.face(index, &face.bounds)?)?, face)));
            let Some((values, face)) = known else { return Ok(true) };
            let held = person.is_some_and(|person| person % HELD_BACK == HELD_BACK - 1);
            let kept = if held { &mut shots.held_back } else { &mut shots.trained };
            kept.extend(self.cut(frame, mask, &face, values)?);
            Ok(true)
        })?;
        if shots.trained.is_empty() && shots.held_back.is_empty() {
            let reason = "no face was found in it of which its truth knows the gaze; leave it out";
            return Err(ExpressionError::file(clip, reason));
        }
        Ok(shots)
    }

    fn cut(
        &mut self,
        frame: &OwnedFrame,
        mask: &ClassMask,
        face: &Face,
        values: Values,
    ) -> Result<Option<ExpressionShot>, MaskError> {
        let settings =
            CropSettings { face_type: FaceType::Full, alignment: Alignment::Rigid, ..CropSettings::default() };
        let to_crop = settings.to_crop(face);
        let (Some(to_frame), Ok(view)) = (to_crop.inverse(), frame.frame()) else { return Ok(None) };
        crop(&view, &to_frame, SIDE, &mut self.pixels, &mut self.sums);
        let bgr = self.pixels.iter().map(|v| (v * 255.0 + 0.5) as u8).collect();
        let marks: Vec<[f32; 2]> = face.landmarks.iter().map(|&p| to_crop.apply(p)).map(|p| [p.x, p.y]).collect();
        let source = Source::new(SIDE, bgr, visible(mask, &to_frame), vec![0; SIDE * SIDE]);
        let source = source.map(|source| source.with_anchors(Anchors::of_mesh(&marks)));
        Ok(source.map(|source| ExpressionShot { source, values }))
    }
}

/// Where the crop shows face, 255 or 0.
fn visible(mask: &ClassMask, to_frame: &Similarity) -> Vec<u8> {
    let place = |n: usize| (n as f32 + 0.5) / SIDE as f32;
    let at = |n: usize| mask.at(to_frame.apply(Point::new(place(n % SIDE), place(n / SIDE))));
    (0..SIDE * SIDE).map(|n| if at(n) == Class::Face { 255 } else { 0 }).collect()
}
