//! Fail closed: what happens to each face of a frame, and to faces that should be there and are not.
//!
//! A subject that was swapped and is not found any more is protected by a ladder: its last pose is held and swapped
//! for [`HOLD`] seconds, then its region is blurred until [`BLUR`], then the whole frame until [`FRAME`], each counted
//! from the last time it was seen. Only when the detector has seen nothing that looks like a face, however weakly, for
//! that long is the frame taken to be empty. A face that was leaving through the frame's edge needs no blurred frame.

use super::{OnFailure, Select, Selector};
use crate::face::Face;
use crate::frame::Layout;
use crate::geometry::Rect;

/// Seconds for which the last pose is held.
pub const HOLD: f64 = 0.3;
/// Seconds after which blurring the region gives way to blurring the frame.
pub const BLUR: f64 = 1.0;
/// Seconds after which a frame with no trace of a face is taken to be empty.
pub const FRAME: f64 = 2.5;
/// How much larger than the landmarks' bounds a concealed region is: brow to chin becomes hair to neck.
pub const MARGIN: f32 = 1.6;
/// Growth of the concealed region a second, since a lost face may move.
const SPREAD: f32 = 0.8;

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

    fn swap(&mut self, face: &Face) {
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
fn copy(to: &mut Face, from: &Face) {
    let mut landmarks = std::mem::take(&mut to.landmarks);
    landmarks.clone_from(&from.landmarks);
    *to = Face { landmarks, ..*from };
}

/// A subject that was seen.
#[derive(Debug)]
struct Remembered {
    face: Face,
    seen: f64,
}

/// Remembers the subjects and plans each frame.
#[derive(Debug, Default)]
pub struct Guard {
    selector: Selector,
    remembered: Vec<Remembered>,
    chosen: Vec<bool>,
}

impl Guard {
    /// Forgets everything: a new stream, a seek.
    pub fn reset(&mut self) {
        self.selector.reset();
        self.remembered.clear();
    }

    /// Plans a frame in which `faces` were found. `suspects` are places that look a little like a face; `time` is in
    /// seconds and does not run backwards between resets.
    pub fn plan(
        &mut self,
        (select, on_failure): (Select, OnFailure),
        (faces, suspects): (&[Face], &[Rect]),
        (time, layout): (f64, &Layout),
        plan: &mut Plan,
    ) {
        plan.clear();
        let remembered = &self.remembered;
        let missed = |track| remembered.iter().any(|r| r.face.track == track && time - r.seen <= FRAME);
        self.selector.choose(select, faces, missed, &mut self.chosen);
        let chosen = std::mem::take(&mut self.chosen);
        for (face, _) in faces.iter().zip(&chosen).filter(|(_, chosen)| **chosen) {
            plan.swap(face);
            self.remember(face, time);
        }
        self.chosen = chosen;
        plan.found = plan.swap.len();
        if matches!(select, Select::Largest | Select::LeftMost) && plan.found > 0 {
            // The swap has moved on, to a face found again elsewhere or a larger one.
            self.remembered.retain(|r| plan.swap.iter().any(|face| face.track == r.face.track));
        }
        if let Select::Track(track) = select {
            self.remembered.retain(|r| r.face.track == track);
        }
        let bystander = |track| faces.iter().any(|face| face.track == track);
        self.remembered.retain(|r| r.seen == time || !bystander(r.face.track));
        self.remembered.retain_mut(|r| r.seen == time || still_protected(r, suspects, on_failure, time, layout, plan));
    }

    /// Plans a frame in which faces could not even be looked for.
    pub fn plan_blind(&mut self, on_failure: OnFailure, plan: &mut Plan) {
        plan.clear();
        plan.blind(on_failure);
    }

    fn remember(&mut self, face: &Face, time: f64) {
        match self.remembered.iter_mut().find(|r| r.face.track == face.track) {
            Some(known) => {
                copy(&mut known.face, face);
                known.seen = time;
            }
            None => self.remembered.push(Remembered { face: face.clone(), seen: time }),
        }
    }
}

/// One step of the ladder for a subject that is not in this frame; `false` when it may be forgotten.
fn still_protected(
    lost: &mut Remembered,
    suspects: &[Rect],
    on_failure: OnFailure,
    time: f64,
    layout: &Layout,
    plan: &mut Plan,
) -> bool {
    let bounds = lost.face.bounds;
    let region = |missing: f64| bounds.grown(MARGIN + SPREAD * missing.max(0.0) as f32);
    if suspects.iter().any(|suspect| suspect.iou(&region(time - lost.seen)) > 0.0) {
        // Still there, only not certain enough to be swapped: the last steps wait.
        lost.seen = lost.seen.max(time - 0.9 * BLUR);
    }
    let missing = time - lost.seen;
    let region = region(missing);
    if missing > FRAME || (missing > BLUR && leaving(&bounds, layout)) {
        return false;
    }
    match on_failure {
        OnFailure::Hold if missing <= HOLD => plan.swap(&lost.face),
        OnFailure::Hold | OnFailure::Blur if missing <= BLUR => plan.conceal.push(region),
        OnFailure::Hold | OnFailure::Blur => plan.conceal_all = true,
        OnFailure::Drop => plan.drop = true,
        OnFailure::Pass => {}
    }
    true
}

/// Whether a face at `bounds` reached over the frame's edge.
fn leaving(bounds: &Rect, layout: &Layout) -> bool {
    let frame = Rect { x: 0.0, y: 0.0, w: layout.width as f32, h: layout.height as f32 };
    bounds.grown(1.1).intersection(&frame).area() < 0.999 * bounds.grown(1.1).area()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Matrix, PixelFormat, Range};
    use crate::geometry::Similarity;

    const LAYOUT: Layout =
        Layout { format: PixelFormat::I420, width: 640, height: 480, matrix: Matrix::Bt709, range: Range::Limited };

    fn face(track: u32, x: f32) -> Face {
        Face {
            track,
            score: 1.0,
            bounds: Rect { x, y: 100.0, w: 120.0, h: 150.0 },
            landmarks: Vec::new(),
            to_canonical: Similarity::IDENTITY,
            yaw: 0.0,
        }
    }

    fn at(guard: &mut Guard, on_failure: OnFailure, faces: &[Face], suspects: &[Rect], time: f64) -> Plan {
        let mut plan = Plan::default();
        guard.plan((Select::Largest, on_failure), (faces, suspects), (time, &LAYOUT), &mut plan);
        plan
    }

    #[test]
    fn the_ladder_holds_then_blurs_the_region_then_the_frame_then_lets_go() {
        let mut guard = Guard::default();
        let hold = OnFailure::Hold;
        assert_eq!(at(&mut guard, hold, &[face(1, 200.0)], &[], 0.0).found, 1);
        let held = at(&mut guard, hold, &[], &[], 0.2);
        assert_eq!((held.swap.len(), held.found, held.conceal.len()), (1, 0, 0));
        let blurred = at(&mut guard, hold, &[], &[], 0.5);
        assert_eq!((blurred.swap.len(), blurred.conceal.len(), blurred.conceal_all), (0, 1, false));
        assert!(blurred.conceal[0].w > 120.0 * MARGIN);
        assert!(at(&mut guard, hold, &[], &[], 1.5).conceal_all);
        let empty = at(&mut guard, hold, &[], &[], 2.6);
        assert!(empty.swap.is_empty() && empty.conceal.is_empty() && !empty.conceal_all);
    }

    #[test]
    fn a_trace_of_a_face_keeps_the_protection_up() {
        let mut guard = Guard::default();
        at(&mut guard, OnFailure::Blur, &[face(1, 200.0)], &[], 0.0);
        let trace = [Rect { x: 210.0, y: 120.0, w: 90.0, h: 90.0 }];
        for tick in 1..100 {
            let plan = at(&mut guard, OnFailure::Blur, &[], &trace, f64::from(tick) * 0.1);
            assert!(plan.conceal_all || !plan.conceal.is_empty(), "bare at tick {tick}");
        }
    }

    #[test]
    fn a_face_that_leaves_through_the_edge_does_not_blur_the_frame() {
        let mut guard = Guard::default();
        at(&mut guard, OnFailure::Hold, &[face(1, -30.0)], &[], 0.0);
        assert_eq!(at(&mut guard, OnFailure::Hold, &[], &[], 0.9).conceal.len(), 1);
        assert!(!at(&mut guard, OnFailure::Hold, &[], &[], 1.2).conceal_all);
    }

    #[test]
    fn drop_lets_nothing_out_and_pass_lets_all_out() {
        for (on_failure, dropped) in [(OnFailure::Drop, true), (OnFailure::Pass, false)] {
            let mut guard = Guard::default();
            at(&mut guard, on_failure, &[face(1, 200.0)], &[], 0.0);
            let plan = at(&mut guard, on_failure, &[], &[], 0.1);
            assert_eq!(plan.drop, dropped);
            assert!(plan.swap.is_empty() && plan.conceal.is_empty() && !plan.conceal_all);
        }
    }

    #[test]
    fn a_face_found_again_elsewhere_ends_the_protection_of_the_old_place() {
        let mut guard = Guard::default();
        at(&mut guard, OnFailure::Hold, &[face(1, 200.0)], &[], 0.0);
        let plan = at(&mut guard, OnFailure::Hold, &[face(2, 400.0)], &[], 0.1);
        assert_eq!((plan.swap.len(), plan.found), (1, 1));
        assert_eq!(plan.swap[0].track, 2);
    }

    #[test]
    fn a_blind_frame_is_concealed_whole() {
        let mut guard = Guard::default();
        let mut plan = Plan::default();
        guard.plan_blind(OnFailure::Hold, &mut plan);
        assert!(plan.conceal_all);
        guard.plan_blind(OnFailure::Pass, &mut plan);
        assert!(!plan.conceal_all && !plan.drop);
    }
}
