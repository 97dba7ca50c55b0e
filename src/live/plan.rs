//! What must happen to the faces of one frame.

use super::OnFailure;
use crate::face::Face;
use crate::geometry::Rect;

/// How much larger than the landmarks' bounds a concealed region is: brow to chin becomes hair to neck.
pub const MARGIN: f32 = 1.6;

/// A region to blur.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Concealed {
    /// In frame pixels.
    pub region: Rect,
    /// How far, 0..1: 1 leaves nothing of the picture.
    pub strength: f32,
}

/// What must happen to one frame.
#[derive(Debug, Default)]
pub struct Plan {
    /// Faces to swap, and then those that were; those from `found` on are held from an earlier frame.
    pub swap: Vec<Face>,
    /// How many of `swap` were found in this frame.
    pub found: usize,
    /// Regions to blur, once the faces are swapped.
    pub conceal: Vec<Concealed>,
    /// Blur the whole frame.
    pub conceal_all: bool,
    /// Let nothing of this frame out.
    pub drop: bool,
    /// Faces of earlier plans, for their memory.
    pub(super) spare: Vec<Face>,
}

impl Plan {
    /// Makes it the plan to do nothing, keeping its memory.
    pub fn clear(&mut self) {
        self.swap_nothing();
        self.conceal.clear();
        self.conceal_all = false;
        self.drop = false;
    }

    /// Takes out the faces to swap; what is to be concealed stays.
    pub(super) fn swap_nothing(&mut self) {
        self.spare.append(&mut self.swap);
        self.found = 0;
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
        self.conceal(on_failure, bounds.grown(MARGIN));
    }

    /// Adds what `on_failure` asks for where a face may be anywhere in `region`.
    pub(super) fn conceal(&mut self, on_failure: OnFailure, region: Rect) {
        match on_failure {
            OnFailure::Hold | OnFailure::Blur => self.conceal.push(Concealed { region, strength: 1.0 }),
            OnFailure::Drop => self.drop = true,
            OnFailure::Pass => {}
        }
    }

    /// Adds a face of which only `strength` is to be concealed, so that the change from a swapped face to a concealed
    /// one is gradual.
    pub(super) fn veil(&mut self, bounds: Rect, strength: f32) {
        self.conceal.push(Concealed { region: bounds.grown(MARGIN), strength });
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
