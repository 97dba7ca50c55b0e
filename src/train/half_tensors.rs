//! Files of named tensors as 16-bit floats, with a header of JSON in their metadata: safetensors.

use std::collections::HashMap;

use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Shapes and values by name.
pub(super) type Tensors = HashMap<String, (Vec<usize>, Vec<f32>)>;

/// What a file is, for its metadata and for errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    /// What it holds, with its article: `a base`.
    pub(super) what: &'static str,
    /// Key of the header in the metadata.
    pub(super) key: &'static str,
    /// The only version that is read; the header has it in its field `version`.
    pub(super) version: u32,
}

impl Format {
    /// Header and tensors of a file.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn read<H: DeserializeOwned>(&self, bytes: &[u8]) -> Result<(H, Tensors), String> {
        let Self { what, key, version } = self;
        let no = format!("no {}", what.trim_start_matches("an ").trim_start_matches("a "));
        let damaged = |error| format!("the file is damaged or {no}: {error}");
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let text = metadata.metadata().as_ref().and_then(|all| all.get(*key));
        let text = text.ok_or_else(|| format!("its metadata lacks `{key}`: it is {no}"))?;
        let value: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(found) if found == u64::from(*version) => {}
            found => {
                let found = found.map_or_else(|| "no version".to_owned(), |version| format!("version {version}"));
                return Err(format!("{what} of {found}; this program reads version {version}"));
            }
        }
        let header = serde_json::from_value(value).map_err(|error| format!("{key}: {error}"))?;
        let tensors = tensors.iter().map(|(name, tensor)| {
            if tensor.dtype() != Dtype::F16 {
                return Err(format!("{name} is not float16"));
            }
            let halves = tensor.data().chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]));
            let values = finite(name, halves)?.into_iter().map(f16::to_f32).collect();
            Ok((name.to_owned(), (tensor.shape().to_vec(), values)))
        });
        Ok((header, tensors.collect::<Result<_, _>>()?))
    }

    /// The file of a header and tensors.
    ///
    /// # Errors
    /// A sentence, also where a value is no number or too large for 16 bits.
    pub(super) fn write(&self, header: &impl Serialize, tensors: &Tensors) -> Result<Vec<u8>, String> {
        let halves: Vec<(&String, &Vec<usize>, Vec<u8>)> = tensors
            .iter()
            .map(|(name, (shape, values))| {
                let halves = finite(name, values.iter().copied().map(f16::from_f32))?;
                Ok((name, shape, halves.into_iter().flat_map(f16::to_le_bytes).collect()))
            })
            .collect::<Result<_, String>>()?;
        let views = halves
            .iter()
            .map(|(name, shape, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F16, (*shape).clone(), bytes)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|error| error.to_string())?;
        let header = serde_json::to_string(header).map_err(|error| error.to_string())?;
        let metadata = HashMap::from([(self.key.to_owned(), header)]);
        safetensors::serialize(views, Some(metadata)).map_err(|error| error.to_string())
    }
}

/// The values of a tensor, or why they cannot be kept.
fn finite(name: &str, halves: impl Iterator<Item = f16>) -> Result<Vec<f16>, String> {
    let good = |value: f16| value.is_finite().then_some(value);
    let values: Option<Vec<f16>> = halves.map(good).collect();
    values.ok_or_else(|| format!("{name} holds a value that is no number, or too large for 16 bits"))
}
