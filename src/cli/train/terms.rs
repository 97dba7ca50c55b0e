//! Terms of the loss that are off unless asked for.

use crate::train::losses::LossWeights;

/// Weights of the terms whose judge is a network.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct TermWeights {
    /// Holds what the encoder sees in the drawn face against what it sees in the target: sharper, at the cost of two
    /// passes through the encoder. 0.2 is a start.
    #[arg(long, value_name = "WEIGHT", help_heading = "More terms of the loss")]
    perceptual: Option<f32>,
    /// With a base and --a: swaps the drivers' faces too, and holds the code of the swapped picture against the code
    /// that drew it, so that expression, gaze and pose stay the driver's. 0.2 is a start.
    #[arg(long, value_name = "WEIGHT", help_heading = "More terms of the loss")]
    code: Option<f32>,
    /// With a base and --a, or with --troupe and --b: holds what the drivers' faces do once they are the subject's
    /// (lids, mouth, brows, pose; of gaze it knows nothing) against what they did, as the expression network that
    /// comes with Standin sees it. 0.5 is a start.
    #[arg(long, value_name = "WEIGHT", help_heading = "More terms of the loss")]
    expression: Option<f32>,
    /// With --troupe: the codes of one frame must agree, whoever of the troupe performs it. 0.2 is a start.
    #[arg(long, value_name = "WEIGHT", help_heading = "More terms of the loss")]
    agreement: Option<f32>,
    /// Trains a patch discriminator beside the model, which the drawn faces must deceive in the last part of the run
    /// (adversarial_from in run.toml). 0.05 is a start.
    #[arg(long, value_name = "WEIGHT", help_heading = "More terms of the loss")]
    adversarial: Option<f32>,
}

impl TermWeights {
    /// `weights` with those that were asked for.
    pub fn over(&self, weights: LossWeights) -> LossWeights {
        LossWeights {
            perceptual: self.perceptual.unwrap_or(weights.perceptual),
            code: self.code.unwrap_or(weights.code),
            expression: self.expression.unwrap_or(weights.expression),
            agreement: self.agreement.unwrap_or(weights.agreement),
            adversarial: self.adversarial.unwrap_or(weights.adversarial),
            ..weights
        }
    }

    /// The first that was asked for and is not that of `weights`: its field, that of `weights`, and its own.
    pub fn other_than(&self, weights: &LossWeights) -> Option<(&'static str, f32, f32)> {
        [
            ("losses.perceptual", weights.perceptual, self.perceptual),
            ("losses.code", weights.code, self.code),
            ("losses.expression", weights.expression, self.expression),
            ("losses.agreement", weights.agreement, self.agreement),
            ("losses.adversarial", weights.adversarial, self.adversarial),
        ]
        .into_iter()
        .find_map(|(field, found, asked)| asked.filter(|&asked| asked != found).map(|asked| (field, found, asked)))
    }
}
