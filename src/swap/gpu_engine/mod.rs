//! The network on a GPU, as passes of our own ([`passes`](super::passes)).
//!
//! [`GpuEngine`] is that between a crop and pictures in host memory; [`GpuNetwork`] the same where crop and pictures
//! stay on the device, so that nothing comes back in between. [`trial`] decides on the tier, against what ONNX
//! Runtime draws.

mod network;
mod overflow;
mod trial;

pub use network::GpuNetwork;
pub use trial::{MEAN_APART, MOST_APART};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};

use prost::Message;

use super::engine::take;
use super::graph::{GraphError, SwapGraph};
use super::passes::{NetworkPasses, NotFinitePass, Plan, Tier};
use super::{Engine, EngineError, Generated, ModelFile, OnnxEngineError};
use crate::gpu::GpuDevice;
use crate::onnx::Model;
use crate::runtime::{Runtime, RuntimeError};
use network::Overflow;

/// An engine that could not be made of a checked file.
#[derive(Debug, thiserror::Error)]
pub enum GpuEngineError {
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
    /// ONNX Runtime, against which the GPU is held, does not run it either.
    #[error(transparent)]
    Host(#[from] OnnxEngineError),
    /// There is no ONNX Runtime to hold the GPU against.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

impl GpuEngineError {
    fn device(model: &ModelFile, reason: impl std::fmt::Display) -> Self {
        Self::Device { file: model.path().display().to_string(), reason: reason.to_string() }
    }
}

/// A network on a GPU, with its crop and pictures in host memory.
#[derive(Debug)]
pub struct GpuEngine {
    network: GpuNetwork,
    crop: Vec<f32>,
    face: Vec<f32>,
    driver_mask: Vec<f32>,
    face_mask: Vec<f32>,
    back: wgpu::Buffer,
    /// Why faster tiers were not taken.
    refusals: Arc<str>,
}

impl GpuEngine {
    /// `count` engines for as many frames in flight, which hold weights and pipelines once: with the fastest tier
    /// that the adapter has and that draws what `runtime` draws within [`MOST_APART`] and [`MEAN_APART`]. Takes long:
    /// not for a streaming thread. It does not ask for consent; [`ModelFile::consented`] does.
    ///
    /// # Errors
    /// [`GpuEngineError`], naming the file; also where the GPU draws another picture.
    pub fn several(
        runtime: &Runtime,
        model: &ModelFile,
        gpu: &GpuDevice,
        count: usize,
    ) -> Result<Vec<Self>, GpuEngineError> {
        trial::chosen(runtime, model, gpu, count)
    }

    /// The same with `tier`, however near that comes.
    ///
    /// # Errors
    /// [`GpuEngineError`], naming the file.
    pub fn with_tier(
        model: &ModelFile,
        gpu: &GpuDevice,
        count: usize,
        tier: Tier,
    ) -> Result<Vec<Self>, GpuEngineError> {
        Self::of_graph(&graph(model)?, model, gpu, count, tier)
    }

    fn of_graph(
        graph: &SwapGraph,
        model: &ModelFile,
        gpu: &GpuDevice,
        count: usize,
        tier: Tier,
    ) -> Result<Vec<Self>, GpuEngineError> {
        let plan = Plan::new(graph, tier);
        plan.fits(&gpu.device().limits())
            .map_err(|reason| GpuEngineError::device(model, format!("{reason}; {} holds no more", gpu.info())))?;
        let (graph, resolution) = (Arc::new(graph.without_values()), model.resolution());
        // Each model has a file of its own, so that none grows with the others' and two loads at once lose nothing.
        let name = model.graph_sha256().get(..16).unwrap_or_default();
        let (graph_sha256, too_few_bits) = (Arc::from(model.graph_sha256()), Arc::new(AtomicBool::new(false)));
        let made = gpu.attempt(name, |device, cache| {
            let networks = NetworkPasses::several(&plan, device, cache, count)?;
            let looks = NotFinitePass::several(&networks, resolution, device, cache);
            let made = networks.into_iter().zip(looks).map(|(passes, not_finite)| {
                let (gpu, graph) = (gpu.clone(), Arc::clone(&graph));
                let overflow = Overflow {
                    graph_sha256: Arc::clone(&graph_sha256),
                    too_few_bits: Arc::clone(&too_few_bits),
                    failures: AtomicU32::new(0),
                };
                Self::of(GpuNetwork { gpu, graph, tier, resolution, passes, not_finite, overflow }, device)
            });
            Ok(made.collect::<Vec<_>>())
        });
        made.map_err(|error| GpuEngineError::device(model, error))
    }

    fn of(network: GpuNetwork, device: &wgpu::Device) -> Self {
        let pixels = network.resolution * network.resolution;
        let room = |channels: usize| vec![0.0; pixels * channels];
        let back = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("network pictures"),
            size: 5 * 4 * pixels as u64,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self {
            network,
            crop: vec![0.5; pixels * 3],
            face: room(3),
            driver_mask: room(1),
            face_mask: room(1),
            back,
            refusals: Arc::default(),
        }
    }

    /// The tier that it computes with.
    pub fn tier(&self) -> Tier {
        self.network.tier
    }

    /// Why faster tiers than [`GpuEngine::tier`] were not taken, though the device has them; empty where none was
    /// refused.
    pub fn refusals(&self) -> &str {
        &self.refusals
    }

    /// The network that it runs; its constants' values are on the device and no longer here.
    pub fn graph(&self) -> &SwapGraph {
        &self.network.graph
    }

    /// The network itself, for a device that cuts crops and blends, too.
    pub fn network(&self) -> &GpuNetwork {
        &self.network
    }

    /// The same, without the host's memory for crop and pictures.
    pub fn into_network(self) -> GpuNetwork {
        self.network
    }

    /// Runs the network and hands the three pictures to `use_pictures`, not clamped.
    fn draw<T>(&self, morph: f32, use_pictures: impl FnOnce([&[f32]; 3]) -> T) -> Result<T, EngineError> {
        let Self { network, crop, back, .. } = self;
        let pixels = network.resolution * network.resolution;
        let gpu = network.gpu();
        let drawn = gpu.guard(|| {
            gpu.queue().write_buffer(network.crop(), 0, bytemuck::cast_slice(crop));
            let mut encoder = gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            network.record(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()), morph);
            let mut at = 0;
            for (picture, values) in network.pictures().iter().zip([pixels, 3 * pixels, pixels]) {
                let bytes = 4 * values as u64;
                encoder.copy_buffer_to_buffer(picture, 0, back, at, bytes);
                at += bytes;
            }
            let submission = gpu.queue().submit([encoder.finish()]);
            gpu.read(back, submission, |data| {
                let values: &[f32] = bytemuck::cast_slice(data);
                let (driver_mask, rest) = values.split_at(pixels);
                let (face, face_mask) = rest.split_at(3 * pixels);
                use_pictures([driver_mask, face, face_mask])
            })
        });
        drawn.map_err(|error| EngineError::Run(error.to_string()))
    }
}

/// The network of a checked file.
fn graph(model: &ModelFile) -> Result<SwapGraph, GpuEngineError> {
    let file = || model.path().display().to_string();
    let decoded = Model::decode(model.bytes())
        .map_err(|error| GpuEngineError::Decode { file: file(), reason: error.to_string() })?;
    SwapGraph::read(&decoded, &model.contract()).map_err(|reason| GpuEngineError::Graph { file: file(), reason })
}

impl Engine for GpuEngine {
    fn resolution(&self) -> usize {
        self.network.resolution
    }

    fn crop_mut(&mut self) -> &mut [f32] {
        &mut self.crop
    }

    fn run(&mut self, morph: f32) -> Result<Generated<'_>, EngineError> {
        let mut pictures = [&mut self.driver_mask, &mut self.face, &mut self.face_mask].map(std::mem::take);
        let drawn = self.draw(morph, |values| {
            for ((values, into), name) in
                values.into_iter().zip(&mut pictures).zip(["driver mask", "face", "face mask"])
            {
                take(values, into, name)?;
            }
            Ok(())
        });
        [self.driver_mask, self.face, self.face_mask] = pictures;
        drawn??;
        let Self { network, crop, face, driver_mask, face_mask, .. } = self;
        Ok(Generated { resolution: network.resolution, driver: crop, face, driver_mask, face_mask })
    }

    fn is_lost(&self) -> bool {
        self.network.gpu().is_lost()
    }
}
