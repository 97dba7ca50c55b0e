//! All that decides how a training comes out, apart from the pictures: `run.toml`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::train::augment::AugmentSettings;
use crate::train::losses::LossWeights;
use crate::train::optimise::{Schedule, Settings};
use crate::train::zoo::preset::Dimensions;

/// When a training is done; whichever comes first, never where neither is set.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Goal {
    /// Steps since the very beginning.
    pub steps: Option<u64>,
    /// Minutes of training since the very beginning, earlier sessions included.
    pub minutes: Option<f64>,
}

impl Goal {
    /// How much of it is done, 0..1, after `steps` steps and `seconds`; 0 for a goal without end.
    pub fn done(&self, steps: u64, seconds: f64) -> f64 {
        let by_steps = self.steps.map_or(0.0, |goal| steps as f64 / goal.max(1) as f64);
        let by_time = self.minutes.map_or(0.0, |goal| seconds / (goal * 60.0).max(1e-9));
        by_steps.max(by_time).min(1.0)
    }
}

/// All that decides how a training comes out, apart from the pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Version of this file.
    pub version: u32,
    /// The name under which the model was asked for.
    pub model: String,
    /// Faces a side in each step.
    pub batch: usize,
    /// Where all chance comes from.
    pub seed: u64,
    /// The driver's face sets.
    pub a: Vec<PathBuf>,
    /// Their hashes.
    pub a_hashes: Vec<String>,
    /// The subject's face sets.
    pub b: Vec<PathBuf>,
    /// Their hashes.
    pub b_hashes: Vec<String>,
    /// Crop of the face sets.
    pub face_type: String,
    /// Its side in canonical units.
    pub coverage: f32,
    /// Whether faces are drawn with equal chance for each yaw.
    pub balance_yaw: bool,
    /// When it is done.
    #[serde(default)]
    pub goal: Goal,
    /// The model.
    pub dimensions: Dimensions,
    /// What counts.
    #[serde(default)]
    pub losses: LossWeights,
    /// How weights are moved.
    #[serde(default)]
    pub optimiser: Settings,
    /// At which rate.
    #[serde(default)]
    pub schedule: Schedule,
    /// How samples are changed.
    #[serde(default)]
    pub augment: AugmentSettings,
}

/// The only [`Recipe::version`] so far.
pub(super) const VERSION: u32 = 1;
