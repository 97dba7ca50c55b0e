//! How much memory a training needs, before it starts.

use super::{Recipe, SessionError};
use crate::train::zoo::Network;

/// Bytes that a training needs, by what they are for. An estimate: what the tensors hold, not what allocators round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Weights, two moments, the average; a copy of all these while a checkpoint is written; and the gradients of
    /// what is trained.
    pub weights: u64,
    /// What the layers of both sides keep for the way back.
    pub activations: u64,
    /// The faces, in the host's memory.
    pub faces: u64,
    /// The batches in use and waiting, on the device.
    pub batches: u64,
}

impl Memory {
    /// For a network, and faces and batches of that many bytes.
    pub fn of(network: &Network, recipe: &Recipe, faces: u64, batches: u64) -> Self {
        let averaged = usize::from(recipe.optimiser.average > 0.0);
        let counts = network.parameters().iter().map(|wanted| (wanted, wanted.shape.iter().product::<usize>()));
        let (count, trained) = counts.fold((0, 0), |(all, trained), (wanted, count)| {
            (all + count, trained + if recipe.trains(&wanted.name) { count } else { 0 })
        });
        // The optimiser has moments for what is not trained too, all zero.
        let weights = 4 * (count * (6 + 2 * averaged) + trained);
        // A layer's output is kept for its own way back and for its activation's, and has a gradient on the way.
        let kept = 3 * 4 * recipe.batch * network.values_between();
        // Where networks judge, the drawn faces go through about as much again.
        let losses = &recipe.losses;
        let judged = losses.needs_encoder() || losses.adversarial > 0.0 || losses.expression > 0.0;
        let activations = kept as u64 * if judged { 2 } else { 1 };
        Self { weights: weights as u64, activations, faces, batches }
    }

    /// Whether a device with `free` bytes of memory of its own has room; the faces stay in the host's.
    ///
    /// # Errors
    /// [`SessionError::Memory`], with the batch that would fit.
    pub fn check(&self, batch: usize, free: u64) -> Result<(), SessionError> {
        let of_batch = self.activations + self.batches;
        let needed = self.weights + of_batch;
        if needed <= free {
            return Ok(());
        }
        let for_one = of_batch.div_ceil(batch.max(1) as u64).max(1);
        let fits = free.saturating_sub(self.weights) / for_one;
        let batch = usize::try_from(fits).ok().filter(|&batch| batch > 0);
        Err(SessionError::Memory { needed, free, batch })
    }

    /// All together.
    pub fn total(&self) -> u64 {
        self.weights + self.activations + self.faces + self.batches
    }
}

impl std::fmt::Display for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mib = |bytes: u64| bytes.div_ceil(1 << 20);
        write!(
            f,
            "about {} MiB: {} for the weights and their optimiser, {} for a batch, {} for the faces",
            mib(self.total()),
            mib(self.weights),
            mib(self.activations + self.batches),
            mib(self.faces)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_without_room_is_refused_with_the_batch_that_fits() {
        let memory = Memory { weights: 100 << 20, activations: 72 << 20, batches: 8 << 20, faces: 1 << 40 };
        assert!(memory.check(8, 180 << 20).is_ok(), "the faces are elsewhere");
        let Err(SessionError::Memory { batch, .. }) = memory.check(8, 155 << 20) else { unreachable!() };
        assert_eq!(batch, Some(5));
        let error = memory.check(8, 90 << 20).map_err(|error| error.to_string());
        let expected = "the training needs about 180 MiB on the device, which has 90 MiB free: not even --batch 1 fits; \
                        take a smaller --resolution or model, or --device cpu";
        assert_eq!(error, Err(expected.to_owned()));
    }
}
