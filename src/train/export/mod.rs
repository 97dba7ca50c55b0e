//! A trained network as a `.dfm`: ONNX with the inputs and outputs of [`crate::swap::contract`].
//!
//! [`export`] walks the blueprint as [`Network::swap`] runs it, and writes a node where that computes. [`verify`]
//! runs the file in ONNX Runtime and the network in burn on the same crops: what is written is what was trained.
//!
//! The graph is laid out for ONNX Runtime on a processor: pictures stay channels-first from the one Transpose at the
//! start to the one before the face, since the runtime blocks channels for its convolutions itself and joins them
//! with the activation behind; a mask, one channel, changes layout by a Reshape, which copies nothing; casts of
//! weights are folded at load.

mod agreement;
mod error;
mod graph;
mod layers;
mod metadata;
mod picture;
mod quantise;
mod registration;
mod segmenter;
mod sharpness;
mod wiring;

pub use agreement::{Agreement, verify};
pub use error::ExportError;
pub use metadata::Metadata;
pub use quantise::{Ranges, calibrate};
pub use registration::{registration, skull_centre_of};
pub use segmenter::export_segmenter;
pub use sharpness::{Crops, sharpness};

use prost::Message;

use super::weights::Weights;
use super::zoo::Network;
use crate::onnx::{Model, OperatorSet};
use crate::swap::decode::MAX_FILE;
use graph::Builder;

/// ONNX operator set that is written; 13 is the first with DepthToSpace, per-axis DequantizeLinear and Cast all as used
/// here, and older than any ONNX Runtime in use.
const OPSET: i64 = 13;
/// The container's version that came with that operator set.
const IR_VERSION: i64 = 7;

/// How weights are kept in the file. Inputs and outputs are float32 always.
#[derive(Debug, Clone, Copy)]
pub enum Precision<'a> {
    /// 32-bit floats.
    Fp32,
    /// Weights of convolutions and dense layers as 16-bit floats, half the size, with a Cast each that the runtime
    /// folds when it loads; biases, a head for the driver's mask and all computation stay float32.
    Fp16,
    /// Weights as 8-bit integers with a scale for each output channel, values between layers as bytes with the scales
    /// of these ranges. The last convolution of each picture stays float32: 8 bits of what a sigmoid spreads are seen
    /// as bands.
    Int8(&'a Ranges),
}

impl Precision<'_> {
    /// Its name on the command line and in the metadata.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Fp16 => "fp16",
            Self::Int8(_) => "int8",
        }
    }

    /// The largest difference from the trained network, of values 0..1, with which a file may be written: rounding of
    /// sums for fp32, five steps of 8 bits for fp16. None for int8, whose loss is stated instead.
    pub const fn tolerance(self) -> Option<f32> {
        match self {
            Self::Fp32 => Some(1e-3),
            Self::Fp16 => Some(2e-2),
            Self::Int8(_) => None,
        }
    }
}

/// The bytes of a `.dfm` that swaps as [`Network::swap`] does. The same arguments give the same bytes.
///
/// # Errors
/// [`ExportError`] where weights are missing, of another shape, not finite or too large for 16 bits, where the metadata
/// holds what no reader takes, or where the file would have more than 2 GiB.
pub fn export(
    network: &Network,
    weights: &Weights,
    metadata: &Metadata,
    precision: Precision<'_>,
) -> Result<Vec<u8>, ExportError> {
    let entries = metadata.entries(network.blueprint().resolution, precision)?;
    let graph = wiring::swap(network.blueprint(), Builder::new(weights, precision))?;
    let model = Model {
        ir_version: IR_VERSION,
        producer_name: "standin-train".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
        metadata_props: entries,
        ..Model::default()
    };
    let length = model.encoded_len() as u64;
    match length > MAX_FILE {
        true => Err(ExportError::TooLarge(length)),
        false => Ok(model.encode_to_vec()),
    }
}
