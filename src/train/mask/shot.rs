//! One crop with what each of its pixels is, and all of them.

use super::{Class, SIDE};
use crate::geometry::Point;
use crate::train::augment::Source;
use crate::train::augment::anchors::Anchors;

/// One crop, [`SIDE`]² pixels.
#[derive(Debug, Clone)]
pub struct MaskShot {
    source: Source,
    classes: Vec<Class>,
}

impl MaskShot {
    /// Of interleaved blue, green, red and the class of each pixel; `anchors` where the face's parts are known.
    /// `None` where a size is not [`SIDE`]².
    pub fn new(bgr: Vec<u8>, classes: Vec<Class>, anchors: Option<Anchors>) -> Option<Self> {
        let mask = classes.iter().map(|&class| if class == Class::Face { 255 } else { 0 }).collect();
        let source = Source::new(SIDE, bgr, mask, vec![0; SIDE * SIDE])?.with_anchors(anchors);
        Some(Self { source, classes })
    }

    /// The picture.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The class of each pixel, row by row.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The class at `p` of the unit square; beyond its edges that of the edge.
    pub fn class_at(&self, p: Point) -> Class {
        // A cast keeps what is below 0 at 0.
        let place = |v: f32| ((v * SIDE as f32) as usize).min(SIDE - 1);
        self.classes[place(p.y) * SIDE + place(p.x)]
    }

    /// How many pixels are of this class.
    pub fn count(&self, class: Class) -> usize {
        self.classes.iter().filter(|&&found| found == class).count()
    }
}

/// The crops to train on, and those of people who are held back.
#[derive(Debug, Default)]
pub struct MaskShots {
    /// To train on.
    pub trained: Vec<MaskShot>,
    /// To measure on.
    pub held_back: Vec<MaskShot>,
}
