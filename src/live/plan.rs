//! What must happen to the faces of one frame.

use super::OnFailure;
use crate::face::Face;
use crate::geometry::Rect;

/// How much larger than the landmarks' bounds a concealed region is: brow to chin becomes hair to neck.
pub const MARGIN: f32 = 1.6;

/// What must happen to one frame.
#[derive(Debug, Default)]
pub struct Plan {
    /// Faces to swap, and then those that were; those from `found` on are held from an earlier frame.
    pub swap: Vec<Face>,
    /// How many of `swap` were found in this frame.
    pub found: usize,
    /// Regions to blur.
    pub conceal: Vec<Rect>,
    /// Blur the whole frame.
    pub conceal_all: bool,
    /// Let nothing of this frame out.
    pub drop: bool,
    /// Faces of earlier plans, for their memory.
    spare: Vec<Face>,
}

impl Plan {
    /// Makes it the plan to do nothing, keeping its memory.
    pub fn clear(&mut self) {
        self.spare.append(&mut self.swap);
        self.found = 0;
        self.conceal.clear();
        self.conceal_all = false;
        self.drop = false;
    }

    /// Adds a face to be swapped.
    pub(super) fn swap(&mut self, face: &Face) {
        let copy = match self.spare.pop() {
            Some(mut spare) => {
                copy(&mut spare, face);
                spare
            }
            None => face.clone(),
        };
        self.swap.push(copy);
    }

    /// Adds what `on_failure` asks for where a face at `bounds` is known but cannot be swapped.
    pub fn protect(&mut self, on_failure: OnFailure, bounds: Rect) {
        match on_failure {
            OnFailure::Hold | OnFailure::Blur => self.conceal.push(bounds.grown(MARGIN)),
            OnFailure::Drop => self.drop = true,
            OnFailure::Pass => {}
        }
    }

    /// What `on_failure` asks for where nobody can say whether and where there is a face.
    pub fn blind(&mut self, on_failure: OnFailure) {
        match on_failure {
            OnFailure::Hold | OnFailure::Blur => self.conceal_all = true,
            OnFailure::Drop => self.drop = true,
            OnFailure::Pass => {}
        }
    }
}

/// `to = from`, in the memory that `to` has.
pub(super) fn copy(to: &mut Face, from: &Face) {
    let mut landmarks = std::mem::take(&mut to.landmarks);
    landmarks.clone_from(&from.landmarks);
    *to = Face { landmarks, ..*from };
}
