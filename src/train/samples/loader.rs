//! Batches beside the training.

use std::sync::Arc;
use std::thread::JoinHandle;

use burn::tensor::Device;
use crossbeam_channel::{Receiver, Sender, bounded, never};

use super::replay::{FaceLosses, LAG, StepLosses};
use super::{Batch, BatchMaker, Faces, LoaderSettings, RunProgress, SampleError};
use crate::train::zoo::Side;

/// Steps that wait prepared.
pub(super) const DEPTH: usize = 2;

/// Prepares the batches of one step after the other on a thread of its own; dropping it stops that.
#[derive(Debug)]
pub struct Loader {
    batches: Receiver<(Batch, Batch)>,
    /// What steps say of the subject's faces; none where hard ones are not replayed.
    losses: Option<Sender<StepLosses>>,
    thread: Option<JoinHandle<()>>,
}

impl Loader {
    /// Starts with the batches of `first_step`; tensors are made on `device`. `done` gives how much of the run is
    /// over (0..1) before a step, and is asked up to three steps before that step is trained. The batches of a step
    /// are the same whatever step a loader started with, where `done` gives the same for it and `losses` are those
    /// after the step before. Where hard faces are replayed, [`Loader::say`] must be called after every step.
    ///
    /// # Errors
    /// [`SampleError`] where the settings make no batch or the system refuses a thread.
    pub fn start(
        faces: Arc<Faces>,
        settings: &LoaderSettings,
        seed: u64,
        first_step: u64,
        device: Device,
        done: impl Fn(u64) -> f64 + Send + 'static,
        mut losses: FaceLosses,
    ) -> Result<Self, SampleError> {
        let mut maker = BatchMaker::new(&faces, settings, seed)?;
        let (sender, batches) = bounded(DEPTH);
        let (said, steps) = bounded::<StepLosses>(LAG);
        let replays = settings.replay > 0.0;
        let work = move || {
            for step in first_step.. {
                if replays && step > first_step {
                    // It has come already, for a batch that many steps ahead, or nobody will ask for one.
                    losses.advance(|| steps.recv().unwrap_or_default());
                }
                if replays {
                    maker.rank(&faces, &losses);
                }
                let moment = RunProgress { step, done: done(step) };
                let batch = |side| maker.batch(&faces, side, moment, &device);
                if sender.send((batch(Side::A), batch(Side::B))).is_err() {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name("samples".to_owned()).spawn(work).map_err(SampleError::Thread)?;
        Ok(Self { batches, losses: replays.then_some(said), thread: Some(thread) })
    }

    /// The batches of the next step: side A, side B. Waits for them.
    ///
    /// # Errors
    /// [`SampleError::Stopped`] where the thread ended.
    pub fn next(&self) -> Result<(Batch, Batch), SampleError> {
        self.batches.recv().map_err(|_| SampleError::Stopped)
    }

    /// Says how wrong the subject's faces of a step came out, after it; nothing where that is not known.
    pub fn say(&self, step: &StepLosses) {
        if let Some(losses) = &self.losses {
            // A thread that ended is told of with the next batch.
            let _ = losses.send(step.clone());
        }
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        // Without a receiver the thread ends with the batch that it is at.
        self.batches = never();
        self.losses = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
