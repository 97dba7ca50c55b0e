//! A graph under construction: values by name, weights in the precision of the file.

use std::collections::{HashMap, HashSet};

use half::f16;

use super::quantise::{Scale, quantised_bias, quantised_weights};
use super::wiring::DRIVER_MASK;
use super::{ExportError, Precision};
use crate::onnx::{Attribute, DataType, Dimension, Graph, Node, Shape, Tensor, TensorType, Type, ValueInfo};
use crate::train::weights::{Parameter, Weights};
use crate::train::zoo::Layer;

/// Along which axis of a weight its output channels lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// Of a convolution.
    First,
    /// Of a dense layer.
    Last,
}

/// Nodes and weights so far. Values are known by their names; a node's own name is that of what comes out.
pub(super) struct Builder<'a> {
    weights: &'a Weights,
    precision: Precision<'a>,
    quantising: bool,
    scope: &'static str,
    nodes: Vec<Node>,
    constants: Vec<Tensor>,
    /// Names of constants, and of what nodes make of constants.
    made: HashSet<String>,
    /// Scales of the values that went through bytes.
    scales: HashMap<String, Scale>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(weights: &'a Weights, precision: Precision<'a>) -> Self {
        let (nodes, constants, made, scales) = Default::default();
        Self { weights, precision, quantising: true, scope: "", nodes, constants, made, scales }
    }

    /// What the names of values begin with from now on, so that a part can be there twice with the same weights.
    pub(super) fn scope(&mut self, scope: &'static str) {
        self.scope = scope;
    }

    /// Whether values and weights become bytes from now on, where the precision is int8.
    pub(super) fn quantising(&mut self, quantising: bool) {
        self.quantising = quantising;
    }

    /// Adds a node and gives the name of what comes out.
    pub(super) fn node(&mut self, operator: &str, inputs: &[&str], name: &str, attribute: Vec<Attribute>) -> String {
        let output = format!("{}{name}", self.scope);
        self.nodes.push(Node { name: output.clone(), ..Node::new(operator, inputs, &output, attribute) });
        output
    }

    /// As [`Self::node`], for operators that only move the values of their first input, which keep its scale.
    pub(super) fn moved(&mut self, operator: &str, inputs: &[&str], name: &str, attribute: Vec<Attribute>) -> String {
        let scale = self.scales.get(inputs[0]).copied();
        let value = self.node(operator, inputs, name, attribute);
        match scale.filter(|_| self.quantising) {
            Some(scale) => self.through_bytes(&value, scale),
            None => value,
        }
    }

    /// The value, by way of bytes where the precision asks for them.
    pub(super) fn settled(&mut self, value: String) -> Result<String, ExportError> {
        match self.precision {
            Precision::Int8(ranges) if self.quantising => {
                let scale = ranges.scale(&value).ok_or_else(|| ExportError::Range(value.clone()))?;
                Ok(self.through_bytes(&value, scale))
            }
            _ => Ok(value),
        }
    }

    fn through_bytes(&mut self, value: &str, scale: Scale) -> String {
        let value = value.strip_prefix(self.scope).unwrap_or(value);
        let input = format!("{}{value}", self.scope);
        let step = self.floats(&format!("{input}.scale"), &[], &[scale.step]);
        let zero = self.constant(&format!("{input}.zero"), &[], DataType::Uint8, vec![scale.zero]);
        let bytes = self.node("QuantizeLinear", &[&input, &step, &zero], &format!("{value}.bytes"), vec![]);
        let output = self.node("DequantizeLinear", &[&bytes, &step, &zero], &format!("{value}.value"), vec![]);
        self.scales.insert(output.clone(), scale);
        output
    }

    /// The shape of a weight.
    pub(super) fn shape(&self, name: &str) -> Result<&'a [usize], ExportError> {
        Ok(&self.parameter(name)?.shape)
    }

    /// Refuses weights that do not fit.
    pub(super) fn require(&self, fits: bool, name: &str, layer: &Layer) -> Result<(), ExportError> {
        let parameter = self.parameter(&format!("{name}.weight"))?;
        match fits {
            true => Ok(()),
            false => Err(misfit(parameter, parameter.shape.iter().product(), layer.name().to_owned())),
        }
    }

    /// A convolution or dense layer with its weight and bias.
    pub(super) fn weighted(
        &mut self,
        operator: &str,
        x: &str,
        name: &str,
        axis: Axis,
        attribute: Vec<Attribute>,
    ) -> Result<String, ExportError> {
        let (weight, bias) = match self.scales.get(x).copied().filter(|_| self.quantising) {
            Some(scale) => self.integer_weights(name, axis, scale)?,
            None => self.float_weights(name)?,
        };
        Ok(self.node(operator, &[x, &weight, &bias], name, attribute))
    }

    fn float_weights(&mut self, name: &str) -> Result<(String, String), ExportError> {
        let [(weight, values), (bias, offsets)] = self.both(name)?;
        let shape = dims(&weight.shape);
        let weight = match self.precision {
            // The edge of the driver's mask is steep, and the steeper the longer it was trained: 16 bits would move it.
            Precision::Fp16 if !name.starts_with(DRIVER_MASK) => self.half(&weight.name, &shape, &values)?,
            Precision::Fp32 | Precision::Fp16 | Precision::Int8(_) => self.floats(&weight.name, &shape, &values),
        };
        Ok((weight, self.floats(&bias.name, &dims(&bias.shape), &offsets)))
    }

    fn half(&mut self, name: &str, shape: &[i64], values: &[f32]) -> Result<String, ExportError> {
        if let Some(&value) = values.iter().find(|&&value| f16::from_f32(value).is_infinite()) {
            return Err(ExportError::Half { name: name.to_owned(), value });
        }
        let raw = values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
        let half = self.constant(&format!("{name}.half"), shape, DataType::Float16, raw);
        Ok(self.unscoped("Cast", &[&half], name, vec![Attribute::int("to", DataType::Float as i64)]))
    }

    fn integer_weights(&mut self, name: &str, axis: Axis, input: Scale) -> Result<(String, String), ExportError> {
        let [(weight, values), (bias, offsets)] = self.both(name)?;
        let (steps, bytes) = quantised_weights(&values, &offsets, axis);
        let raw = bytes.into_iter().map(|value| value as u8).collect();
        let place = if axis == Axis::First { 0 } else { 1 };
        let weight = self.integers_of(&weight.name, &dims(&weight.shape), DataType::Int8, raw, &steps, place);
        // A bias counts in steps of input times weight, so its integers belong to the place where it is used.
        let integers = quantised_bias(&offsets, &steps, input);
        let raw = integers.iter().flat_map(|value| value.to_le_bytes()).collect();
        let steps: Vec<f32> = steps.iter().map(|step| step * input.step).collect();
        let bias = format!("{}{}", self.scope, bias.name);
        let bias = self.integers_of(&bias, &[steps.len() as i64], DataType::Int32, raw, &steps, 0);
        Ok((weight, bias))
    }

    /// A constant of integers with one step a channel, zero at 0, as the floats that it stands for.
    fn integers_of(
        &mut self,
        name: &str,
        shape: &[i64],
        data_type: DataType,
        raw: Vec<u8>,
        steps: &[f32],
        axis: i64,
    ) -> String {
        let channels = steps.len() as i64;
        let integers = self.constant(&format!("{name}.integers"), shape, data_type, raw);
        let scales = self.floats(&format!("{name}.scale"), &[channels], steps);
        let mut inputs = vec![integers, scales];
        if data_type == DataType::Int8 {
            // Zero anyway, but without them ONNX Runtime turns a dense layer's weights to floats at every run.
            // Integers of 32 bits have none in ONNX.
            inputs.push(self.constant(&format!("{name}.zero"), &[channels], data_type, vec![0; steps.len()]));
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.unscoped("DequantizeLinear", &inputs, name, vec![Attribute::int("axis", axis)])
    }

    /// The weight and bias of a layer with their values, checked.
    fn both(&self, name: &str) -> Result<[(&'a Parameter, Vec<f32>); 2], ExportError> {
        let [weight, bias] = ["weight", "bias"].map(|kind| self.values(&format!("{name}.{kind}")));
        let (weight, bias) = (weight?, bias?);
        // Output channels come last in a dense layer, first in a convolution.
        let channels = if weight.0.shape.len() == 2 { weight.0.shape[1] } else { weight.0.shape[0] };
        match bias.0.shape == [channels] {
            true => Ok([weight, bias]),
            false => Err(misfit(bias.0, bias.1.len(), format!("layer of {channels} channels"))),
        }
    }

    fn values(&self, name: &str) -> Result<(&'a Parameter, Vec<f32>), ExportError> {
        let parameter = self.parameter(name)?;
        let values = parameter.to_vec();
        if values.len() != parameter.shape.iter().product::<usize>() {
            return Err(misfit(parameter, values.len(), "tensor of that shape".to_owned()));
        }
        match values.iter().all(|value| value.is_finite()) {
            true => Ok((parameter, values)),
            false => Err(ExportError::NotFinite(name.to_owned())),
        }
    }

    fn parameter(&self, name: &str) -> Result<&'a Parameter, ExportError> {
        self.weights.named(name).ok_or_else(|| ExportError::Missing(name.to_owned()))
    }

    /// 32-bit floats of the file, once under each name.
    pub(super) fn floats(&mut self, name: &str, shape: &[i64], values: &[f32]) -> String {
        self.once(Tensor::of_floats(name, shape.to_vec(), values))
    }

    /// A vector of 64-bit integers, as shapes are given.
    pub(super) fn integers(&mut self, name: &str, values: &[i64]) -> String {
        self.once(Tensor::of_integers(name, values))
    }

    fn constant(&mut self, name: &str, shape: &[i64], data_type: DataType, raw: Vec<u8>) -> String {
        self.once(Tensor::raw(name, shape.to_vec(), data_type, raw))
    }

    /// Adds a constant unless there is one of that name, and gives the name.
    fn once(&mut self, constant: Tensor) -> String {
        let name = constant.name.clone();
        if self.made.insert(name.clone()) {
            self.constants.push(constant);
        }
        name
    }

    /// A node on constants, once, under its own name whatever the scope.
    fn unscoped(&mut self, operator: &str, inputs: &[&str], name: &str, attribute: Vec<Attribute>) -> String {
        if self.made.insert(name.to_owned()) {
            let scope = std::mem::take(&mut self.scope);
            self.node(operator, inputs, name, attribute);
            self.scope = scope;
        }
        name.to_owned()
    }

    /// The graph, without inputs and outputs.
    pub(super) fn finish(self) -> Graph {
        Graph { node: self.nodes, name: "standin".to_owned(), initializer: self.constants, ..Graph::default() }
    }
}

fn misfit(parameter: &Parameter, values: usize, layer: String) -> ExportError {
    ExportError::Shape { name: parameter.name.clone(), found: parameter.shape.clone(), values, layer }
}

fn dims(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&dim| dim as i64).collect()
}

/// A float32 value `[N, …]`.
pub(super) fn open_batch(name: &str, rest: &[i64]) -> ValueInfo {
    let batch = Dimension { dim_value: None, dim_param: Some("N".to_owned()) };
    let rest = rest.iter().map(|&dim| Dimension { dim_value: Some(dim), dim_param: None });
    let shape = Some(Shape { dim: std::iter::once(batch).chain(rest).collect() });
    ValueInfo {
        name: name.to_owned(),
        r#type: Some(Type { tensor_type: Some(TensorType { elem_type: DataType::Float as i32, shape }) }),
    }
}
