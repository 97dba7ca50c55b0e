//! The loop: a batch, the loss, a step; checkpoints and the network file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};

use super::batch::ExpressionBatch;
use super::outputs::{OUTPUTS, Values, weights};
use super::{ExpressionError, ExpressionHeader, ExpressionJudge, SIDE, alone};
use crate::train::optimise::{Optimiser, OptimiserSettings, Schedule, gradients};
use crate::train::session::{Checkpoint, Goal};
use crate::train::weights::Weights;
use crate::train::zoo::ExpressionNetwork;

/// Name of the network file in a run's folder.
pub const NETWORK_FILE: &str = "expression.safetensors";
/// Checkpoints that are kept.
const KEPT: usize = 2;

/// How far a training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpressionProgress {
    /// Steps that are done.
    pub step: u64,
    /// Seconds that they took, over all sessions.
    pub seconds: f64,
    /// Mean squared difference since the last report, in deviations of the numbers.
    pub loss: f32,
}

/// A training in progress.
#[derive(Debug)]
pub struct ExpressionTrainer {
    folder: PathBuf,
    device: Device,
    network: ExpressionNetwork,
    weights: Weights,
    optimiser: Optimiser,
    schedule: Schedule,
    /// Mean and deviation of each number.
    scale: [Values; 2],
    step: u64,
    seconds: f64,
}

impl ExpressionTrainer {
    /// Begins in `folder`, or goes on from its newest checkpoint. `scale` has mean and deviation of each number in
    /// the faces to train on. `device` with autodiff.
    ///
    /// # Errors
    /// [`ExpressionError`], naming a checkpoint that cannot be used.
    pub fn open(
        folder: &Path,
        seed: u64,
        schedule: Schedule,
        scale: [Values; 2],
        device: Device,
    ) -> Result<Self, ExpressionError> {
        let network = ExpressionNetwork::new(SIDE, OUTPUTS)?;
        let checkpoints = folder.join("checkpoints");
        Checkpoint::clear_unfinished(&checkpoints);
        let inner = device.clone().inner();
        let begun = match Checkpoint::list(&checkpoints).into_iter().next() {
            Some(path) => Checkpoint::load(&path, network.parameters(), &inner)?,
            None => Checkpoint::first(network.init(seed, &inner)),
        };
        if begun.step > 0 {
            same_scale(&folder.join(NETWORK_FILE), scale, &inner)?;
        }
        let Checkpoint { step, seconds, weights, optimiser, .. } = begun;
        let weights = weights.leaves(&device, |_| true);
        let optimiser = Optimiser::resumed(OptimiserSettings::default(), &weights, optimiser)?;
        Ok(Self { folder: folder.to_owned(), device, network, weights, optimiser, schedule, scale, step, seconds })
    }

    /// Steps that are done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Trains until `goal` is reached or `stop` says so; saves every `save_every` steps and at the end. `told` gets a
    /// report every `report_every` steps.
    ///
    /// # Errors
    /// [`ExpressionError`]; what was saved before stays.
    pub fn train(
        &mut self,
        goal: Goal,
        [save_every, report_every]: [u64; 2],
        batches: &mut dyn FnMut() -> Result<ExpressionBatch, ExpressionError>,
        told: &mut dyn FnMut(&ExpressionProgress),
        stop: &dyn Fn() -> bool,
    ) -> Result<(), ExpressionError> {
        let (mut sum, mut steps) = (0.0, 0);
        while goal.done(self.step, self.seconds) < 1.0 && !stop() {
            let begun = Instant::now();
            let batch = batches()?;
            sum += self.advance(&batch, goal.done(self.step, self.seconds))?;
            self.step += 1;
            steps += 1;
            self.seconds += begun.elapsed().as_secs_f64();
            if self.step.is_multiple_of(report_every.max(1)) {
                told(&ExpressionProgress { step: self.step, seconds: self.seconds, loss: sum / steps as f32 });
                (sum, steps) = (0.0, 0);
            }
            if self.step.is_multiple_of(save_every.max(1)) {
                self.save()?;
            }
        }
        self.save()
    }

    fn advance(&mut self, batch: &ExpressionBatch, done: f64) -> Result<f32, ExpressionError> {
        let count = batch.values.len();
        let pictures = |values: &[f32], channels: usize| {
            Tensor::<4>::from_data(TensorData::new(values.to_vec(), [count, channels, SIDE, SIDE]), &self.device)
        };
        let rows = |of: &dyn Fn(&Values) -> Values| {
            let values: Vec<f32> = batch.values.iter().flat_map(of).collect();
            Tensor::<2>::from_data(TensorData::new(values, [count, OUTPUTS]), &self.device)
        };
        let [mean, deviation] = &self.scale;
        let wanted = rows(&|values| std::array::from_fn(|i| (values[i] - mean[i]) / deviation[i]));
        let counts = rows(&weights);
        let found = self.network.read(&self.weights, alone(pictures(&batch.crops, 3), pictures(&batch.masks, 1)));
        let difference = found - wanted;
        let loss = (difference.clone() * difference * counts.clone()).sum() / counts.sum();
        let value = loss.clone().inner().into_scalar::<f32>();
        if !value.is_finite() {
            return Err(ExpressionError::Diverged(self.step));
        }
        let gradients = gradients(&self.weights, &mut loss.backward());
        self.optimiser.step(&mut self.weights, gradients, self.schedule.rate(self.step, done))?;
        Ok(value)
    }

    /// The judge that the weights' running average is, on `device`.
    pub fn judge(&self, device: &Device) -> ExpressionJudge {
        let header = ExpressionHeader::new(SIDE, self.scale, self.step, self.seconds);
        ExpressionJudge::of(header, self.network.clone(), &self.optimiser.average(&self.weights), device)
    }

    /// Writes a checkpoint and the network file.
    ///
    /// # Errors
    /// [`ExpressionError`]; older checkpoints stay.
    pub fn save(&self) -> Result<(), ExpressionError> {
        let checkpoint = Checkpoint {
            step: self.step,
            seconds: self.seconds,
            caution: 1.0,
            weights: self.weights.clone(),
            optimiser: self.optimiser.export()?,
            faces: Vec::new(),
        };
        checkpoint.save(&self.folder.join("checkpoints"), KEPT)?;
        self.judge(&self.device.clone().inner()).save(&self.folder.join(NETWORK_FILE))
    }
}

/// Refuses clips whose numbers have other means and deviations than those that the run's weights are for.
fn same_scale(network: &Path, scale: [Values; 2], device: &Device) -> Result<(), ExpressionError> {
    let ExpressionHeader { means, deviations, .. } = ExpressionJudge::open(network, device)?.header;
    let apart = |a: Values, b: Values| a.iter().zip(b).any(|(a, b)| (a - b).abs() > 1e-3);
    if apart(means, scale[0]) || apart(deviations, scale[1]) {
        let reason = "it was trained on other clips than these: give the same --clip, or another --out";
        return Err(ExpressionError::file(network, reason));
    }
    Ok(())
}
