//! Chance: one stream of numbers for each thing that is drawn, so that a run repeats itself on any number of threads
//! and resumes without state.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// What a stream is drawn for; streams of different purposes never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// First values of the weights.
    Weights = 1,
    /// Which faces are in a batch.
    Choice = 2,
    /// How a face is augmented.
    Augmentation = 3,
    /// Whose face a base's batch is to become.
    Person = 4,
    /// First values of the discriminator's weights.
    Discriminator = 5,
    /// Where a face of a clip is cut for the occlusion network.
    Cutting = 6,
    /// What is pasted in front of a face for the occlusion network.
    Pasting = 7,
    /// First values of the expression network's weights.
    Expression = 8,
    /// Which of the subject's samples are of hard faces, and of which.
    Replay = 9,
}

/// The stream for `purpose` that belongs to the numbers `a` and `b` (a step and a slot of its batch, say).
pub fn stream(seed: u64, purpose: Purpose, a: u64, b: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (place, value) in key.chunks_exact_mut(8).zip([seed, purpose as u64, a, b]) {
        place.copy_from_slice(&value.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
