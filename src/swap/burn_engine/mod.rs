//! Decoder B on burn: one engine for every GPU, and the same on the processor.
//!
//! [`BurnEngine`] runs the [`SwapGraph`] of a file step by step, each in [`step`] by burn's own
//! operations on whatever device it was given.

mod step;

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{Device, Tensor, TensorData};
use prost::Message;

use super::contract::Contract;
use super::engine::take;
use super::graph::{GraphError, Operand, SwapGraph};
use super::onnx::Model;
use super::{Engine, EngineError, Generated, ModelFile};

/// An engine that could not be made of a checked file.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BurnEngineError {
    /// The network holds something that only ONNX Runtime runs.
    #[error("{file}: {reason}")]
    Graph {
        /// The model file.
        file: String,
        /// What it is.
        reason: GraphError,
    },
    /// The file could not be decoded a second time.
    #[error("{file}: {reason}; the file is damaged")]
    Decode {
        /// The model file.
        file: String,
        /// Why.
        reason: String,
    },
    /// The first run, on a grey crop, failed.
    #[error("{file}: {reason} (on a plain grey crop); the model is damaged or not a swap model")]
    WarmUp {
        /// The model file.
        file: String,
        /// What went wrong.
        reason: EngineError,
    },
}

/// A network on a device of burn's.
#[derive(Debug)]
pub struct BurnEngine {
    graph: SwapGraph,
    contract: Contract,
    device: Device,
    constants: Vec<Tensor<1>>,
    /// See [`SwapGraph::last_uses`].
    last_uses: Vec<Option<usize>>,
    crop: Vec<f32>,
    face: Vec<f32>,
    driver_mask: Vec<f32>,
    face_mask: Vec<f32>,
}

impl BurnEngine {
    /// Puts the model's weights on `device` and runs it once, which also compiles its kernels. Takes long: not for a
    /// streaming thread. It does not ask for consent; [`ModelFile::consented`] does.
    ///
    /// # Errors
    /// [`BurnEngineError`], naming the file.
    pub fn new(model: &ModelFile, device: &Device) -> Result<Self, BurnEngineError> {
        let file = || model.path().display().to_string();
        let contract = model.contract();
        let decoded = Model::decode(model.bytes())
            .map_err(|error| BurnEngineError::Decode { file: file(), reason: error.to_string() })?;
        let mut graph = SwapGraph::read(&decoded, &contract)
            .map_err(|reason| BurnEngineError::Graph { file: file(), reason })?;
        drop(decoded);
        let upload = |values: Vec<f32>| -> Tensor<1> {
            let count = values.len();
            Tensor::from_data(TensorData::new(values, [count]), device)
        };
        // The device has them now: the shapes are all that is still read here.
        let constants = graph.constants.iter_mut().map(|constant| upload(std::mem::take(&mut constant.values))).collect();
        let pixels = contract.resolution * contract.resolution;
        let room = |channels: usize| vec![0.0; pixels * channels];
        let mut engine = Self {
            last_uses: graph.last_uses(),
            graph,
            contract,
            device: device.clone(),
            constants,
            crop: vec![0.5; pixels * 3],
            face: room(3),
            driver_mask: room(1),
            face_mask: room(1),
        };
        engine.run(0.5).map_err(|reason| BurnEngineError::WarmUp { file: file(), reason })?;
        Ok(engine)
    }

    /// The network that it runs; its constants' values are on the device and no longer here.
    pub fn graph(&self) -> &SwapGraph {
        &self.graph
    }

    /// Every value of the network for one crop, on the device: the three outputs.
    fn compute(&self, crop: Tensor<1>, morph: f32) -> Option<[Tensor<1>; 3]> {
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
                    Operand::Steered(n) => {
                        let steered = &graph.steered[n];
                        let values: Vec<f32> =
                            steered.numbers.iter().map(|number| number.at(f64::from(morph)) as f32).collect();
                        let count = values.len();
                        let value = Tensor::from_data(TensorData::new(values, [count]), &self.device);
                        Some((value, steered.shape.as_slice()))
                    }
                })
                .collect::<Option<Vec<_>>>()?;
            values[one.output] = Some(step::run(&one.operator, inputs, &graph.shapes[one.output], morph)?);
            // What nothing reads any more gives its memory back.
            for input in &one.inputs {
                if let Operand::Value(value) = *input
                    && self.last_uses[value] == Some(at)
                {
                    values[value] = None;
                }
            }
        }
        let [driver_mask, face, face_mask] = graph.outputs.map(|output| values[output].clone());
        Some([driver_mask?, face?, face_mask?])
    }
}

impl Engine for BurnEngine {
    fn resolution(&self) -> usize {
        self.contract.resolution
    }

    fn crop_mut(&mut self) -> &mut [f32] {
        &mut self.crop
    }

    fn run(&mut self, morph: f32) -> Result<Generated<'_>, EngineError> {
        let crop = Tensor::from_data(TensorData::new(self.crop.clone(), [self.crop.len()]), &self.device);
        // burn panics where a device is lost or full.
        let outputs = catch_unwind(AssertUnwindSafe(|| self.compute(crop, morph.clamp(0.0, 1.0))))
            .map_err(|_| EngineError::Run("the device was lost, or its memory is full".to_owned()))?;
        let [driver_mask, face, face_mask] =
            outputs.ok_or_else(|| EngineError::Run("a step reads a value that is gone".to_owned()))?;
        read(driver_mask, &mut self.driver_mask, "driver mask")?;
        read(face, &mut self.face, "face")?;
        read(face_mask, &mut self.face_mask, "face mask")?;
        let Self { contract, crop, face, driver_mask, face_mask, .. } = self;
        Ok(Generated { resolution: contract.resolution, driver: crop, face, driver_mask, face_mask })
    }
}

/// Reads an output back, clamped to 0..1.
fn read(output: Tensor<1>, into: &mut [f32], name: &'static str) -> Result<(), EngineError> {
    let data = output.try_into_data().map_err(|error| EngineError::Run(format!("{error:?}")))?;
    let values = data.as_slice::<f32>().map_err(|error| EngineError::Run(format!("{error:?}")))?;
    take(values, into, name)
}
