//! A graph with its weights on a device.

use burn::backend::wgpu::Wgpu;
use burn::tensor::{Device, Tensor};
use prost::Message;

use super::convolution::Filter;
use super::precision::Precision;
use super::{BurnEngineError, guarded, step};
use crate::swap::ModelFile;
use crate::swap::contract::Contract;
use crate::swap::convolution::Convolution;
use crate::swap::graph::{Operand, Operator, Step, SwapGraph};
use crate::swap::onnx::Model;
use crate::swap::passes::convolution::suits;

/// What runs a crop through a graph.
#[derive(Debug)]
pub(super) struct BurnNetwork {
    pub(super) graph: SwapGraph,
    pub(super) contract: Contract,
    pub(super) device: Device,
    pub(super) precision: Precision,
    /// Those that steps without a filter read.
    constants: Vec<Option<Tensor<1>>>,
    /// By step: convolutions that have a shader of their own.
    filters: Vec<Option<Filter>>,
    /// See [`SwapGraph::last_uses`].
    last_uses: Vec<Option<usize>>,
}

impl BurnNetwork {
    pub(super) fn new(model: &ModelFile, device: &Device, precision: Precision) -> Result<Self, BurnEngineError> {
        let file = || model.path().display().to_string();
        let contract = model.contract();
        let decoded = Model::decode(model.bytes())
            .map_err(|error| BurnEngineError::Decode { file: file(), reason: error.to_string() })?;
        let mut graph =
            SwapGraph::read(&decoded, &contract).map_err(|reason| BurnEngineError::Graph { file: file(), reason })?;
        drop(decoded);
        let (filters, constants) = guarded(|| {
            let filters: Vec<_> = if is_gpu(device) {
                graph.steps.iter().map(|step| filter(&graph, step, precision, device)).collect()
            } else {
                graph.steps.iter().map(|_| None).collect()
            };
            let mut read = vec![false; graph.constants.len()];
            for (step, _) in graph.steps.iter().zip(&filters).filter(|(_, filter)| filter.is_none()) {
                for input in &step.inputs {
                    if let Operand::Constant(n) = *input {
                        read[n] = true;
                    }
                }
            }
            // The device has them now: the shapes are all that is still read here.
            let constants = graph.constants.iter_mut().zip(read).map(|(constant, read)| {
                let values = std::mem::take(&mut constant.values);
                read.then(|| precision.upload(values, device))
            });
            Some((filters, constants.collect()))
        })
        .map_err(|error| BurnEngineError::device(model, error))?;
        let device = device.clone();
        Ok(Self { last_uses: graph.last_uses(), graph, contract, device, precision, constants, filters })
    }

    /// Mask of the driver's face, generated face and its mask of one crop, as they come; none where a step reads a value
    /// that is gone, which a checked graph does not.
    pub(super) fn compute(&self, crop: Tensor<1>, morph: f32) -> Option<[Tensor<1>; 3]> {
        let graph = &self.graph;
        let mut values: Vec<Option<Tensor<1>>> = vec![None; graph.shapes.len()];
        values[graph.input] = Some(self.precision.of(crop));
        for (at, one) in graph.steps.iter().enumerate() {
            let output = match &self.filters[at] {
                Some(filter) => {
                    let picture = self.value(&values, one.inputs[0])?;
                    self.forget(&mut values, at);
                    filter.run(picture)?
                }
                None => {
                    let inputs = one.inputs.iter().map(|&input| self.input(&values, input, morph));
                    let inputs = inputs.collect::<Option<Vec<_>>>()?;
                    // What nothing reads any more lends its memory to what comes.
                    self.forget(&mut values, at);
                    step::run(&one.operator, inputs, &graph.shapes[one.output], morph)?
                }
            };
            values[one.output] = Some(output);
        }
        let [driver_mask, face, face_mask] = graph.outputs.map(|output| values[output].clone());
        Some([driver_mask?, face?, face_mask?].map(|picture| Precision::Single.of(picture)))
    }

    fn value(&self, values: &[Option<Tensor<1>>], input: Operand) -> Option<Tensor<1>> {
        let Operand::Value(value) = input else { return None };
        values[value].clone()
    }

    fn input(&self, values: &[Option<Tensor<1>>], input: Operand, morph: f32) -> Option<(Tensor<1>, &[usize])> {
        let graph = &self.graph;
        Some(match input {
            Operand::Value(value) => (values[value].clone()?, graph.shapes[value].as_slice()),
            Operand::Constant(n) => (self.constants[n].clone()?, graph.constants[n].shape.as_slice()),
            Operand::Steered(n) => (self.steered(n, morph), graph.steered[n].shape.as_slice()),
        })
    }

    /// Lets go of what is read for the last time by the step at `at`.
    fn forget(&self, values: &mut [Option<Tensor<1>>], at: usize) {
        for input in &self.graph.steps[at].inputs {
            if let Operand::Value(value) = *input
                && self.last_uses[value] == Some(at)
            {
                values[value] = None;
            }
        }
    }

    fn steered(&self, n: usize, morph: f32) -> Tensor<1> {
        let numbers = &self.graph.steered[n].numbers;
        let values = numbers.iter().map(|number| number.at(f64::from(morph)) as f32).collect();
        self.precision.upload(values, &self.device)
    }
}

fn is_gpu(device: &Device) -> bool {
    Tensor::<1>::zeros([1], device).try_into_primitive::<Wgpu>().is_ok()
}

/// A convolution of one group whose weights are known, with those on the GPU.
fn filter(graph: &SwapGraph, step: &Step, precision: Precision, device: &Device) -> Option<Filter> {
    let Operator::Convolution { stride, pads, groups: 1, slope } = step.operator else { return None };
    let (&Operand::Value(input), &Operand::Constant(weights)) = (step.inputs.first()?, step.inputs.get(1)?) else {
        return None;
    };
    let bias = match step.inputs.get(2) {
        None => &[],
        Some(&Operand::Constant(bias)) => graph.constants[bias].values.as_slice(),
        Some(_) => return None,
    };
    let weights = &graph.constants[weights];
    let ([1, input @ ..], [_, output @ ..], &[_, _, rows, columns]) =
        (graph.shapes[input].as_slice(), graph.shapes[step.output].as_slice(), weights.shape.as_slice())
    else {
        return None;
    };
    let shape = Convolution {
        input: input.try_into().ok()?,
        output: output.try_into().ok()?,
        kernel: [rows, columns],
        stride,
        pads: [pads[0], pads[1]],
        slope_bits: slope.unwrap_or(1.0).to_bits(),
    };
    suits(&shape).then(|| Filter::new(shape, &weights.values, bias, precision, device))
}
