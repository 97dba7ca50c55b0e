//! What can go wrong while faces are found.

use crate::runtime::NetworkError;

/// A finder that could not be made, or failed on a frame.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FindError {
    /// A network that is compiled in was refused.
    #[error("the {network} could not be loaded ({source}); check that the ONNX Runtime library is 1.17 or newer")]
    Load {
        /// Which one.
        network: &'static str,
        /// Why.
        source: NetworkError,
    },
    /// A network failed on a frame.
    #[error("the {network} failed on a frame ({source}); the next frame may succeed, else restart the pipeline")]
    Run {
        /// Which one.
        network: &'static str,
        /// Why.
        source: NetworkError,
    },
}
