//! The discriminator that is trained beside a model.

use burn::tensor::{Device, Tensor};

use super::{Checkpoint, Run, SessionError};
use crate::train::losses::{LossTerm, discriminator_loss, pasted};
use crate::train::optimise::{Optimiser, OptimiserSettings, gradients};
use crate::train::samples::Batch;
use crate::train::weights::Weights;
use crate::train::zoo::{Discriminator, Output};

/// Part of a run for which it learns before it judges.
const LEAD: f64 = 0.05;

/// A discriminator in training. Its weights and its optimiser stand in the run's checkpoints beside the model's.
pub(super) struct Adversary {
    discriminator: Discriminator,
    weights: Weights,
    optimiser: Optimiser,
    /// Part of the run after which it learns.
    from: f64,
}

impl Adversary {
    /// That of the run's checkpoint after `step`, or a new one where there is none in it; `None` where the run's
    /// losses need none. `device` with autodiff.
    pub(super) fn open(run: &Run, step: u64, device: &Device) -> Result<Option<Self>, SessionError> {
        let recipe = run.recipe();
        if recipe.losses.adversarial == 0.0 {
            return Ok(None);
        }
        let discriminator = Discriminator::new(recipe.dimensions.resolution)?;
        let path = Checkpoint::path(&run.checkpoints(), step);
        let constants = device.clone().inner();
        let first = discriminator.parameters().first().map_or("", |parameter| &parameter.name);
        let (weights, state) = if Checkpoint::holds(&path, first) {
            let checkpoint = Checkpoint::load(&path, discriminator.parameters(), &constants)?;
            (checkpoint.weights, checkpoint.optimiser)
        } else {
            (discriminator.init(recipe.seed, &constants), Vec::new())
        };
        let weights = weights.leaves(device, |_| true);
        // Nobody reads an average of it.
        let settings = OptimiserSettings { average: 0.0, ..recipe.optimiser };
        let optimiser = Optimiser::resumed(settings, &weights, state)?;
        let from = f64::from(recipe.losses.adversarial_from) - LEAD;
        Ok(Some(Self { discriminator, weights, optimiser, from }))
    }

    /// The discriminator and its weights as constants, to judge a model with.
    pub(super) fn judge(&self) -> (&Discriminator, Weights) {
        (&self.discriminator, self.weights.constants())
    }

    /// Whether it learns where so much of the run is done: from shortly before it judges, so that it knows something
    /// then and is not yet sure of itself.
    pub(super) fn learns(&self, done: f64) -> bool {
        done >= self.from
    }

    /// One step by `rate` against what was drawn for batches whose answer is known; its loss for the metrics, none
    /// where nothing was drawn or a number was lost.
    pub(super) fn learn(&mut self, drawn: &[(&Output, &Batch)], rate: f64) -> Result<Option<LossTerm>, SessionError> {
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
        let loss = discriminator_loss(of_photographs, of_drawn);
        let value = loss.clone().inner();
        if !value.clone().into_scalar::<f32>().is_finite() {
            return Ok(None);
        }
        let gradients = gradients(&self.weights, &mut loss.backward());
        let report = self.optimiser.step(&mut self.weights, gradients, rate)?;
        Ok(report.moved.then_some(LossTerm { name: "discriminator", weight: 1.0, value }))
    }

    /// Adds its state to what a checkpoint holds.
    pub(super) fn add_to(&self, checkpoint: &mut Checkpoint) -> Result<(), SessionError> {
        checkpoint.weights.0.extend(self.weights.0.iter().cloned());
        checkpoint.optimiser.extend(self.optimiser.export()?);
        Ok(())
    }
}
