//! A model's dense weights, which are most of it, for the engines to share.

use prost::Message;

use super::ModelFile;
use crate::onnx::{DataType, Model};
use crate::runtime::{NetworkError, SharedWeights};

/// Smallest weights worth sharing, in bytes.
const WORTH_SHARING: usize = 64 * 1024;

/// The float32 matrices of a model. Convolutions are left out: each session rearranges theirs.
pub(super) fn dense_weights(model: &ModelFile) -> Result<SharedWeights, NetworkError> {
    let decoded = Model::decode(model.bytes()).map_err(|error| NetworkError::Runtime(error.to_string()))?;
    let mut shared = SharedWeights::default();
    for tensor in decoded.graph.into_iter().flat_map(|graph| graph.initializer) {
        let Some(raw) = tensor.raw_data.filter(|raw| raw.len() >= WORTH_SHARING) else { continue };
        if tensor.data_type == DataType::Float as i32 && tensor.dims.len() == 2 {
            let values = raw.as_chunks().0.iter().map(|&value| f32::from_le_bytes(value)).collect();
            shared.add(&tensor.name, tensor.dims, values)?;
        }
    }
    Ok(shared)
}
