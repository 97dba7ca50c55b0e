//! What is given up, and in which order, while a machine cannot keep up with a live source.
//!
//! | step | what is given up |
//! |---|---|
//! | [`Degradation::RareDetection`] | the detector looks for more faces four times less often, where one face is swapped |
//! | [`Degradation::PlainLandmarks`] | refined landmarks, where the mesh has them |
//! | [`Degradation::DroppedFrames`] | frames that would have to wait, before any work is spent on them |
//!
//! A step is taken when one of the stages was busy for more of a second than there is, and taken back after ten quiet
//! ones. If that turns out to be too early, the next attempt waits twice as long.

use super::{Stage, StageTimes};
use crate::face::FinderSettings;

/// Part of the time for which a stage may be busy before something is given up.
const FULL: f32 = 0.97;
/// Part of the time below which something is taken back.
const QUIET: f32 = 0.75;
/// Seconds that are judged at once.
const WINDOW: f64 = 1.0;
/// Quiet seconds before a step is taken back, at first and at most.
const PATIENCE: (f64, f64) = (10.0, 160.0);
/// How much rarer the detector looks.
const RARER: u32 = 4;

/// What is given up: this step and those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Degradation {
    /// Nothing.
    #[default]
    None,
    /// The detector's interval.
    RareDetection,
    /// Refined landmarks.
    PlainLandmarks,
    /// Frames.
    DroppedFrames,
}

impl Degradation {
    /// Every step, in the order in which they are taken.
    pub const ALL: [Self; 4] = [Self::None, Self::RareDetection, Self::PlainLandmarks, Self::DroppedFrames];

    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::RareDetection => "rare-detection",
            Self::PlainLandmarks => "plain-landmarks",
            Self::DroppedFrames => "dropped-frames",
        }
    }

    /// The same settings with what is given up left out.
    #[must_use]
    pub fn lighten(self, settings: &FinderSettings) -> FinderSettings {
        let rare = self >= Self::RareDetection;
        FinderSettings {
            detect_interval: settings.detect_interval * if rare { RARER } else { 1 },
            plain_landmarks: settings.plain_landmarks || self >= Self::PlainLandmarks,
            ..*settings
        }
    }
}

/// What may be given up in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sacrifices {
    /// Whether the detector may look less often.
    pub detection: bool,
    /// Whether there are refined landmarks.
    pub landmarks: bool,
    /// Whether frames may be dropped.
    pub frames: bool,
}

impl Sacrifices {
    fn allow(self, step: Degradation) -> bool {
        match step {
            Degradation::None => true,
            Degradation::RareDetection => self.detection,
            Degradation::PlainLandmarks => self.landmarks,
            Degradation::DroppedFrames => self.frames,
        }
    }
}

/// Watches how busy the stages are.
#[derive(Debug, Clone)]
pub struct Occupancy {
    step: Degradation,
    /// Milliseconds that the find stage, and the swap stages together, were busy in this window.
    busy: [f32; 2],
    frames: u32,
    since: Option<f64>,
    /// Since when there was nothing to give up.
    quiet_since: Option<f64>,
    patience: f64,
    /// When a step was last taken back.
    relaxed: f64,
    last: f32,
}

impl Default for Occupancy {
    fn default() -> Self {
        Self {
            step: Degradation::None,
            busy: [0.0; 2],
            frames: 0,
            since: None,
            quiet_since: None,
            patience: PATIENCE.0,
            relaxed: f64::NEG_INFINITY,
            last: 0.0,
        }
    }
}

impl Occupancy {
    /// What is given up now.
    pub fn step(&self) -> Degradation {
        self.step
    }

    /// Time has passed in which nothing was asked of the stages: what was counted of this window does not count.
    pub fn pause(&mut self) {
        (self.busy, self.frames, self.since, self.quiet_since) = ([0.0; 2], 0, None, None);
    }

    /// Part of the last window for which the busiest stage was busy: more than 1 where it could not keep up.
    pub fn busiest(&self) -> f32 {
        self.last
    }

    /// Takes in what a frame took at `now` (seconds), where `workers` frames are swapped at once (none: everything in
    /// one thread) and the source gives a frame every `period` milliseconds. Returns whether the step has changed.
    pub fn observe(
        &mut self,
        times: &StageTimes,
        workers: usize,
        period: f32,
        now: f64,
        sacrifices: Sacrifices,
    ) -> bool {
        let [find, swap @ ..] = Stage::WORK.map(|stage| times[stage as usize]);
        let swap: f32 = swap.iter().sum();
        let busy = if workers == 0 { [find + swap, 0.0] } else { [find, swap / workers as f32] };
        self.busy.iter_mut().zip(busy).for_each(|(sum, busy)| *sum += busy);
        self.frames += 1;
        let since = *self.since.get_or_insert(now);
        if now - since < WINDOW || period <= 0.0 {
            return false;
        }
        self.last = self.busy.iter().fold(0.0, |most: f32, busy| most.max(busy / self.frames as f32 / period));
        (self.busy, self.frames, self.since) = ([0.0; 2], 0, Some(now));
        self.judge(now, sacrifices)
    }

