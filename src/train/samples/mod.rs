//! Face sets in memory, and batches of augmented samples, prepared beside the training.

use burn::tensor::Tensor;

/// One side of a batch; all `[N, C, S, S]`, blue, green, red, 0..1.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What goes in: warped, lit, noisy, hidden in places. C = 3.
    pub input: Tensor<4>,
    /// What should come out: the same pose and colours, whole and not warped. C = 3.
    pub target: Tensor<4>,
    /// The face in `target`, 0..1. C = 1.
    pub mask: Tensor<4>,
    /// How much eyes and mouth count beyond the rest in `target`, 0..1. C = 1.
    pub priority: Tensor<4>,
}
