//! A face as it is kept in memory.

use super::anchors::Anchors;
use crate::blend::plan::Region;
use crate::blend::planes::Planes;
use crate::blend::space::Space;
use crate::blend::statistics::{ColourStatistics, statistics};

/// A crop with what belongs to it, `side`² pixels each, as bytes: 255 is 1.
#[derive(Debug, Clone)]
pub struct Source {
    side: usize,
    bgr: Vec<u8>,
    mask: Vec<u8>,
    priority: Vec<u8>,
    statistics: Option<ColourStatistics>,
    anchors: Option<Anchors>,
    masks_hair: bool,
}

impl Source {
    /// Keeps a crop (`bgr` is interleaved: blue, green, red) with its mask and its priority map; `None` where a size is
    /// not `side`² or that is 0.
    pub fn new(side: usize, bgr: Vec<u8>, mask: Vec<u8>, priority: Vec<u8>) -> Option<Self> {
        let pixels = side * side;
        if pixels == 0 || bgr.len() != pixels * 3 || mask.len() != pixels || priority.len() != pixels {
            return None;
        }
        let statistics = colours(side, &bgr, &mask);
        Some(Self { side, bgr, mask, priority, statistics, anchors: None, masks_hair: false })
    }

    /// The same, where the face's parts lie besides; without them nothing is worn.
    #[must_use]
    pub fn with_anchors(self, anchors: Option<Anchors>) -> Self {
        Self { anchors, ..self }
    }

    /// The same, whose mask leaves out the hair before the face, or not, as a hull of landmarks does not.
    #[must_use]
    pub fn with_hair_masked(self, masks_hair: bool) -> Self {
        Self { masks_hair, ..self }
    }

    /// Side in pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Blue, green, red, interleaved.
    pub fn bgr(&self) -> &[u8] {
        &self.bgr
    }

    /// The face.
    pub fn mask(&self) -> &[u8] {
        &self.mask
    }

    /// Eyes and mouth.
    pub fn priority(&self) -> &[u8] {
        &self.priority
    }

    /// Where its parts lie; `None` where nobody said.
    pub fn anchors(&self) -> Option<&Anchors> {
        self.anchors.as_ref()
    }

    /// Whether the mask leaves out the hair before the face.
    pub fn masks_hair(&self) -> bool {
        self.masks_hair
    }

    /// Its colours under the mask, in L*a*b*; `None` where the mask is all but empty.
    pub fn statistics(&self) -> Option<&ColourStatistics> {
        self.statistics.as_ref()
    }
}

fn colours(side: usize, bgr: &[u8], mask: &[u8]) -> Option<ColourStatistics> {
    let unit = |bytes: &[u8]| bytes.iter().map(|&v| f32::from(v) / 255.0).collect::<Vec<_>>();
    let region = Region { x0: 0, y0: 0, x1: side, y1: side };
    let mut lab = Planes::default();
    lab.fill(Space::Lab, &unit(bgr), side, &region);
    statistics(&lab, &unit(mask), side, &region)
}
