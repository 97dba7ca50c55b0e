//! One swapped face, as each of the streams shows it.

use super::EvalError;
use super::expression::FRONTAL;
use super::face_mask::FaceMask;
use super::live_path::Passed;
use crate::face::{Face, Finder, FinderSettings, Mesh};
use crate::frame::{OwnedFrame, VideoBuffer};
use crate::geometry::Rect;
use crate::runtime::Runtime;
use crate::train::extract::pose::pose;

/// Follows the subject's face in one of the streams, with refined eyes and lips and without smoothing.
pub(super) struct Watcher {
    finder: Finder,
    faces: Vec<Face>,
}

impl Watcher {
    pub(super) fn new(runtime: &Runtime) -> Result<Self, EvalError> {
        Ok(Self { finder: Finder::new(runtime, Mesh::Points478)?, faces: Vec::new() })
    }

    /// The face that lies where `at` is.
    pub(super) fn see(&mut self, frame: &OwnedFrame, at: &Rect, time: f64) -> Result<Option<Face>, EvalError> {
        let settings = FinderSettings { smoothing: 0.0, ..FinderSettings::default() };
        self.finder.find(&frame.frame()?, &[*at], time, &settings, &mut self.faces)?;
        let overlap = |face: &Face| face.bounds.iou(at);
        let nearest = self.faces.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
        Ok(nearest.filter(|face| overlap(face) > 0.3).cloned())
    }
}

/// One swapped face, in all the streams.
pub(super) struct Seen<'a> {
    /// As the live path found it.
    pub(super) face: &'a Face,
    pub(super) passed: &'a Passed,
    /// In the source.
    pub(super) before: Option<Face>,
    /// In the output.
    pub(super) after: Option<Face>,
    /// The truth's frame, and the face in it.
    pub(super) truth: Option<(&'a OwnedFrame, Option<Face>)>,
    pub(super) mask: FaceMask<'a>,
}

impl Seen<'_> {
    pub(super) fn truth_frame(&self) -> Option<&OwnedFrame> {
        self.truth.as_ref().map(|(frame, _)| *frame)
    }

    pub(super) fn truth_face(&self) -> Option<&Face> {
        self.truth.as_ref().and_then(|(_, face)| face.as_ref())
    }

    /// The source's face, where it is not turned so far that half of it is guessed.
    pub(super) fn frontal(&self) -> Option<&Face> {
        self.before.as_ref().filter(|face| pose(&face.landmarks).is_some_and(|p| p.yaw.abs() <= FRONTAL))
    }
}
