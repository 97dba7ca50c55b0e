//! Face sets in memory, and batches of augmented samples, prepared beside the training.
//!
//! [`Sides`] reads the tables of the face sets (the subject's, those of drivers where there are any, or a troupe's),
//! checks that they fit each other, and says what they will need in memory and what is odd about them.
//! [`Faces::load`] reads the pictures. [`Loader`] gives two batches for every step; [`Pairing`] says what goes into
//! them and what should come out.

mod batch;
mod choice;
mod error;
mod faces;
mod loader;
mod priority;
mod replay;
mod sides;
mod troupe;
mod warning;

pub use batch::{BatchMaker, LoaderSettings, Pairing, RunProgress};
pub use error::SampleError;
pub use faces::Faces;
pub use loader::Loader;
pub use priority::priority;
pub use replay::{FaceLosses, StepLosses};
pub use sides::{MINIMUM_FACES, Sides};
pub use warning::Warning;

use burn::tensor::Tensor;

use crate::train::zoo::{Side, Whose};

/// One side of a batch; all `[N, C, S, S]`, blue, green, red, 0..1.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What goes in: warped (but in the last part of a run), lit, noisy, hidden in places. C = 3.
    pub input: Tensor<4>,
    /// What should come out: the same pose and colours, whole and not warped. C = 3.
    pub target: Tensor<4>,
    /// The face in `target`, 0..1. C = 1.
    pub mask: Tensor<4>,
    /// How much eyes and mouth count beyond the rest in `target`, 0..1. C = 1.
    pub priority: Tensor<4>,
    /// The face in `input` before it was hidden in places, 0..1. C = 1.
    pub driver_mask: Tensor<4>,
    /// Whose face should come out.
    pub whose: Whose,
    /// Whether `target` is what should come out. A driver's face that is to become the subject's has no known answer:
    /// there `target` is the driver's picture, as clean as it is at hand.
    pub answered: bool,
    /// Places of the subject's faces in [`Faces::of`] side B, sample by sample; empty where others are shown.
    pub subject: Vec<usize>,
}

impl Batch {
    /// The same faces, to become the subject's, of which nobody knows how they should look.
    #[must_use]
    pub fn swapped(&self) -> Self {
        Self { whose: Side::B.into(), answered: false, ..self.clone() }
    }
}
