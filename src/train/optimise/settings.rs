//! Which optimiser, and how.

use serde::{Deserialize, Serialize};

/// Optimisers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
    #[default]
    Adam,
    /// J. Zhuang et al., "AdaBelief optimizer: adapting stepsizes by the belief in observed gradients", NeurIPS 2020,
    /// algorithm 2: the second moment is that of the gradient's distance from its mean.
    AdaBelief,
}

/// How weights are moved. They stand in `run.toml`; a field that is left out has its default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimiserSettings {
    /// Which optimiser. Default Adam.
    pub kind: Kind,
    /// Decay of the mean of the gradients, 0..1. Default 0.9.
    pub beta1: f64,
    /// Decay of the mean of their squares, 0..1. Default 0.999.
    pub beta2: f64,
    /// The length of all gradients together that a step may have at most: longer ones are scaled down. 0 for no limit.
    /// Default 1.
    pub clip: f64,
    /// Decay of the running average of the weights, 0..1; 0 for none. Default 0.999. Early in a run the average follows
    /// faster: after step `t` its decay is at most `(1 + t) / (10 + t)`.
    pub average: f64,
}

impl Default for OptimiserSettings {
    fn default() -> Self {
        Self { kind: Kind::Adam, beta1: 0.9, beta2: 0.999, clip: 1.0, average: 0.999 }
    }
}

/// One step of one parameter: both twins compute with these numbers, and nothing else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    pub(super) kind: Kind,
    pub(super) beta1: f32,
    pub(super) beta2: f32,
    /// Factor of the gradients, for the limit of their length.
    pub(super) clip: f32,
    /// Learning rate over the bias correction of the first moment.
    pub(super) step: f32,
    /// One over the root of the bias correction of the second moment.
    pub(super) correction: f32,
    pub(super) epsilon: f32,
}

impl OptimiserSettings {
    /// For the step that is a parameter's `steps`-th (from 1), of gradients `norm` long.
    pub(super) fn numbers(&self, steps: u64, rate: f64, norm: f64) -> Numbers {
        let t = i32::try_from(steps).unwrap_or(i32::MAX);
        Numbers {
            kind: self.kind,
            beta1: self.beta1 as f32,
            beta2: self.beta2 as f32,
            clip: if self.clip > 0.0 && norm > self.clip { (self.clip / norm) as f32 } else { 1.0 },
            step: (rate / (1.0 - self.beta1.powi(t))) as f32,
            correction: (1.0 / (1.0 - self.beta2.powi(t)).sqrt()) as f32,
            epsilon: match self.kind {
                Kind::Adam => 1e-8,
                // Added to the second moment itself, of which it becomes a thousandfold.
                Kind::AdaBelief => 1e-16,
            },
        }
    }

    /// How far the average goes towards the weights after `steps` steps; `None` without an average.
    pub(super) fn follow(&self, steps: u64) -> Option<f32> {
        let t = steps as f64;
        (self.average > 0.0).then(|| (1.0 - self.average.min((1.0 + t) / (10.0 + t))) as f32)
    }
}
