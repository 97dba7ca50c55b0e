//! ONNX Runtime, loaded at run time: where the library is found, which execution providers it has, and a network with
//! fixed inputs and outputs.

mod library;
mod network;
mod provider;
mod weights;

pub use library::{Runtime, RuntimeError, cached_library};
pub use network::{Network, NetworkError, NetworkOptions};
pub use provider::Provider;
pub use weights::SharedWeights;
