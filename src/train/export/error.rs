//! Why there is no file.

use crate::face::FindError;
use crate::runtime::{NetworkError, RuntimeError};

/// A network that cannot be exported, or whose export cannot be checked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExportError {
    /// No such weights.
    #[error("the weights have no '{0}', which the model needs; they are of another model or version")]
    Missing(String),
    /// Weights of another shape.
    #[error(
        "the weights '{name}' have the shape {found:?} with {values} values, and do not fit a {layer}; they are of another model"
    )]
    Shape {
        /// Parameter.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// How many values it has.
        values: usize,
        /// The layer that needs it.
        layer: String,
    },
    /// Not a number, or infinite.
    #[error("the weights '{0}' hold a value that is not a number; go back to an earlier checkpoint")]
    NotFinite(String),
    /// Beyond the largest 16-bit float.
    #[error("the weights '{name}' hold {value}, which no 16-bit float can; export with --precision fp32")]
    Half {
        /// Parameter.
        name: String,
        /// The value.
        value: f32,
    },
    /// A value whose range was not measured.
    #[error("the ranges for int8 do not have '{0}'; measure them on this model")]
    Range(String),
    /// Metadata that no reader would take.
    #[error("the metadata '{key}' {reason}")]
    Metadata {
        /// Key.
        key: &'static str,
        /// What is wrong, with the mend.
        reason: String,
    },
    /// More than a model file may have.
    #[error(
        "the model would have {0} bytes, and a file can have no more than 2 GiB; export with --precision fp16, or train a smaller model"
    )]
    TooLarge(u64),
    /// Crops of another size, or none.
    #[error("the crops to check with are {found:?}, but should be [N, 3, {side}, {side}] with N at least 1")]
    Crops {
        /// Their shape.
        found: [usize; 4],
        /// Side that the model takes.
        side: usize,
    },
    /// The mesh that looks where faces are drawn cannot be loaded or run.
    #[error(transparent)]
    Find(#[from] FindError),
    /// No ONNX Runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// ONNX Runtime does not run what was written.
    #[error("the exported model does not run: {0}")]
    Network(#[from] NetworkError),
}
