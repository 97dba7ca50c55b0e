//! The colours of one face, measured in one frame and steadied by those of earlier frames.

use super::space::Space;
use super::statistics::ColourStatistics;

/// Colours of the driver's face and of the generated one in the same frame, over the same pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Colours {
    /// What they are counted in.
    pub space: Space,
    /// Of the driver's crop.
    pub driver: ColourStatistics,
    /// Of the generated face where it lies.
    pub face: ColourStatistics,
}

/// Colours of the same face in earlier frames.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Earlier {
    /// Their mean.
    pub colours: Colours,
    /// Its share in what a frame is given, 0..1; the rest is the frame's own.
    pub share: f32,
}

impl Colours {
    /// What a frame is given: its own colours mixed with the earlier ones of the same space; those alone where it could
    /// measure none.
    pub fn steadied(measured: Option<Self>, earlier: Option<&Earlier>, space: Space) -> Option<Self> {
        let earlier = earlier.filter(|earlier| earlier.colours.space == space && earlier.share > 0.0);
        match (measured, earlier) {
            (Some(own), Some(earlier)) => Some(own.mixed(&earlier.colours, earlier.share)),
            (own, earlier) => own.or(earlier.map(|earlier| earlier.colours)),
        }
    }

    /// `share` of `other`, and the rest of its own.
    pub fn mixed(&self, other: &Self, share: f32) -> Self {
        let mix = |a: [f32; 3], b: [f32; 3]| [0, 1, 2].map(|c| a[c] + share * (b[c] - a[c]));
        let both = |a: &ColourStatistics, b: &ColourStatistics| ColourStatistics {
            mean: mix(a.mean, b.mean),
            deviation: mix(a.deviation, b.deviation),
        };
        Self { space: self.space, driver: both(&self.driver, &other.driver), face: both(&self.face, &other.face) }
    }
}
