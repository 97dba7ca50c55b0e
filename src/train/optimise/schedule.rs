//! The learning rate over a run.

use serde::{Deserialize, Serialize};

/// How the rate goes on after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Course {
    /// The same all along.
    Constant,
    /// Down a half cosine to [`Schedule::last`] at the end of the run. I. Loshchilov, F. Hutter, "SGDR", ICLR 2017.
    #[default]
    Cosine,
}

/// The learning rate over a run. It stands in `run.toml`; a field that is left out has its default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// The rate after the warm-up. Default 3e-4; a new run is given that of its model's family.
    pub rate: f64,
    /// Steps over which the rate rises to it from nothing. Default 50.
    pub warm_up: u64,
    /// How it goes on. Default cosine.
    pub course: Course,
    /// Share of the rate that is left at the end, 0..1. Default 0.05.
    pub last: f64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { rate: 3e-4, warm_up: 50, course: Course::Cosine, last: 0.05 }
    }
}

impl Schedule {
    /// The rate of step `step` (from 0), when `done` (0..1) of the run is over: by steps, or by minutes where those are
    /// what ends it. A run limited by minutes does not repeat itself, since this depends on time, and the end
    /// of the warp as well.
    pub fn rate(&self, step: u64, done: f64) -> f64 {
        let warm = if step < self.warm_up { (step + 1) as f64 / (self.warm_up + 1) as f64 } else { 1.0 };
        let course = match self.course {
            Course::Constant => 1.0,
            Course::Cosine => {
                let fall = (1.0 + (std::f64::consts::PI * done.clamp(0.0, 1.0)).cos()) / 2.0;
                self.last + (1.0 - self.last) * fall
            }
        };
        self.rate * warm * course
    }
}
