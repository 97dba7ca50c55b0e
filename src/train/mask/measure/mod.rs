//! How good an occlusion network is.

mod pasted;
mod still;

pub use pasted::Pasted;
pub use still::{edge_movement, still};

use std::path::Path;

use super::reader::{Cutter, frames};
use super::{Class, MaskError, MaskShot};
use crate::face::{Alignment, CropSettings, FaceType, OCCLUSION_SIDE, OcclusionNetwork};

/// Pixels of one class, as the truth and the network have them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overlap {
    /// In both.
    pub both: u64,
    /// In either.
    pub either: u64,
}

impl Overlap {
    /// Adds a picture.
    pub fn add(&mut self, truth: impl Iterator<Item = bool>, found: impl Iterator<Item = bool>) {
        for (truth, found) in truth.zip(found) {
            self.both += u64::from(truth && found);
            self.either += u64::from(truth || found);
        }
    }

    /// Intersection over union, 0..1; `None` where neither has any.
    pub fn iou(&self) -> Option<f64> {
        (self.either > 0).then(|| self.both as f64 / self.either as f64)
    }
}

/// What was measured over some pictures.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Pictures.
    pub pictures: usize,
    /// Of each class, all pictures together.
    pub classes: [Overlap; Class::COUNT],
    /// Faces without anything in front.
    pub whole: usize,
    /// Pixels of those well inside of the face, and how many of them are taken for something else.
    pub inside: u64,
    /// See `inside`.
    pub holes: u64,
    /// Faces of those with a hole of four pixels or more.
    pub with_holes: usize,
}

/// Pixels from the face's edge that are not well inside.
const MARGIN: isize = 3;
/// Least hole, in pixels.
const HOLE: u64 = 4;

impl Figures {
    /// Adds a picture whose classes are known, as `network` sees it.
    ///
    /// # Errors
    /// [`MaskError::Run`].
    pub fn add(&mut self, network: &mut OcclusionNetwork, shot: &MaskShot) -> Result<(), MaskError> {
        let crop: Vec<f32> = shot.source().bgr().iter().map(|&v| f32::from(v) / 255.0).collect();
        network.look(&crop, OCCLUSION_SIDE)?;
        let found = likeliest(network.scores());
        self.add_classes(shot.classes(), &found);
        Ok(())
    }

    /// Adds the faces of a clip with class masks beside it, cut as swap models see them (full, rigid). A face that is
    /// all but hidden is left out: where the crop lies is not known then.
    ///
    /// # Errors
    /// [`MaskError`], naming the clip.
    pub fn add_clip(
        &mut self,
        clip: &Path,
        cutter: &mut Cutter,
        network: &mut OcclusionNetwork,
    ) -> Result<(), MaskError> {
        let settings =
            CropSettings { face_type: FaceType::Full, alignment: Alignment::Rigid, ..CropSettings::default() };
        frames(clip, &mut |frame, mask, index| {
            let Some(face) = cutter.face(frame, index)?.cloned() else { return Ok(true) };
            let Some(to_frame) = settings.to_crop(&face).inverse() else { return Ok(true) };
            let shot = cutter.cut(frame, mask, &to_frame, &[]);
            if let Some(shot) = shot.filter(|shot| shot.count(Class::Face) * 20 > shot.classes().len()) {
                self.add(network, &shot)?;
            }
            Ok(true)
        })?;
        Ok(())
    }

    /// Adds a picture by its classes.
    pub fn add_classes(&mut self, truth: &[Class], found: &[Class]) {
        self.pictures += 1;
        for (overlap, class) in self.classes.iter_mut().zip(Class::ALL) {
            overlap.add(truth.iter().map(|&c| c == class), found.iter().map(|&c| c == class));
        }
        if truth.contains(&Class::Occluder) {
            return;
        }
        self.whole += 1;
        let inside = well_inside(truth);
        let holes =
            inside.iter().zip(found).filter(|(inside, class)| **inside && **class != Class::Face).count() as u64;
        self.inside += inside.iter().filter(|inside| **inside).count() as u64;
        self.holes += holes;
        self.with_holes += usize::from(holes >= HOLE);
    }

    /// Intersection over union of a class; 1 where it never came up.
    pub fn iou(&self, class: Class) -> f64 {
        self.classes[class as usize].iou().unwrap_or(1.0)
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} pictures; IoU", self.pictures)?;
        for class in Class::ALL {
            write!(f, " {} {:.3}", class.name(), self.iou(class))?;
        }
        let share = 100.0 * self.holes as f64 / self.inside.max(1) as f64;
        write!(
            f,
            "; holes in {} of {} faces without occluders, {share:.3} % of their pixels",
            self.with_holes, self.whole
        )
    }
}

/// The class with the largest score at each pixel.
pub fn likeliest(scores: &[f32]) -> Vec<Class> {
    let pixels = scores.len() / Class::COUNT;
    let best = |n: usize| {
        Class::ALL
            .into_iter()
            .max_by(|a, b| scores[*a as usize * pixels + n].total_cmp(&scores[*b as usize * pixels + n]))
    };
    (0..pixels).map(|n| best(n).unwrap_or(Class::Background)).collect()
}

/// Pixels of the face from which nothing else is within [`MARGIN`] px along the axes.
fn well_inside(classes: &[Class]) -> Vec<bool> {
    let side = OCCLUSION_SIDE as isize;
    let face = |x: isize, y: isize| {
        !(0..side).contains(&x) || !(0..side).contains(&y) || classes[(y * side + x) as usize] == Class::Face
    };
    let whole = |n: usize| {
        let (x, y) = (n as isize % side, n as isize / side);
        (-MARGIN..=MARGIN).all(|d| face(x + d, y) && face(x, y + d))
    };
    (0..classes.len()).map(whole).collect()
}
