//! One frame on its way through the stages, with all that was found out about it. Jobs are used again and again, so
//! that nothing is allocated a frame.

use std::sync::Arc;
use std::time::Instant;

use super::{Casting, ColourNotes, Degradation, Plan, Settings, Stage, StageTimes};
use crate::face::Face;
use crate::geometry::Rect;

/// When a job came in, and what each stage took.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// When the frame came in.
    pub arrived: Instant,
    /// When the last stage that worked on it was done.
    pub ready: Instant,
    /// Milliseconds a stage.
    pub stages: StageTimes,
}

impl Timings {
    /// Notes that the frame leaves now: what it took in all, and for how long it waited between stages.
    pub fn depart(&mut self, now: Instant) {
        let since = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f32() * 1e3;
        let work: f32 = Stage::WORK.iter().map(|&stage| self.stages[stage as usize]).sum();
        self.stages[Stage::Wait as usize] = (since(self.arrived, self.ready) - work).max(0.0);
        self.stages[Stage::Total as usize] = since(self.arrived, now);
    }
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcome {
    /// Nothing was to be done.
    #[default]
    Untouched,
    /// Every face that was to be swapped was.
    Swapped,
    /// Something was concealed instead of swapped.
    Concealed,
    /// It must not leave.
    Dropped,
}

/// A frame `F` or a passenger `T` (an event, say) that keeps its place among the frames.
#[derive(Debug)]
pub struct Job<F, T> {
    /// Its place in the stream.
    pub sequence: u64,
    /// Jobs of an earlier epoch were flushed.
    pub epoch: u64,
    /// The frame.
    pub frame: Option<F>,
    /// What travels with it, or instead of it.
    pub passenger: Option<T>,
    /// Stream time in seconds.
    pub time: f64,
    /// Faces that something upstream found, in frame pixels.
    pub hints: Vec<Rect>,
    /// The settings when it came in.
    pub settings: Arc<Settings>,
    /// What was given up when it came in.
    pub degradation: Degradation,
    /// The models when it came in.
    pub casting: Casting,
    /// All faces that were found.
    pub faces: Vec<Face>,
    /// What is to be done.
    pub plan: Plan,
    /// Colours of its faces; those that were measured stay for its next frame.
    pub colours: ColourNotes,
    /// What was done.
    pub outcome: Outcome,
    /// Whether a GPU that it needs is gone for good, or has too few bits for a model.
    pub device_lost: bool,
    /// What went wrong, for one message.
    pub failure: Option<String>,
    /// What it took.
    pub timings: Timings,
}

impl<F, T> Default for Job<F, T> {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            sequence: 0,
            epoch: 0,
            frame: None,
            passenger: None,
            time: 0.0,
            hints: Vec::new(),
            settings: Arc::default(),
            degradation: Degradation::default(),
            casting: Casting::default(),
            faces: Vec::new(),
            plan: Plan::default(),
            colours: ColourNotes::default(),
            outcome: Outcome::default(),
            device_lost: false,
            failure: None,
            timings: Timings { arrived: now, ready: now, stages: StageTimes::default() },
        }
    }
}

impl<F, T> Job<F, T> {
    /// Empties it for the next frame, keeping its memory.
    pub fn clear(&mut self) {
        self.frame = None;
        self.passenger = None;
        self.casting.clear();
        self.hints.clear();
        self.plan.clear();
        self.outcome = Outcome::default();
        self.device_lost = false;
        self.failure = None;
        self.timings.stages = StageTimes::default();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_no_work_until_a_frame_is_ready_is_waiting() {
        let arrived = Instant::now();
        let after = |ms: u64| arrived + Duration::from_millis(ms);
        let mut timings = Timings { arrived, ready: after(30), stages: StageTimes::default() };
        for (stage, ms) in [(Stage::Find, 4.0), (Stage::Crop, 1.0), (Stage::Device, 9.0), (Stage::Blend, 6.0)] {
            timings.stages[stage as usize] = ms;
        }
        timings.depart(after(45));
        let of = |stage: Stage| timings.stages[stage as usize];
        assert!((of(Stage::Wait) - 10.0).abs() < 1e-3 && (of(Stage::Total) - 45.0).abs() < 1e-3, "{timings:?}");
        // It is never less than nothing.
        timings.stages[Stage::Swap as usize] = 100.0;
        timings.depart(after(45));
        assert_eq!(timings.stages[Stage::Wait as usize], 0.0);
    }
}
