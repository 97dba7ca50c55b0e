//! What weights are before they are trained.

use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;

use super::ParameterShape;
use crate::train::random::{Purpose, stream};
use crate::train::weights::{Parameter, Weights};

/// Uniform with variance `2 / ((1 + 0.1²) · fan-in)` (K. He et al., "Delving deep into rectifiers", ICCV 2015, for
/// the leaky ReLU), biases 0, gains 1. Those that are named in `small` start ten times smaller.
pub(super) fn first_weights(
    parameters: &[ParameterShape],
    small: &[String],
    (seed, purpose): (u64, Purpose),
    device: &Device,
) -> Weights {
    let parameter = |(i, wanted): (usize, &ParameterShape)| {
        let count = wanted.shape.iter().product::<usize>();
        let mut values = vec![if wanted.name.ends_with(".gain") { 1.0_f32 } else { 0.0 }; count];
        if wanted.name.ends_with(".weight") {
            let fan_in = if wanted.shape.len() == 4 { count / wanted.shape[0] } else { wanted.shape[0] };
            let bound = (6.0 / (1.01 * fan_in as f32)).sqrt() * if small.contains(&wanted.name) { 0.1 } else { 1.0 };
            let mut numbers = stream(seed, purpose, i as u64, 0);
            values.iter_mut().for_each(|value| *value = numbers.random_range(-bound..bound));
        }
        let value = Tensor::from_data(TensorData::new(values, [count]), device);
        Parameter { name: wanted.name.clone(), shape: wanted.shape.clone(), value }
    };
    Weights(parameters.iter().enumerate().map(parameter).collect())
}
