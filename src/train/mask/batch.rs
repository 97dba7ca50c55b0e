//! Batches beside the training.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, bounded, never};
use rand::RngExt;

use super::paste::paste;
use super::things::Cutouts;
use super::{Class, MaskError, MaskShots, SIDE};
use crate::train::augment::{AugmentSettings, Augmenter, Buffers};
use crate::train::random::{Purpose, stream};

/// Batches that wait prepared.
const DEPTH: usize = 3;

/// Crops and what their pixels are.
#[derive(Debug, Clone)]
pub struct MaskBatch {
    /// `[N, 3, SIDE, SIDE]`: blue, green, red, 0..1.
    pub crops: Vec<f32>,
    /// `[N, SIDE, SIDE]`.
    pub classes: Vec<Class>,
}

/// How crops are changed: all that a camera does, other skins and lights, beards, make-up and glasses; a fringe is
/// not drawn, since it would be hair of which the classes do not know.
pub fn augmentation() -> AugmentSettings {
    AugmentSettings {
        rotation: 12.0,
        scale: 0.12,
        shift: 0.05,
        flip_a: true,
        warp: 0.0,
        proportions_chance: 0.0,
        transfer_chance: 0.0,
        fringe_chance: 0.0,
        occluder_chance: 0.0,
        skin_chance: 0.4,
        glasses_chance: 0.12,
        blur_chance: 0.15,
        motion_chance: 0.1,
        shrink_chance: 0.15,
        noise_chance: 0.3,
        noise: 0.05,
        cast_chance: 0.35,
        tone_chance: 0.25,
        subsampling_chance: 0.2,
        jpeg_chance: 0.2,
        ..AugmentSettings::default()
    }
}

/// Makes the batches of a run: the same for a seed and a step, whatever step a run goes on from.
pub struct MaskBatchMaker {
    shots: Arc<MaskShots>,
    cutouts: Cutouts,
    augmenter: Augmenter,
    count: usize,
    seed: u64,
}

impl MaskBatchMaker {
    /// Of `count` crops each.
    ///
    /// # Errors
    /// [`MaskError::Nothing`] where there is nothing to train on.
    pub fn new(shots: Arc<MaskShots>, count: usize, seed: u64) -> Result<Self, MaskError> {
        if shots.trained.is_empty() {
            return Err(MaskError::Nothing(
                "nothing to train on: every crop is of somebody who is held back".to_owned(),
            ));
        }
        let cutouts = Cutouts::of(&shots.trained);
        Ok(Self { shots, cutouts, augmenter: Augmenter::new(augmentation(), SIDE)?, count, seed })
    }

    /// The batch of a step.
    pub fn batch(&self, step: u64, buffers: &mut Buffers) -> MaskBatch {
        let pixels = SIDE * SIDE;
        let mut batch = MaskBatch {
            crops: vec![0.0; self.count * 3 * pixels],
            classes: vec![Class::Background; self.count * pixels],
        };
        let pictures = batch.crops.chunks_exact_mut(3 * pixels).zip(batch.classes.chunks_exact_mut(pixels));
        for (slot, (planes, classes)) in pictures.enumerate() {
            let mut rng = stream(self.seed, Purpose::Choice, step, slot as u64);
            let shot = &self.shots.trained[rng.random_range(0..self.shots.trained.len())];
            let mut rng = stream(self.seed, Purpose::Augmentation, step, slot as u64);
            self.augmenter.show(shot.source(), true, &mut rng, buffers, planes);
            for (class, &place) in classes.iter_mut().zip(buffers.places()) {
                *class = shot.class_at(place);
            }
            let mut pasting = stream(self.seed, Purpose::Pasting, step, slot as u64);
            paste(&self.shots.trained, &self.cutouts, planes, classes, &mut pasting);
            self.augmenter.film(planes, &mut rng, buffers);
        }
        batch
    }
}

/// Prepares batch after batch on a thread of its own; dropping it stops that.
#[derive(Debug)]
pub struct Loader<B = MaskBatch> {
    batches: Receiver<B>,
    thread: Option<JoinHandle<()>>,
}

impl Loader {
    /// Starts with the batch of `first_step`.
    ///
    /// # Errors
    /// [`MaskError::Batches`] where the system refuses a thread.
    pub fn start(maker: MaskBatchMaker, first_step: u64) -> Result<Self, MaskError> {
        let mut buffers = Buffers::default();
        Self::of(move |step| maker.batch(step, &mut buffers), first_step)
    }
}

impl<B: Send + 'static> Loader<B> {
    /// Starts with the batch that `make` makes for `first_step`.
    ///
    /// # Errors
    /// [`MaskError::Batches`] where the system refuses a thread.
    pub fn of(mut make: impl FnMut(u64) -> B + Send + 'static, first_step: u64) -> Result<Self, MaskError> {
        let (sender, batches) = bounded(DEPTH);
        let work = move || (first_step..).take_while(|&step| sender.send(make(step)).is_ok()).for_each(drop);
        let thread = std::thread::Builder::new().name("samples".to_owned()).spawn(work);
        let thread = thread.map_err(|error| MaskError::Batches(error.to_string()))?;
        Ok(Self { batches, thread: Some(thread) })
    }

    /// The next batch. Waits for it.
    ///
    /// # Errors
    /// [`MaskError::Batches`] where the thread ended.
    pub fn next(&self) -> Result<B, MaskError> {
        self.batches.recv().map_err(|_| MaskError::Batches("the thread that prepares them stopped".to_owned()))
    }
}

impl<B> Drop for Loader<B> {
    fn drop(&mut self) {
        // Without a receiver the thread ends with the batch that it is at.
        self.batches = never();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
