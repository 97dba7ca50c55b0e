//! One face that is to be put into its frame, and what came of it.

use super::{BlendSettings, Colours, Earlier};
use crate::geometry::{Point, Similarity};

/// One face that is to be put into its frame.
#[derive(Debug, Clone, Copy)]
pub struct BlendRequest<'a> {
    /// Frame px to the crop's unit square.
    pub to_crop: &'a Similarity,
    /// Corners of the landmarks' convex hull in the crop's unit square, clockwise on screen, or nothing.
    pub hull: &'a [Point],
    /// How it is blended.
    pub settings: &'a BlendSettings,
    /// The colours of the same face in the frames before.
    pub earlier: Option<&'a Earlier>,
    /// How visible the driver's face is: a square map over the crop, 0..1, by rows; `None` for everywhere.
    pub visible: Option<&'a [f32]>,
    /// The least part of the crop that the mask must cover, 0..1, for the frame to be changed.
    pub least_covered: f32,
}

impl<'a> BlendRequest<'a> {
    /// A whole, visible face that nothing is known of, whatever its mask covers.
    pub fn new(to_crop: &'a Similarity, settings: &'a BlendSettings) -> Self {
        Self { to_crop, hull: &[], settings, earlier: None, visible: None, least_covered: 0.0 }
    }

    /// Whether a mask that covers so much may be put into the frame.
    pub fn is_met_by(&self, covered: f32) -> bool {
        // Not a number covers nothing.
        covered >= self.least_covered
    }
}

/// What came of one face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blended {
    /// Part of the crop that the mask covers as it is put into the frame, 0..1: its mean, before the opacity.
    pub covered: f32,
    /// The colours that were measured, where the settings ask for a transfer and enough of the face was seen.
    pub measured: Option<Colours>,
}
