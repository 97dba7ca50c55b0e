//! The ladder that protects a subject which was swapped and is not found any more.
//!
//! Its last pose (where it is leaving the frame, moving on as it moved) is held and swapped for [`HOLD`] seconds, then
//! its region is blurred until [`BLUR`], then the whole frame until [`FRAME`], each counted from the last time it was
//! seen. Only when the detector has seen nothing that looks like a face, however weakly, for that long is the frame
//! taken to be empty. A face that has moved out of the frame needs no more protection.

use super::plan::copy;
use super::{MARGIN, OnFailure, Plan, Sight};
use crate::face::Face;
use crate::frame::Layout;
use crate::geometry::{Point, Rect};

/// Seconds for which the last pose is held.
pub const HOLD: f64 = 0.3;
/// Seconds after which blurring the region gives way to blurring the frame.
pub const BLUR: f64 = 1.0;
/// Seconds after which a frame with no trace of a face is taken to be empty.
pub const FRAME: f64 = 2.5;
/// Growth of the concealed region a second, since a lost face may move.
const SPREAD: f32 = 0.8;

/// From this score on a face is protected when it is lost: a pattern that was taken for a face once is not.
const SURE: f32 = 0.95;
/// A face that was seen in so many frames is protected whatever its score.
const OFTEN: u32 = 8;
/// Overlap (intersection over union) from which a doubtful detection stands for the face that was there.
const TRACE: f32 = 0.2;

/// A subject that was seen.
#[derive(Debug)]
pub(super) struct Remembered {
    /// As it was seen last.
    pub(super) face: Face,
    /// When it was seen last, in seconds.
    pub(super) seen: f64,
    /// Pixels a second.
    velocity: Point,
    /// Whether it reached over the frame's edge. Elsewhere its centre moves when the head turns, too, and says little.
    leaving: bool,
    /// Whether the scene has changed since it was seen.
    pub(super) cut: bool,
    /// Frames in which it was seen.
    sightings: u32,
    /// Whether it surely is a face.
    sure: bool,
    /// The newest track there was when it was seen: one that comes back as another has a newer one.
    pub(super) newest: u32,
}

impl Remembered {
    /// For a face that is seen for the first time.
    pub(super) fn new(face: &Face, time: f64, newest: u32) -> Self {
        Self {
            face: face.clone(),
            seen: time,
            velocity: Point::default(),
            leaving: false,
            cut: false,
            sightings: 1,
            sure: face.score >= SURE,
            newest,
        }
    }

    /// Notes that it is seen again.
    pub(super) fn see(&mut self, face: &Face, time: f64, newest: u32, layout: &Layout) {
        self.sightings += 1;
        self.newest = newest;
        self.leaving = reaches_over(&face.bounds.grown(1.2), layout, 0.999);
        self.sure |= face.score >= SURE || self.sightings >= OFTEN;
        let elapsed = (time - self.seen) as f32;
        if elapsed > 0.0 {
            let (from, to) = (self.face.bounds.centre(), face.bounds.centre());
            let follow = |velocity: f32, moved: f32| velocity + 0.3 * (moved / elapsed - velocity);
            self.velocity = Point::new(follow(self.velocity.x, to.x - from.x), follow(self.velocity.y, to.y - from.y));
        }
        copy(&mut self.face, face);
        (self.seen, self.cut) = (time, false);
    }

    /// How far it has moved since it was seen, if it moves on as it did.
    fn moved(&self, time: f64) -> Point {
        let missing = if self.leaving { (time - self.seen).clamp(0.0, BLUR) as f32 } else { 0.0 };
        Point::new(self.velocity.x * missing, self.velocity.y * missing)
    }

    /// Where it should be.
    fn place(&self, time: f64) -> Rect {
        let (moved, bounds) = (self.moved(time), self.face.bounds);
        Rect { x: bounds.x + moved.x, y: bounds.y + moved.y, ..bounds }
    }

    /// Where it may be: a margin that grows with the time for which nobody knows.
    fn region(&self, time: f64) -> Rect {
        let margin = MARGIN + SPREAD * (time - self.seen).clamp(0.0, FRAME) as f32;
        self.place(time).grown(margin)
    }

    /// Whether `face`, which is new since, is where this one should be.
    pub(super) fn comes_back_as(&self, face: &Face, time: f64) -> bool {
        let place = self.place(time);
        let near = face.bounds.centre().distance(place.centre()) < 0.75 * place.w.max(place.h);
        face.track > self.newest && (near || face.bounds.iou(&place) > TRACE)
    }

    /// One step of the ladder for a subject that is not in this frame; `false` when it may be forgotten.
    pub(super) fn still_protected(
        &mut self,
        sight: &Sight<'_>,
        on_failure: OnFailure,
        region_only: bool,
        plan: &mut Plan,
    ) -> bool {
        let Sight { time, layout, .. } = *sight;
        let near = self.place(time);
        if sight.suspects.iter().any(|suspect| suspect.iou(&near) > TRACE) {
            // Still there, only not certain enough to be swapped: the last steps wait.
            self.seen = self.seen.max(time - 0.9 * BLUR);
        }
        let missing = time - self.seen;
        let region = self.region(time);
        let left = self.leaving && missing > BLUR && reaches_over(&self.place(time), &layout, 0.7);
        let gone = left || reaches_over(&region, &layout, f32::MIN_POSITIVE);
        if missing > FRAME || gone || (missing > HOLD && !self.sure) {
            return false;
        }
        match on_failure {
            OnFailure::Hold if missing <= HOLD && self.sure => {
                let moved = self.moved(time);
                plan.swap(&self.face);
                if let Some(held) = plan.swap.last_mut() {
                    held.shift(moved);
                }
            }
            OnFailure::Hold | OnFailure::Blur if missing <= BLUR || region_only => plan.conceal.push(region),
            OnFailure::Hold | OnFailure::Blur => plan.conceal_all = true,
            OnFailure::Drop => plan.drop = true,
            OnFailure::Pass => {}
        }
        true
    }
}

/// Whether less than `part` of a region lies within the frame.
fn reaches_over(region: &Rect, layout: &Layout, part: f32) -> bool {
    let frame = Rect { x: 0.0, y: 0.0, w: layout.width as f32, h: layout.height as f32 };
    region.intersection(&frame).area() < part * region.area()
}
