//! Which numbers a model is computed with on a GPU: 16-bit floats are half of the memory traffic, where the picture stays
//! the same.

use burn::tensor::{DType, Device, FloatDType, Tensor, TensorData};
use half::f16;

use super::network::BurnNetwork;
use super::{BurnEngineError, guarded};
use crate::blend::gpu::GpuDevice;
use crate::swap::ModelFile;
use crate::swap::engine::EngineError;

/// Of which numbers weights and values are; the crop and the pictures are 32-bit floats either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats.
    Single,
    /// 16-bit floats; our own convolution sums in 32-bit ones.
    Half,
}

impl Precision {
    /// `tensor` in these numbers.
    pub fn of(self, tensor: Tensor<1>) -> Tensor<1> {
        match self {
            Self::Single => tensor.cast(FloatDType::F32),
            Self::Half => tensor.cast(FloatDType::F16),
        }
    }

    /// `values` in these numbers on `device`.
    pub(super) fn upload(self, values: Vec<f32>, device: &Device) -> Tensor<1> {
        match self {
            Self::Single => super::tensor(values, device),
            Self::Half => {
                let values: Vec<f16> = values.into_iter().map(f16::from_f32).collect();
                let count = values.len();
                Tensor::from_data(TensorData::new(values, [count]), (device, DType::F16))
            }
        }
    }
}

/// The largest difference of a value that is taken, of 0..1: four codes of a frame.
pub const HALF_MOST: f32 = 4.0 / 255.0;
/// And the mean difference: half a code.
pub const HALF_MEAN: f32 = 0.5 / 255.0;

/// A network on `gpu`, held against the processor on a crop of slopes and grain: of 16-bit floats where the adapter has them
/// and gives the same within [`HALF_MOST`] and [`HALF_MEAN`], else of 32-bit ones.
///
/// # Errors
/// [`BurnEngineError`]; also where even 32-bit floats come out otherwise, which a driver that computes wrongly gives.
pub(super) fn network(model: &ModelFile, gpu: &GpuDevice) -> Result<BurnNetwork, BurnEngineError> {
    let refused = |reason: String| BurnEngineError::device(model, reason);
    let device = gpu.burn().map_err(|error| refused(error.to_string()))?;
    let processor = BurnNetwork::new(model, &Device::flex(), Precision::Single)?;
    let expected = outputs(&processor).map_err(|error| refused(error.to_string()))?;
    drop(processor);
    if gpu.device().features().contains(wgpu::Features::SHADER_F16)
        && let Ok(half) = BurnNetwork::new(model, &device, Precision::Half)
    {
        if outputs(&half).is_ok_and(|found| close(&found, &expected)) {
            return Ok(half);
        }
        drop(half);
        device.memory_cleanup();
    }
    let single = BurnNetwork::new(model, &device, Precision::Single)?;
    let found = outputs(&single);
    // What the driver said of it, memory that ran out above all, before what came of it.
    gpu.check().map_err(|error| refused(format!("{error}; the network has {}", size(&single))))?;
    let found = found.map_err(|error| refused(format!("{error}; the network has {}", size(&single))))?;
    // A model that gives no numbers is told of where it is warmed up.
    if close(&found, &expected) || expected.iter().any(|value| !value.is_finite()) {
        return Ok(single);
    }
    Err(refused(format!(
        "{} draws another picture than the processor; update its driver, or use device=cpu",
        gpu.info()
    )))
}

/// What it gives, clamped as whoever uses it does, for each way that a morph may take.
fn outputs(network: &BurnNetwork) -> Result<Vec<f32>, EngineError> {
    let crop = trial(network.contract.resolution);
    let morphs: &[f32] = if network.contract.has_morph { &[0.0, 0.5, 1.0] } else { &[0.0] };
    let mut all = Vec::new();
    for &morph in morphs {
        for output in guarded(|| network.compute(super::tensor(crop.clone(), &network.device), morph))? {
            super::read(output, |values| all.extend(values.iter().map(|value| value.clamp(0.0, 1.0))))?;
        }
    }
    Ok(all)
}

/// Its weights and values, in words.
fn size(network: &BurnNetwork) -> String {
    let values: usize = network.graph.shapes.iter().map(|shape| shape.iter().product::<usize>()).sum();
    let mebibytes = |count: usize| (4 * count).div_ceil(1 << 20);
    format!("{} MiB of weights and at most {} MiB of values", mebibytes(network.graph.parameters()), mebibytes(values))
}

/// Slopes, edges and grain, as a face has them.
fn trial(side: usize) -> Vec<f32> {
    let value = |i: usize| {
        let (x, y, channel) =
            ((i / 3 % side) as f32 / side as f32, (i / 3 / side) as f32 / side as f32, (i % 3) as f32);
        let grain = ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32;
        0.1 * grain + 0.45 + 0.4 * ((x * 21.0 + channel).sin() * (y * 17.0 + 0.3 * channel).cos())
    };
    (0..side * side * 3).map(value).collect()
}

/// Whether both are numbers and near each other; not where there are none.
fn close(found: &[f32], expected: &[f32]) -> bool {
    let differences = || found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    let mean = differences().sum::<f32>() / found.len() as f32;
    // NaN is not less than anything.
    found.len() == expected.len() && differences().all(|one| one <= HALF_MOST) && mean <= HALF_MEAN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_and_a_number_will_do() {
        assert!(close(&[0.5, 0.25], &[0.501, 0.251]));
        assert!(!close(&[0.5, 0.25], &[0.52, 0.25]), "more than the largest");
        assert!(!close(&[0.5, 0.25], &[0.504, 0.254]), "more than the mean");
        assert!(!close(&[f32::NAN, 0.25], &[0.5, 0.25]));
        assert!(!close(&[], &[]));
        assert!(trial(64).iter().all(|value| (0.0..=1.0).contains(value)));
    }
}
