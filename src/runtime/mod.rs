//! ONNX Runtime, loaded at run time: where the library is found, which execution providers it has, and a network with
//! fixed inputs and outputs, some of whose nodes it is given in another form (`rewrite`).

mod library;
mod network;
mod provider;
mod rewrite;
mod weights;

pub use library::{Runtime, RuntimeError, cached_library};
pub use network::{Network, NetworkError, NetworkOptions};
pub use provider::Provider;
pub use weights::SharedWeights;
