//! Why a face was not swapped.

use crate::blend::BlendError;
use crate::swap::EngineError;

/// A face that was not swapped.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SwapError {
    /// The network failed, or gave no numbers.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The crop could not be cut, or the face not be blended.
    #[error(transparent)]
    Blend(#[from] BlendError),
    /// The mask hides nobody, as it is after hull, erode and feather and without what hides the face.
    #[error("what is left of the swap network's mask covers next to nothing of the face")]
    Uncovered,
    /// The device is gone for good.
    #[error("the GPU that ran the network is gone")]
    Lost,
    /// There is nothing that could swap.
    #[error("the model has no engine")]
    NoEngine,
}
