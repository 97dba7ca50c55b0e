//! A graph with its weights on a device.

use burn::tensor::{Device, Tensor, TensorData};
use prost::Message;

use super::{BurnEngineError, guarded, step};
use crate::swap::ModelFile;
use crate::swap::contract::Contract;
use crate::swap::graph::{Operand, SwapGraph};
use crate::swap::onnx::Model;

/// What runs a crop through a graph.
#[derive(Debug)]
pub(super) struct BurnNetwork {
    pub(super) graph: SwapGraph,
    pub(super) contract: Contract,
    pub(super) device: Device,
    constants: Vec<Tensor<1>>,
    /// See [`SwapGraph::last_uses`].
    last_uses: Vec<Option<usize>>,
}

impl BurnNetwork {
    pub(super) fn new(model: &ModelFile, device: &Device) -> Result<Self, BurnEngineError> {
        let file = || model.path().display().to_string();
        let contract = model.contract();
        let decoded = Model::decode(model.bytes())
            .map_err(|error| BurnEngineError::Decode { file: file(), reason: error.to_string() })?;
        let mut graph =
            SwapGraph::read(&decoded, &contract).map_err(|reason| BurnEngineError::Graph { file: file(), reason })?;
        drop(decoded);
        let upload = |values: Vec<f32>| -> Tensor<1> {
            let count = values.len();
            Tensor::from_data(TensorData::new(values, [count]), device)
        };
        // The device has them now: the shapes are all that is still read here.
        let constants: Vec<_> = guarded(|| {
            Some(graph.constants.iter_mut().map(|constant| upload(std::mem::take(&mut constant.values))).collect())
        })
        .map_err(|error| BurnEngineError::Device { file: file(), reason: error.to_string() })?;
        Ok(Self { last_uses: graph.last_uses(), graph, contract, device: device.clone(), constants })
    }

    /// Mask of the driver's face, generated face and its mask of one crop, as they come; none where a step reads a value
    /// that is gone, which a checked graph does not.
    pub(super) fn compute(&self, crop: Tensor<1>, morph: f32) -> Option<[Tensor<1>; 3]> {
        let graph = &self.graph;
        let mut values: Vec<Option<Tensor<1>>> = vec![None; graph.shapes.len()];
        values[graph.input] = Some(crop);
        for (at, one) in graph.steps.iter().enumerate() {
            let inputs = one
                .inputs
                .iter()
                .map(|&input| match input {
                    Operand::Value(value) => Some((values[value].clone()?, graph.shapes[value].as_slice())),
                    Operand::Constant(n) => Some((self.constants[n].clone(), graph.constants[n].shape.as_slice())),
                    Operand::Steered(n) => Some((self.steered(n, morph), graph.steered[n].shape.as_slice())),
                })
                .collect::<Option<Vec<_>>>()?;
            // What nothing reads any more gives its memory back, or lends it to what comes.
            for input in &one.inputs {
                if let Operand::Value(value) = *input
                    && self.last_uses[value] == Some(at)
                {
                    values[value] = None;
                }
            }
            values[one.output] = Some(step::run(&one.operator, inputs, &graph.shapes[one.output], morph)?);
        }
        let [driver_mask, face, face_mask] = graph.outputs.map(|output| values[output].clone());
        Some([driver_mask?, face?, face_mask?])
    }

    fn steered(&self, n: usize, morph: f32) -> Tensor<1> {
        let numbers = &self.graph.steered[n].numbers;
        let values: Vec<f32> = numbers.iter().map(|number| number.at(f64::from(morph)) as f32).collect();
        let count = values.len();
        Tensor::from_data(TensorData::new(values, [count]), &self.device)
    }
}
