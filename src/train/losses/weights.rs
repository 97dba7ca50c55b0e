//! How much each term counts.

use serde::{Deserialize, Serialize};

/// How much each term of [`total`](super::total) counts. A term of weight 0 is not computed. They stand in `run.toml`;
/// a field that is left out has its default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LossWeights {
    /// Structural dissimilarity of the masked faces. Default 1.
    pub dssim: f32,
    /// Scales of it, each half the side of the one before. Default 2.
    pub scales: usize,
    /// Mean absolute difference of the masked faces. Default 1.
    pub l1: f32,
    /// Mean squared difference of the masked faces. Default 0.
    pub l2: f32,
    /// Mean absolute difference over eyes and mouth. Default 1.
    pub priority: f32,
    /// Structural dissimilarity over eyes and mouth: it asks for lids and irises where a mean of differences is content
    /// with a smudge of the right colour. Default 0.5.
    pub priority_dssim: f32,
    /// Mean absolute difference of the masks, that of the driver's included. Default 0.5.
    pub mask: f32,
    /// Difference of what the encoder sees in the drawn face and in the target: [`perceptual`](super::perceptual).
    /// Costs two passes through the encoder. Default 0.
    pub perceptual: f32,
    /// In a model from a base with drivers (`--a`): the first batch swaps a driver's face, and the code of the
    /// swapped picture must be the code that drew it, so that expression, gaze and pose are the driver's. Default 0.
    pub code: f32,
    /// In a model from a base with drivers (`--a`), or beside a troupe: a driver's face that became the subject's
    /// must do what the driver's does, as the expression network sees it:
    /// [`expression_distance`](super::expression_distance). Default 0.
    pub expression: f32,
    /// In a base: the codes of one frame of a performance must agree, whoever performs. Default 0.
    pub agreement: f32,
    /// What a patch discriminator, trained beside the model, holds against the drawn faces. Default 0.
    pub adversarial: f32,
    /// Part of the run, 0..1, after which `adversarial` counts: it sharpens a picture that is right but blurred.
    /// Default 0.6.
    pub adversarial_from: f32,
    /// How much of the picture outside the face's mask counts in `dssim`, `l1` and `l2`, 0..1: a trace keeps the
    /// background calm, where the composite's edge falls; more of it costs the face, which is a fifth of the crop.
    /// Default 0.02.
    pub background: f32,
}

impl Default for LossWeights {
    fn default() -> Self {
        Self {
            dssim: 1.0,
            scales: 2,
            l1: 1.0,
            l2: 0.0,
            priority: 1.0,
            priority_dssim: 0.5,
            mask: 0.5,
            perceptual: 0.0,
            code: 0.0,
            expression: 0.0,
            agreement: 0.0,
            adversarial: 0.0,
            adversarial_from: 0.6,
            background: 0.02,
        }
    }
}

/// Weights that cannot be trained with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LossWeightsError {
    /// Outside its range.
    #[error("loss weight {field} is {value}, but must be {range}")]
    Range {
        /// Which.
        field: &'static str,
        /// What it is.
        value: f32,
        /// What it may be.
        range: &'static str,
    },
    /// Nothing draws the face to its target.
    #[error("loss weights dssim, l1 and l2 are all 0: set one, or no face is learnt")]
    Nothing,
}

impl LossWeights {
    /// Whether a term asks the encoder.
    pub fn needs_encoder(&self) -> bool {
        self.perceptual > 0.0 || self.code > 0.0 || self.agreement > 0.0
    }

    /// Whether a term judges drivers' faces that became the subject's.
    pub fn swaps(&self) -> bool {
        self.code > 0.0 || self.expression > 0.0
    }

    /// Checks them before a run.
    ///
    /// # Errors
    /// [`LossWeightsError`], naming the field.
    pub fn check(&self) -> Result<(), LossWeightsError> {
        let amounts = [
            ("dssim", self.dssim),
            ("l1", self.l1),
            ("l2", self.l2),
            ("priority", self.priority),
            ("priority_dssim", self.priority_dssim),
            ("mask", self.mask),
            ("perceptual", self.perceptual),
            ("code", self.code),
            ("expression", self.expression),
            ("agreement", self.agreement),
            ("adversarial", self.adversarial),
        ];
        for (field, value) in amounts {
            if !(value.is_finite() && value >= 0.0) {
                return Err(LossWeightsError::Range { field, value, range: "0 or more" });
            }
        }
        for (field, value) in [("background", self.background), ("adversarial_from", self.adversarial_from)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(LossWeightsError::Range { field, value, range: "0 to 1" });
            }
        }
        if self.scales == 0 {
            return Err(LossWeightsError::Range { field: "scales", value: 0.0, range: "1 or more" });
        }
        if self.dssim + self.l1 + self.l2 == 0.0 {
            return Err(LossWeightsError::Nothing);
        }
        Ok(())
    }
}
