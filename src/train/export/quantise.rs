//! Eight bits: ranges of the values between layers, measured, and the integers of weights.
//!
//! `value = step · (byte − zero)`: B. Jacob et al., "Quantization and training of neural networks for efficient
//! integer-arithmetic-only inference", CVPR 2018. Weights have one step an output channel and zero at 0.

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use prost::Message;

use super::agreement::{crop_rows, engine_options};
use super::graph::Axis;
use super::{ExportError, Metadata, Precision, export};
use crate::onnx::{DataType, Dimension, Model, TensorType, Type, ValueInfo};
use crate::runtime::{Network as OnnxNetwork, NetworkError, Runtime, SharedWeights};
use crate::train::weights::Weights;
use crate::train::zoo::Network;

/// Largest integer of a weight. Processors without VNNI add pairs of products of bytes in 16 bits, which overflow
/// from 65 on (255 · 2 · 65 > 32767); with 64 a file computes the same on all.
const WEIGHT_STEPS: f32 = 64.0;

/// How bytes stand for values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    /// Between two bytes.
    pub(super) step: f32,
    /// The byte of 0.
    pub(super) zero: u8,
}

/// Least and largest that each value of a network was on some crops; for [`Precision::Int8`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranges(BTreeMap<String, (f32, f32)>);

impl Ranges {
    pub(super) fn scale(&self, value: &str) -> Option<Scale> {
        let (low, high) = *self.0.get(value)?;
        // Zero has a byte of its own, so that padding is exact.
        let (low, high) = (low.min(0.0), high.max(0.0));
        let step = if high > low { (high - low) / 255.0 } else { 1.0 / 255.0 };
        Some(Scale { step, zero: (-low / step).round().clamp(0.0, 255.0) as u8 })
    }

    fn widen(&mut self, name: &str, values: &[f32]) {
        let range = self.0.entry(name.to_owned()).or_insert((f32::INFINITY, f32::NEG_INFINITY));
        *range = values.iter().fold(*range, |(low, high), &value| (low.min(value), high.max(value)));
    }
}

/// Runs the float32 export on crops `[N, 3, S, S]` (blue, green, red, 0..1) with everything between its layers as
/// outputs.
///
/// # Errors
/// [`ExportError`] as [`export`] and [`super::verify`] have it.
pub fn calibrate(network: &Network, weights: &Weights, crops: &Tensor<4>) -> Result<Ranges, ExportError> {
    let rows = crop_rows(crops, network)?;
    let bytes = export(network, weights, &Metadata::default(), Precision::Fp32)?;
    let mut model = Model::decode(bytes.as_slice()).map_err(|error| NetworkError::Runtime(error.to_string()))?;
    let names = expose(&mut model);
    let mut engine = OnnxNetwork::as_written(
        &Runtime::load(None)?,
        &model.encode_to_vec(),
        engine_options(),
        &SharedWeights::default(),
    )?;
    let mut ranges = Ranges::default();
    for row in rows {
        engine.input_mut(0).copy_from_slice(&row);
        engine.run()?;
        for name in &names {
            let output = engine.output_named(name).ok_or_else(|| ExportError::Range(name.clone()))?;
            ranges.widen(name, engine.output(output));
        }
    }
    Ok(ranges)
}

/// Makes every value an output, for a batch of one, and gives their names.
fn expose(model: &mut Model) -> Vec<String> {
    let graph = model.graph.get_or_insert_default();
    for input in &mut graph.input {
        let tensor = input.r#type.get_or_insert_default().tensor_type.get_or_insert_default();
        if let Some(batch) = tensor.shape.get_or_insert_default().dim.first_mut() {
            *batch = Dimension { dim_value: Some(1), dim_param: None };
        }
    }
    let names: Vec<String> = graph.node.iter().flat_map(|node| node.output.clone()).collect();
    let tensor_type = Some(TensorType { elem_type: DataType::Float as i32, shape: None });
    let value =
        |name: &String| ValueInfo { name: name.clone(), r#type: Some(Type { tensor_type: tensor_type.clone() }) };
    graph.output = names.iter().map(value).collect();
    names
}

/// Steps, one an output channel, and the integers of a weight. A channel that is next to nothing beside its bias gets
/// steps wide enough for the bias to be counted in them.
pub(super) fn quantised_weights(values: &[f32], bias: &[f32], axis: Axis) -> (Vec<f32>, Vec<i8>) {
    let channels = bias.len().max(1);
    let each = (values.len() / channels).max(1);
    let channel = |place: usize| if axis == Axis::First { place / each } else { place % channels };
    let mut largest = vec![0.0_f32; channels];
    for (place, value) in values.iter().enumerate() {
        largest[channel(place)] = largest[channel(place)].max(value.abs());
    }
    let step = |(largest, bias): (&f32, &f32)| {
        let step = (largest / WEIGHT_STEPS).max(bias.abs() / (1 << 20) as f32);
        if step > 0.0 { step } else { 1.0 }
    };
    let steps: Vec<f32> = largest.iter().zip(bias).map(step).collect();
    let integer = |(place, value): (usize, &f32)| (value / steps[channel(place)]).round() as i8;
    let integers = values.iter().enumerate().map(integer).collect();
    (steps, integers)
}

/// The integers of a bias, in steps of input times weight.
pub(super) fn quantised_bias(bias: &[f32], steps: &[f32], input: Scale) -> Vec<i32> {
    bias.iter().zip(steps).map(|(bias, step)| (bias / (step * input.step)).round() as i32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_stand_for_the_values() {
        let input = Scale { step: 0.5, zero: 3 };
        // A dense layer from two features to two: channel 0 holds 1 and -2, channel 1 holds 0.25 and 0.5.
        let (steps, integers) = quantised_weights(&[1.0, 0.25, -2.0, 0.5], &[0.75, -0.5], Axis::Last);
        assert_eq!(steps, [2.0 / 64.0, 0.5 / 64.0]);
        assert_eq!(integers, [32, 32, -64, 64]);
        assert_eq!(quantised_bias(&[0.75, -0.5], &steps, input), [48, -128]);
        // The same numbers as a convolution: channel 0 holds 1 and 0.25.
        let (steps, integers) = quantised_weights(&[1.0, 0.25, -2.0, 0.5], &[0.0, 0.0], Axis::First);
        assert_eq!((steps.as_slice(), integers.as_slice()), (&[1.0 / 64.0, 2.0 / 64.0][..], &[64, 16, -64, 16][..]));
    }

    #[test]
    fn a_channel_of_zeros_keeps_its_bias() {
        let input = Scale { step: 0.01, zero: 0 };
        let (steps, integers) = quantised_weights(&[0.0, 0.0], &[0.3], Axis::First);
        let bias = quantised_bias(&[0.3], &steps, input);
        assert_eq!(integers, [0, 0]);
        assert!((bias[0] as f32 * steps[0] * input.step - 0.3).abs() < 1e-6);
    }

    #[test]
    fn zero_has_a_byte() {
        let mut ranges = Ranges::default();
        ranges.widen("x", &[-1.0, 0.5]);
        ranges.widen("x", &[0.2]);
        ranges.widen("above", &[2.0, 5.1]);
        ranges.widen("dead", &[0.0]);
        assert_eq!(ranges.scale("x"), Some(Scale { step: 1.5 / 255.0, zero: 170 }));
        assert_eq!(ranges.scale("above"), Some(Scale { step: 5.1 / 255.0, zero: 0 }));
        assert_eq!(ranges.scale("dead"), Some(Scale { step: 1.0 / 255.0, zero: 0 }));
        assert_eq!(ranges.scale("y"), None);
    }
}
