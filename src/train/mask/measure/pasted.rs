//! Clips of people whose classes nobody knows, with things pasted in front.

use std::path::Path;

use super::{Overlap, likeliest};
use crate::blend::mask::mask as blend_mask;
use crate::blend::{BlendSettings, crop::crop};
use crate::face::{Alignment, CropSettings, FaceType, OcclusionNetwork, hull};
use crate::frame::VideoBuffer;
use crate::media::{Clip, ClipOptions};
use crate::swap::Generated;
use crate::train::mask::paste::paste_one;
use crate::train::mask::reader::Cutter;
use crate::train::mask::things::Cutouts;
use crate::train::mask::{Class, MaskError, MaskShot, SIDE};
use crate::train::random::{Purpose, stream};

/// What was measured.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pasted {
    /// Pictures with something in front.
    pub pictures: usize,
    /// Face within the hull of the landmarks, where nothing was pasted; nothing is known beyond the hull.
    pub face: Overlap,
    /// What was pasted, over the hull and all of the crop that it covers.
    pub occluder: Overlap,
}

impl Pasted {
    /// Adds every frame of `clip` in which a face is found, with a hand, a board or a flat thing of `things` in front
    /// of it.
    ///
    /// # Errors
    /// [`MaskError`], naming the clip.
    pub fn add(
        &mut self,
        clip: &Path,
        things: &[MaskShot],
        cutter: &mut Cutter,
        network: &mut OcclusionNetwork,
    ) -> Result<(), MaskError> {
        let cutouts = Cutouts::of(things);
        let settings =
            CropSettings { face_type: FaceType::Full, alignment: Alignment::Rigid, ..CropSettings::default() };
        let frames = Clip::open(clip, ClipOptions::default()).map_err(|error| MaskError::file(clip, error))?;
        let (mut sums, mut pixels, mut corners) = (Default::default(), vec![0.0; SIDE * SIDE * 3], Vec::new());
        for (index, frame) in frames.enumerate() {
            let frame = frame.map_err(|error| MaskError::file(clip, error))?;
            let Some(face) = cutter.face(&frame, index)? else { continue };
            let to_crop = settings.to_crop(face);
            hull(face, &to_crop, &mut corners);
            let (Some(to_frame), Ok(view)) = (to_crop.inverse(), frame.frame()) else { continue };
            crop(&view, &to_frame, SIDE, &mut pixels, &mut sums);
            let within = inside(&corners);
            let mut classes: Vec<Class> =
                within.iter().map(|&inside| if inside { Class::Face } else { Class::Background }).collect();
            let mut planes: Vec<f32> = (0..3).flat_map(|c| pixels.iter().skip(c).step_by(3).copied()).collect();
            let mut rng = stream(index as u64, Purpose::Pasting, 0, 1);
            if !paste_one(things, &cutouts, &mut planes, &mut classes, &mut rng) {
                continue;
            }
            for (n, pixel) in pixels.chunks_exact_mut(3).enumerate() {
                pixel.iter_mut().enumerate().for_each(|(c, v)| *v = planes[c * SIDE * SIDE + n]);
            }
            network.look(&pixels, SIDE)?;
            let found = likeliest(network.scores());
            self.pictures += 1;
            let inside = || (0..SIDE * SIDE).filter(|&n| within[n]);
            self.face.add(inside().map(|n| classes[n] == Class::Face), inside().map(|n| found[n] == Class::Face));
            let is = |classes: &[Class], n: usize| classes[n] == Class::Occluder;
            self.occluder.add((0..SIDE * SIDE).map(|n| is(&classes, n)), (0..SIDE * SIDE).map(|n| is(&found, n)));
        }
        Ok(())
    }
}

impl std::fmt::Display for Pasted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let iou = |overlap: Overlap| overlap.iou().unwrap_or(1.0);
        let (face, occluder) = (iou(self.face), iou(self.occluder));
        write!(f, "{} pictures with something pasted; IoU face {face:.3}, occluder {occluder:.3}", self.pictures)
    }
}

/// Which pixels lie in the hull.
fn inside(corners: &[crate::geometry::Point]) -> Vec<bool> {
    let nothing = Generated { resolution: SIDE, driver: &[], face: &[], driver_mask: &[], face_mask: &[] };
    let only_hull =
        BlendSettings { driver_mask: false, generated_mask: false, hull_mask: true, ..BlendSettings::default() };
    let mut mask = vec![0.0; SIDE * SIDE];
    blend_mask(&nothing, corners, &only_hull, &mut mask);
    mask.iter().map(|m| *m > 0.5).collect()
}