    fn judge(&mut self, now: f64, sacrifices: Sacrifices) -> bool {
        let allowed = |step: &Degradation| sacrifices.allow(*step);
        let (before, steps) = (self.step, Degradation::ALL.into_iter().filter(allowed));
        if !sacrifices.allow(before) {
            self.step = steps.into_iter().rfind(|step| *step < before).unwrap_or_default();
            return true;
        }
        if self.last > FULL {
            self.quiet_since = None;
            if let Some(next) = steps.into_iter().find(|step| *step > before) {
                if now - self.relaxed < 2.0 * PATIENCE.0 {
                    self.patience = (2.0 * self.patience).min(PATIENCE.1);
                }
                self.step = next;
            }
        } else if self.last < QUIET && before > Degradation::None {
            let since = *self.quiet_since.get_or_insert(now);
            if now - since >= self.patience {
                self.step = steps.into_iter().rfind(|step| *step < before).unwrap_or_default();
                (self.quiet_since, self.relaxed) = (None, now);
            }
        } else {
            self.quiet_since = None;
        }
        self.step != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Sacrifices = Sacrifices { detection: true, landmarks: true, frames: true };
    /// Milliseconds between two frames.
    const PERIOD: f32 = 33.3;

    /// Plays so many seconds in which the stages take so long, from `from` on; gives when which step was taken.
    fn play(
        occupancy: &mut Occupancy,
        from: f64,
        seconds: u32,
        [find, swap]: [f32; 2],
        sacrifices: Sacrifices,
    ) -> Vec<(f64, Degradation)> {
        let mut times = StageTimes::default();
        (times[Stage::Find as usize], times[Stage::Swap as usize]) = (find, swap);
        let step = |frame: u32| {
            let now = from + f64::from(frame) / 30.0;
            occupancy.observe(&times, 2, PERIOD, now, sacrifices).then_some((now - from, occupancy.step()))
        };
        (0..30 * seconds).filter_map(step).collect()
    }

    fn steps(changes: &[(f64, Degradation)]) -> Vec<Degradation> {
        changes.iter().map(|change| change.1).collect()
    }

    #[test]
    fn steps_are_taken_one_after_the_other_and_only_where_they_are_there_to_take() {
        use Degradation::{DroppedFrames, PlainLandmarks, RareDetection};
        let mut occupancy = Occupancy::default();
        let slow = [10.0, 80.0];
        assert_eq!(steps(&play(&mut occupancy, 0.0, 10, slow, ALL)), [RareDetection, PlainLandmarks, DroppedFrames]);
        let none = Sacrifices { landmarks: false, frames: false, ..ALL };
        assert_eq!(steps(&play(&mut Occupancy::default(), 0.0, 10, slow, none)), [RareDetection]);
        let frames = Sacrifices { landmarks: false, ..ALL };
        assert_eq!(steps(&play(&mut Occupancy::default(), 0.0, 10, slow, frames)), [RareDetection, DroppedFrames]);
        let several = Sacrifices { detection: false, ..frames };
        assert_eq!(steps(&play(&mut Occupancy::default(), 0.0, 10, slow, several)), [DroppedFrames]);
    }

    #[test]
    fn a_machine_that_keeps_up_gives_nothing_up_and_either_stage_counts() {
        // Two frames are swapped at once.
        assert!(play(&mut Occupancy::default(), 0.0, 60, [30.0, 60.0], ALL).is_empty());
        assert!(!play(&mut Occupancy::default(), 0.0, 3, [34.0, 20.0], ALL).is_empty());
    }

    #[test]
    fn steps_are_taken_back_slowly_and_more_slowly_after_a_mistake() {
        let one = Sacrifices { landmarks: false, frames: false, ..ALL };
        let (slow, quiet) = ([34.0, 20.0], [10.0, 20.0]);
        let mut occupancy = Occupancy::default();
        let none_from = |changes: &[(f64, Degradation)]| {
            assert_eq!(steps(changes), [Degradation::None]);
            changes[0].0
        };
        assert_eq!(steps(&play(&mut occupancy, 0.0, 3, slow, one)), [Degradation::RareDetection]);
        let first = none_from(&play(&mut occupancy, 3.0, 15, quiet, one));
        assert_eq!(steps(&play(&mut occupancy, 18.0, 3, slow, one)), [Degradation::RareDetection]);
        let second = none_from(&play(&mut occupancy, 21.0, 30, quiet, one));
        assert!((PATIENCE.0..PATIENCE.0 + 3.0).contains(&first), "{first}");
        assert!((2.0 * PATIENCE.0..2.0 * PATIENCE.0 + 3.0).contains(&second), "{second}");
    }

    #[test]
    fn what_is_given_up_is_left_out_of_the_settings() {
        let full = FinderSettings::default();
        assert_eq!(Degradation::None.lighten(&full), full);
        let rare = Degradation::RareDetection.lighten(&full);
        assert_eq!((rare.detect_interval, rare.plain_landmarks), (4 * full.detect_interval, false));
        assert!(Degradation::PlainLandmarks.lighten(&full).plain_landmarks);
    }
}
