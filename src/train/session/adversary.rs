//! The discriminator that is trained beside a model.

use burn::tensor::{Device, Tensor};

use super::{Checkpoint, Run, SessionError};
use crate::train::losses::{confused, pasted};
use crate::train::optimise::{Optimiser, gradients};
use crate::train::samples::Batch;
use crate::train::weights::Weights;
use crate::train::zoo::{Discriminator, Output};

/// A discriminator in training. Its weights and its optimiser stand in the run's checkpoints beside the model's.
pub(super) struct Adversary {
    discriminator: Discriminator,
    weights: Weights,
    optimiser: Optimiser,
}

impl Adversary {
    /// That of the run's checkpoint after `step`, or a new one where there is none in it; `None` where the run's losses need
    /// none. `device` with autodiff.
    pub(super) fn open(run: &Run, step: u64, device: &Device) -> Result<Option<Self>, SessionError> {
        let recipe = run.recipe();
        if recipe.losses.adversarial == 0.0 {
            return Ok(None);
        }
        let discriminator = Discriminator::new(recipe.dimensions.resolution)?;
        let path = Checkpoint::path(&run.checkpoints(), step);
        let constants = device.clone().inner();
        let kept = Checkpoint::load(&path, discriminator.parameters(), &constants).ok();
        let (weights, state) = match kept {
            Some(checkpoint) => (checkpoint.weights, checkpoint.optimiser),
            None => (discriminator.init(recipe.seed, &constants), Vec::new()),
        };
        let weights = weights.leaves(device, |_| true);
        let mut optimiser = Optimiser::new(recipe.optimiser, &weights)?;
        if !state.is_empty() {
            optimiser.import(state)?;
        }
        Ok(Some(Self { discriminator, weights, optimiser }))
    }

    /// The discriminator and its weights as constants, to judge a model with.
    pub(super) fn judge(&self) -> (&Discriminator, Weights) {
        (&self.discriminator, self.weights.constants())
    }

    /// One step by `rate` against what was drawn for batches whose answer is known; how confused it was, none where nothing
    /// was drawn or a number was lost.
    pub(super) fn learn(&mut self, drawn: &[(&Output, &Batch)], rate: f64) -> Result<Option<f32>, SessionError> {
        let known: Vec<_> = drawn.iter().filter(|(_, batch)| batch.answered).collect();
        if known.is_empty() {
            return Ok(None);
        }
        let both = |pictures: Vec<Tensor<4>>| self.discriminator.judge(&self.weights, Tensor::cat(pictures, 0));
        let faces = known
            .iter()
            .map(|(output, batch)| pasted(output.face.clone().detach(), batch.mask.clone(), batch.target.clone()));
        let of_drawn = both(faces.collect());
        let of_photographs = both(known.iter().map(|(_, batch)| batch.target.clone()).collect());
        let loss = confused(of_photographs, of_drawn);
        let value = loss.clone().inner().into_scalar::<f32>();
        if !value.is_finite() {
            return Ok(None);
        }
        let gradients = gradients(&self.weights, &mut loss.backward());
        let report = self.optimiser.step(&mut self.weights, gradients, rate)?;
        Ok(report.moved.then_some(value))
    }

    /// Adds its state to what a checkpoint holds.
    pub(super) fn add_to(&self, checkpoint: &mut Checkpoint) -> Result<(), SessionError> {
        checkpoint.weights.0.extend(self.weights.0.iter().cloned());
        checkpoint.optimiser.extend(self.optimiser.export()?);
        Ok(())
    }
}
