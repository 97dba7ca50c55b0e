//! How many bits a training computes with.

use std::borrow::Cow;

use burn::tensor::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use super::weights::{Parameter, Weights};
use super::zoo::Output;

/// Of the network's passes, forwards and back. Weights, their optimiser, losses and gradients of weights have 32 bits
/// always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ComputePrecision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits with the range of 32 (bfloat16). For GPUs with matrix units for it; the processor's own kernels do
    /// without it.
    Bf16,
}

/// A device that cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the device does not compute in bf16; give --precision f32, or take another --device")]
pub struct NoBf16;

impl ComputePrecision {
    /// Whether `device` can compute so.
    ///
    /// # Errors
    /// [`NoBf16`].
    pub fn check(self, device: &Device) -> Result<(), NoBf16> {
        if device.supports_dtype(self.dtype()) { Ok(()) } else { Err(NoBf16) }
    }

    /// The weights that the network computes with; their gradients go to `weights`.
    pub fn weights(self, weights: &Weights) -> Cow<'_, Weights> {
        let cast = |parameter: &Parameter| {
            let value = parameter.value.clone().cast(self.dtype());
            Parameter { value, ..parameter.clone() }
        };
        match self {
            Self::F32 => Cow::Borrowed(weights),
            Self::Bf16 => Cow::Owned(Weights(weights.0.iter().map(cast).collect())),
        }
    }

    /// What goes into the network.
    pub fn input<const D: usize>(self, input: Tensor<D>) -> Tensor<D> {
        input.cast(self.dtype())
    }

    fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::Bf16 => DType::BF16,
        }
    }
}

/// What a network gave, for losses.
pub fn in_f32(output: Output) -> Output {
    let Output { face, mask, driver_mask, code } = output;
    let picture = |picture: Tensor<4>| picture.cast(DType::F32);
    Output {
        face: picture(face),
        mask: picture(mask),
        driver_mask: driver_mask.map(picture),
        code: code.cast(DType::F32),
    }
}
