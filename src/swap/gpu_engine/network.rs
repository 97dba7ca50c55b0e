//! The network on the device that also blends: the crop is put into its memory there, and its pictures are taken from it.

use std::sync::{Arc, Weak};

use crate::blend::gpu::GpuDevice;
use crate::swap::SwapReport;
use crate::swap::graph::SwapGraph;
use crate::swap::passes::{NetworkPasses, ReportPass};

use super::Precision;

/// A network that reads its crop from, and leaves its pictures in, the memory of a GPU.
#[derive(Debug)]
pub struct GpuNetwork {
    pub(super) gpu: GpuDevice,
    pub(super) graph: Arc<SwapGraph>,
    pub(super) precision: Precision,
    pub(super) resolution: usize,
    pub(super) passes: NetworkPasses,
    pub(super) report: ReportPass,
}

impl GpuNetwork {
    /// The device that it is on.
    pub fn gpu(&self) -> &GpuDevice {
        &self.gpu
    }

    /// Lives as long as a network of the same model does.
    pub(crate) fn life(&self) -> Weak<SwapGraph> {
        Arc::downgrade(&self.graph)
    }

    /// Side of the crop in pixels.
    pub fn resolution(&self) -> usize {
        self.resolution
    }

    /// Where the crop is to be put: blue, green, red, 0..1, by pixels; 32-bit floats.
    pub fn crop(&self) -> &wgpu::Buffer {
        &self.passes.input
    }

    /// Mask of the driver's face, generated face (blue, green, red), its mask, by pixels; 32-bit floats that are not clamped.
    pub fn pictures(&self) -> &[wgpu::Buffer; 3] {
        &self.passes.outputs
    }

    /// The bytes of a [`SwapReport`], and how many they are.
    pub fn report(&self) -> (&wgpu::Buffer, u64) {
        (&self.report.report, size_of::<SwapReport>() as u64)
    }

    /// Records the network and its report. `morph` (0..1) is used by models that have it, from the next submission on.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, morph: f32) {
        self.passes.steer(self.gpu.queue(), morph.clamp(0.0, 1.0));
        self.passes.record(pass);
        self.report.record(pass);
    }
}
