//! The loop: a batch, the loss, a step; checkpoints and the network file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};

use super::batch::MaskBatch;
use super::loss::Loss;
use super::{Class, MaskError, SIDE};
use crate::train::export::export_segmenter;
use crate::train::optimise::{Optimiser, OptimiserSettings, Schedule, gradients};
use crate::train::session::{Checkpoint, Goal};
use crate::train::weights::Weights;
use crate::train::whole_file;
use crate::train::zoo::Segmenter;

/// Name of the network file in a run's folder.
pub const NETWORK_FILE: &str = "face_occlusion_128.onnx";
/// Checkpoints that are kept.
const KEPT: usize = 2;

/// How far a training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaskProgress {
    /// Steps that are done.
    pub step: u64,
    /// Seconds that they took, over all sessions.
    pub seconds: f64,
    /// Means since the last report: cross entropy, and 1 − Dice of face and occluder.
    pub losses: [f32; 3],
}

/// A training in progress.
pub struct MaskTrainer {
    folder: PathBuf,
    device: Device,
    network: Segmenter,
    weights: Weights,
    optimiser: Optimiser,
    schedule: Schedule,
    step: u64,
    seconds: f64,
}

impl MaskTrainer {
    /// Begins in `folder`, or goes on from its newest checkpoint. `device` with autodiff.
    ///
    /// # Errors
    /// [`MaskError`], naming a checkpoint that cannot be used.
    pub fn open(folder: &Path, seed: u64, schedule: Schedule, device: Device) -> Result<Self, MaskError> {
        let network = Segmenter::new(SIDE, Class::COUNT)?;
        let checkpoints = folder.join("checkpoints");
        Checkpoint::clear_unfinished(&checkpoints);
        let inner = device.clone().inner();
        let found = Checkpoint::list(&checkpoints).into_iter().next();
        let begun = match found {
            Some(path) => Checkpoint::load(&path, network.parameters(), &inner)?,
            None => Checkpoint::first(network.init(seed, &inner)),
        };
        let Checkpoint { step, seconds, weights, optimiser, .. } = begun;
        let weights = weights.leaves(&device, |_| true);
        let optimiser = Optimiser::resumed(OptimiserSettings::default(), &weights, optimiser)?;
        Ok(Self { folder: folder.to_owned(), device, network, weights, optimiser, schedule, step, seconds })
    }

    /// Steps that are done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Trains until `goal` is reached or `stop` says so; saves and exports every `save_every` steps and at the end.
    /// `told` gets a report every `report_every` steps.
    ///
    /// # Errors
    /// [`MaskError`]; what was saved before stays.
    pub fn train(
        &mut self,
        goal: Goal,
        [save_every, report_every]: [u64; 2],
        batches: &mut dyn FnMut() -> Result<MaskBatch, MaskError>,
        told: &mut dyn FnMut(&MaskProgress),
        stop: &dyn Fn() -> bool,
    ) -> Result<(), MaskError> {
        let (mut sums, mut steps) = ([0.0; 3], 0);
        while goal.done(self.step, self.seconds) < 1.0 && !stop() {
            let begun = Instant::now();
            let batch = batches()?;
            let loss = self.advance(&batch, goal.done(self.step, self.seconds))?;
            self.step += 1;
            self.seconds += begun.elapsed().as_secs_f64();
            let parts = [loss.entropy, loss.dice[0], loss.dice[1]];
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
            steps += 1;
            if self.step.is_multiple_of(report_every.max(1)) {
                let losses = sums.map(|sum| sum / steps as f32);
                told(&MaskProgress { step: self.step, seconds: self.seconds, losses });
                (sums, steps) = ([0.0; 3], 0);
            }
            if self.step.is_multiple_of(save_every.max(1)) {
                self.save()?;
            }
        }
        self.save()
    }

    fn advance(&mut self, batch: &MaskBatch, done: f64) -> Result<Loss, MaskError> {
        let count = batch.classes.len() / (SIDE * SIDE);
        let crops = TensorData::new(batch.crops.clone(), [count, 3, SIDE, SIDE]);
        let scores = self.network.scores(&self.weights, Tensor::from_data(crops, &self.device));
        let values = scores.clone().inner().into_data().convert::<f32>().try_into_vec().unwrap_or_default();
        let loss = Loss::of(&values, &batch.classes, SIDE);
        if !loss.total().is_finite() {
            return Err(MaskError::Diverged(self.step));
        }
        // The gradient is known: a sum with it as constant factors has that gradient.
        let pull = TensorData::new(loss.gradient.clone(), [count, Class::COUNT, SIDE, SIDE]);
        let mut all = (scores * Tensor::from_data(pull, &self.device)).sum().backward();
        let gradients = gradients(&self.weights, &mut all);
        self.optimiser.step(&mut self.weights, gradients, self.schedule.rate(self.step, done))?;
        Ok(loss)
    }

    /// Writes a checkpoint and the network file, of the weights' running average.
    ///
    /// # Errors
    /// [`MaskError`]; older checkpoints stay.
    pub fn save(&self) -> Result<(), MaskError> {
        let checkpoint = Checkpoint {
            step: self.step,
            seconds: self.seconds,
            caution: 1.0,
            weights: self.weights.clone(),
            optimiser: self.optimiser.export()?,
            faces: Vec::new(),
        };
        checkpoint.save(&self.folder.join("checkpoints"), KEPT)?;
        let file = self.folder.join(NETWORK_FILE);
        let bytes = export_segmenter(&self.network, &self.optimiser.average(&self.weights))?;
        whole_file::write(&file, &bytes).map_err(|error| MaskError::file(&file, error))
    }
}
