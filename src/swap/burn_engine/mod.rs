//! Decoder B on burn: one engine for every GPU, and the same on the processor.
//!
//! [`network`] runs the [`SwapGraph`](super::graph::SwapGraph) of a file step by step, each in [`step`] by burn's own
//! operations on whatever device it was given, or by the shader of [`convolution`] on a GPU. [`BurnEngine`] is that between
//! a crop and pictures in host memory. [`gpu_network`] is the same for a GPU that cuts the crop and blends the pictures itself:
//! nothing comes back in between. [`precision`] decides on 16-bit floats.

mod convolution;
mod gpu_network;
mod network;
mod precision;
mod step;

pub use convolution::Filter;
pub use gpu_network::{Drawn, GpuNetwork, Told};
pub use precision::{HALF_MEAN, HALF_MOST, Precision};

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use burn::tensor::{Device, StreamId, Tensor, TensorData};

use super::engine::take;
use super::graph::{GraphError, SwapGraph};
use super::{Engine, EngineError, Generated, ModelFile};
use crate::blend::gpu::GpuDevice;
use network::BurnNetwork;

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
    /// The GPU cannot be used.
    #[error("{file}: {reason}")]
    Device {
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

impl BurnEngineError {
    fn device(model: &ModelFile, reason: impl std::fmt::Display) -> Self {
        Self::Device { file: model.path().display().to_string(), reason: reason.to_string() }
    }
}

/// A network on a device of burn's.
#[derive(Debug)]
pub struct BurnEngine {
    network: Arc<BurnNetwork>,
    gpu: Option<GpuNetwork>,
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
        let mut engine = Self::of(Arc::new(BurnNetwork::new(model, device, Precision::Single)?), None);
        engine.warm_up(model)?;
        Ok(engine)
    }

    /// As [`BurnEngine::new`] on a GPU that blends too, `count` engines for as many frames in flight. They hold the weights
    /// once, as 16-bit floats where the adapter has them and they give the same within
    /// [`HALF_MOST`] and [`HALF_MEAN`].
    ///
    /// # Errors
    /// [`BurnEngineError`], naming the file.
    pub fn on_gpu(model: &ModelFile, gpu: &GpuDevice, count: usize) -> Result<Vec<Self>, BurnEngineError> {
        Self::of_network(precision::network(model, gpu)?, model, gpu, count)
    }

    /// As [`BurnEngine::on_gpu`], computing with `precision`, however near that comes.
    ///
    /// # Errors
    /// [`BurnEngineError`], naming the file.
    pub fn on_gpu_with(
        model: &ModelFile,
        gpu: &GpuDevice,
        count: usize,
        precision: Precision,
    ) -> Result<Vec<Self>, BurnEngineError> {
        let device = gpu.burn().map_err(|error| BurnEngineError::device(model, error))?;
        Self::of_network(BurnNetwork::new(model, &device, precision)?, model, gpu, count)
    }

    fn of_network(
        network: BurnNetwork,
        model: &ModelFile,
        gpu: &GpuDevice,
        count: usize,
    ) -> Result<Vec<Self>, BurnEngineError> {
        let network = Arc::new(network);
        let engine = |_| {
            let shared = GpuNetwork::new(&network, gpu).map_err(|error| BurnEngineError::device(model, error))?;
            Ok(Self::of(Arc::clone(&network), Some(shared)))
        };
        let mut engines = (0..count).map(engine).collect::<Result<Vec<_>, _>>()?;
        if let Some(first) = engines.first_mut() {
            first.warm_up(model)?;
            if let Some(network) = &mut first.gpu {
                network.run(0.5).map_err(|error| BurnEngineError::device(model, error))?;
            }
        }
        gpu.check().map_err(|error| BurnEngineError::device(model, error))?;
        Ok(engines)
    }

    fn of(network: Arc<BurnNetwork>, gpu: Option<GpuNetwork>) -> Self {
        let pixels = network.contract.resolution * network.contract.resolution;
        let room = |channels: usize| vec![0.0; pixels * channels];
        let crop = vec![0.5; pixels * 3];
        Self { network, gpu, crop, face: room(3), driver_mask: room(1), face_mask: room(1) }
    }

    fn warm_up(&mut self, model: &ModelFile) -> Result<(), BurnEngineError> {
        let file = || model.path().display().to_string();
        self.run(0.5).map(|_| ()).map_err(|reason| BurnEngineError::WarmUp { file: file(), reason })
    }

    /// The numbers that it computes with.
    pub fn precision(&self) -> Precision {
        self.network.precision
    }

    /// The network that it runs; its constants' values are on the device and no longer here.
    pub fn graph(&self) -> &SwapGraph {
        &self.network.graph
    }
}

impl Engine for BurnEngine {
    fn resolution(&self) -> usize {
        self.network.contract.resolution
    }

    fn crop_mut(&mut self) -> &mut [f32] {
        &mut self.crop
    }

    fn run(&mut self, morph: f32) -> Result<Generated<'_>, EngineError> {
        let (network, crop) = (&self.network, &self.crop);
        let [driver_mask, face, face_mask] =
            guarded(|| network.compute(tensor(crop.clone(), &network.device), morph.clamp(0.0, 1.0)))?;
        read(driver_mask, |values| take(values, &mut self.driver_mask, "driver mask"))??;
        read(face, |values| take(values, &mut self.face, "face"))??;
        read(face_mask, |values| take(values, &mut self.face_mask, "face mask"))??;
        if let Some(network) = &self.gpu {
            network.gpu().check().map_err(|error| EngineError::Run(error.to_string()))?;
        }
        let Self { network, crop, face, driver_mask, face_mask, .. } = self;
        Ok(Generated { resolution: network.contract.resolution, driver: crop, face, driver_mask, face_mask })
    }

    fn is_lost(&self) -> bool {
        self.gpu.as_ref().is_some_and(|network| network.gpu().is_lost())
    }

    fn gpu(&mut self) -> Option<&mut GpuNetwork> {
        self.gpu.as_mut()
    }
}

fn tensor(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

/// All work goes into one stream of burn's: memory belongs to a stream, a stream to a thread, and what a thread held is not
/// given back when it ends.
const STREAM: StreamId = StreamId { value: 0 };

/// burn panics where a device is lost or full.
fn guarded<T>(work: impl FnOnce() -> Option<T>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(|| STREAM.executes(work)))
        .map_err(|panic| {
            let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
            let said = said.unwrap_or("it did not say why");
            EngineError::Run(format!("the device was lost, or its memory is full: {said}"))
        })?
        .ok_or_else(|| EngineError::Run("a part of it could not be run on the device".to_owned()))
}

/// Reads an output back and hands its values to `take`.
fn read<T>(output: Tensor<1>, take: impl FnOnce(&[f32]) -> T) -> Result<T, EngineError> {
    let data = guarded(|| Some(output.try_into_data()))?.map_err(|error| EngineError::Run(format!("{error:?}")))?;
    data.as_slice::<f32>().map(take).map_err(|error| EngineError::Run(format!("{error:?}")))
}
