//! All that decides how a training comes out, apart from the pictures: `run.toml`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::face::Alignment;
use crate::train::augment::AugmentSettings;
use crate::train::base::{self, Base, BaseError};
use crate::train::expression;
use crate::train::losses::LossWeights;
use crate::train::optimise::{OptimiserSettings, Schedule};
use crate::train::precision::ComputePrecision;
use crate::train::samples::{Pairing, SampleError, Sides};
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

/// The base of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseSource {
    /// Its file; none for the one that comes with Standin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// SHA-256 of the file.
    pub sha256: String,
}

impl BaseSource {
    /// Reads it.
    ///
    /// # Errors
    /// [`BaseError`], also where the file is not the one that the run began with.
    pub fn open(&self) -> Result<Base, BaseError> {
        let base = self.file.as_deref().map_or_else(Base::built_in, Base::open)?;
        if base.sha256 != self.sha256 {
            let file = self.file.clone().unwrap_or_else(|| base::BUILT_IN.into());
            let reason = format!("it has SHA-256 {}, but the run began with {}", base.sha256, self.sha256);
            return Err(BaseError::File { file, reason });
        }
        Ok(base)
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
    /// The driver's face sets, or the troupe's beside a subject.
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
    /// How they were aligned.
    #[serde(default)]
    pub alignment: Alignment,
    /// Whether faces are drawn with equal chance for each turn, opening of the lids and of the mouth that is not too
    /// rare.
    #[serde(alias = "balance_yaw")]
    pub balance: bool,
    /// Part of the subject's samples that is drawn from the faces that came out worst lately, 0..1.
    #[serde(default)]
    pub replay: f32,
    /// With how many bits the network computes.
    #[serde(default)]
    pub precision: ComputePrecision,
    /// When it is done.
    #[serde(default)]
    pub goal: Goal,
    /// The model.
    pub dimensions: Dimensions,
    /// The base that it starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<BaseSource>,
    /// What counts.
    #[serde(default)]
    pub losses: LossWeights,
    /// How weights are moved.
    #[serde(default)]
    pub optimiser: OptimiserSettings,
    /// At which rate.
    #[serde(default)]
    pub schedule: Schedule,
    /// How samples are changed.
    #[serde(default)]
    pub augment: AugmentSettings,
}

impl Recipe {
    /// What goes into its steps.
    pub fn pairing(&self) -> Pairing {
        match (self.dimensions.people, &self.base) {
            (1.., _) if self.dimensions.subject => Pairing::Rehearsal,
            (0, None) => Pairing::Sides,
            (0, Some(_)) if self.losses.swaps() && !self.a.is_empty() => Pairing::Driven,
            (0, Some(_)) => Pairing::Subject,
            (1.., _) => Pairing::Troupe,
        }
    }

    /// Hashes of the face sets of the troupe, where there is one.
    pub fn troupe_hashes(&self) -> &[String] {
        match self.pairing() {
            Pairing::Troupe => &self.b_hashes,
            Pairing::Rehearsal => &self.a_hashes,
            Pairing::Sides | Pairing::Subject | Pairing::Driven => &[],
        }
    }

    /// Whether the parameter of that name is trained.
    pub fn trains(&self, name: &str) -> bool {
        self.base.is_none() || self.dimensions.people > 0 || base::is_trained(name)
    }

    /// The face sets of both sides, opened.
    ///
    /// # Errors
    /// As [`Sides::open`].
    pub fn sides(&self) -> Result<Sides, SampleError> {
        match self.pairing() {
            Pairing::Sides => Sides::open(&self.a, &self.b),
            Pairing::Subject | Pairing::Driven | Pairing::Troupe | Pairing::Rehearsal => {
                Sides::open_subject(&self.a, &self.b)
            }
        }
    }

    /// The [`Recipe::version`] that is written, and the only one that is read.
    pub const VERSION: u32 = 2;

    /// Checks all but the model's dimensions.
    ///
    /// # Errors
    /// The field and its range.
    pub fn check(&self) -> Result<(), String> {
        self.losses.check().map_err(|error| error.to_string())?;
        self.augment.clone().checked().map_err(|error| error.to_string())?;
        let LossWeights { code, expression, agreement, adversarial, .. } = self.losses;
        let without = |what: &str, needs: &str| {
            Err(format!("losses.{what} counts for nothing without {needs}: add it, or set it to 0"))
        };
        if code > 0.0 && self.pairing() != Pairing::Driven {
            return without("code", "a base and a driver's face set (--a), in a model of one subject");
        }
        if expression > 0.0 {
            if !matches!(self.pairing(), Pairing::Driven | Pairing::Rehearsal) {
                return without("expression", "a base and a driver's face set (--a), or a troupe beside a subject");
            }
            expression::fits(&self.face_type, self.coverage, self.alignment, self.dimensions.resolution)?;
        }
        if agreement > 0.0 && !matches!(self.pairing(), Pairing::Troupe | Pairing::Rehearsal) {
            return without("agreement", "a troupe (--troupe)");
        }
        if adversarial > 0.0 && self.goal == Goal::default() {
            return without("adversarial", "an end of the run (--minutes or --steps), of which it takes the last part");
        }
        if self.replay > 0.0 && self.pairing() == Pairing::Troupe {
            return Err(
                "replay is of a subject's faces (--b), and a base has none: leave it out, or set it to 0".to_owned()
            );
        }
        let share = |value: f64| (0.0..1.0).contains(&value);
        let checks = [
            ("batch", (1..=256).contains(&self.batch), "1 to 256"),
            ("replay", (0.0..=1.0).contains(&self.replay), "0 to 1"),
            ("goal.steps", self.goal.steps.is_none_or(|steps| steps > 0), "1 or more"),
            ("goal.minutes", self.goal.minutes.is_none_or(|minutes| minutes.is_finite() && minutes > 0.0), "above 0"),
            ("schedule.rate", self.schedule.rate.is_finite() && self.schedule.rate > 0.0, "above 0, such as 5e-4"),
            ("schedule.last", (0.0..=1.0).contains(&self.schedule.last), "0 to 1"),
            ("optimiser.beta1", share(self.optimiser.beta1), "0 to below 1"),
            ("optimiser.beta2", share(self.optimiser.beta2), "0 to below 1"),
            ("optimiser.average", share(self.optimiser.average), "0 to below 1"),
            ("optimiser.clip", self.optimiser.clip.is_finite() && self.optimiser.clip >= 0.0, "0 or more"),
        ];
        match checks.into_iter().find(|(_, good, _)| !good) {
            Some((field, _, range)) => Err(format!("the field {field} must be {range}")),
            None => Ok(()),
        }
    }
}
