//! Batches beside the training.

use std::sync::Arc;

use rand::RngExt;

use super::outputs::{Values, mirrored};
use super::reader::ExpressionShot;
use super::{ExpressionError, SIDE};
use crate::train::augment::{AugmentSettings, Augmenter, Buffers};
use crate::train::random::{Purpose, stream};

/// Most that a mask is taken in at its edge, in px: drawn masks are not as exact as true ones.
const TAKEN_IN: usize = 4;

/// Crops, where their faces are, and what those do.
#[derive(Debug, Clone)]
pub struct ExpressionBatch {
    /// `[N, 3, SIDE, SIDE]`: blue, green, red, 0..1.
    pub crops: Vec<f32>,
    /// `[N, 1, SIDE, SIDE]`, 0..1.
    pub masks: Vec<f32>,
    /// What each face does.
    pub values: Vec<Values>,
}

/// How crops are changed: other skins and lights, all that a camera does, and often the softness of decoders, up to a
/// Gaussian of 3 px. What would move lids or lips is left out.
pub fn augmentation() -> AugmentSettings {
    AugmentSettings {
        rotation: 5.0,
        scale: 0.05,
        shift: 0.02,
        flip_a: true,
        warp: 0.0,
        proportions_chance: 0.0,
        transfer_chance: 0.0,
        fringe_chance: 0.0,
        glasses_chance: 0.04,
        occluder_chance: 0.0,
        skin_chance: 0.5,
        light_chance: 0.5,
        light: 1.0,
        shadow_chance: 0.15,
        gamma_chance: 0.3,
        cast_chance: 0.35,
        tone_chance: 0.25,
        blur_chance: 0.7,
        blur: 3.0 / SIDE as f32,
        motion_chance: 0.05,
        shrink_chance: 0.1,
        noise_chance: 0.3,
        ..AugmentSettings::default()
    }
}

/// Makes the batches of a run: the same for a seed and a step, whatever step a run goes on from.
#[derive(Debug)]
pub struct ExpressionBatchMaker {
    /// One list a clip.
    clips: Arc<Vec<Vec<ExpressionShot>>>,
    augmenter: Augmenter,
    count: usize,
    seed: u64,
}

impl ExpressionBatchMaker {
    /// Of `count` crops each, of one clip as often as of another.
    ///
    /// # Errors
    /// [`ExpressionError::Nothing`] where a clip has nothing to train on.
    pub fn new(clips: Arc<Vec<Vec<ExpressionShot>>>, count: usize, seed: u64) -> Result<Self, ExpressionError> {
        if clips.is_empty() || clips.iter().any(Vec::is_empty) {
            return Err(ExpressionError::Nothing);
        }
        Ok(Self { clips, augmenter: Augmenter::new(augmentation(), SIDE)?, count, seed })
    }

    /// The batch of a step.
    pub fn batch(&self, step: u64, buffers: &mut Buffers) -> ExpressionBatch {
        let pixels = SIDE * SIDE;
        let mut batch = ExpressionBatch {
            crops: vec![0.0; self.count * 3 * pixels],
            masks: vec![0.0; self.count * pixels],
            values: Vec::with_capacity(self.count),
        };
        let slots = batch.crops.chunks_exact_mut(3 * pixels).zip(batch.masks.chunks_exact_mut(pixels));
        for (slot, (crop, mask)) in slots.enumerate() {
            let mut rng = stream(self.seed, Purpose::Choice, step, slot as u64);
            let clip = &self.clips[rng.random_range(0..self.clips.len())];
            let shot = &clip[rng.random_range(0..clip.len())];
            let mut rng = stream(self.seed, Purpose::Augmentation, step, slot as u64);
            self.augmenter.show(&shot.source, true, &mut rng, buffers, crop);
            self.augmenter.film(crop, &mut rng, buffers);
            mask.copy_from_slice(buffers.face());
            for _ in 0..rng.random_range(0..=TAKEN_IN) {
                take_in(mask);
            }
            // A mirrored crop is read from right to left.
            let turned = buffers.places()[0].x > buffers.places()[SIDE - 1].x;
            batch.values.push(if turned { mirrored(shot.values) } else { shot.values });
        }
        batch
    }
}

/// Takes a mask in by a pixel: the least of each pixel and those beside it.
fn take_in(mask: &mut [f32]) {
    let least = |line: &mut dyn FnMut(usize) -> f32, n: usize| {
        let from = n.saturating_sub(1);
        (from..=(n + 1).min(SIDE - 1)).map(line).fold(f32::INFINITY, f32::min)
    };
    let rows = mask.to_vec();
    for (n, value) in mask.iter_mut().enumerate() {
        let row = n / SIDE * SIDE;
        *value = least(&mut |x| rows[row + x], n % SIDE);
    }
    let columns = mask.to_vec();
    for (n, value) in mask.iter_mut().enumerate() {
        *value = least(&mut |y| columns[y * SIDE + n % SIDE], n / SIDE);
    }
}
