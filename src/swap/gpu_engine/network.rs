//! The network on a device on which others work too: they put the crop into its memory, and take its pictures from it.

use std::sync::Arc;

use crate::gpu::GpuDevice;
use crate::swap::graph::SwapGraph;
use crate::swap::passes::{NetworkPasses, NotFinitePass, Tier};

/// A network that reads its crop from, and leaves its pictures in, the memory of a GPU.
#[derive(Debug)]
pub struct GpuNetwork {
    pub(super) gpu: GpuDevice,
    pub(super) graph: Arc<SwapGraph>,
    pub(super) tier: Tier,
    pub(super) resolution: usize,
    pub(super) passes: NetworkPasses,
    pub(super) not_finite: NotFinitePass,
}

impl GpuNetwork {
    /// The device that it is on.
    pub fn gpu(&self) -> &GpuDevice {
        &self.gpu
    }

    /// Side of the crop in pixels.
    pub fn resolution(&self) -> usize {
        self.resolution
    }

    /// Where the crop is to be put: blue, green, red, 0..1, by pixels; 32-bit floats.
    pub fn crop(&self) -> &wgpu::Buffer {
        &self.passes.input
    }

    /// Mask of the driver's face, generated face (blue, green, red), its mask, by pixels; 32-bit floats that are not
    /// clamped.
    pub fn pictures(&self) -> &[wgpu::Buffer; 3] {
        &self.passes.outputs
    }

    /// Where it is said how many values of the pictures are no numbers, one 32-bit float; and its bytes.
    pub fn not_finite(&self) -> (&wgpu::Buffer, u64) {
        (&self.not_finite.count, size_of::<f32>() as u64)
    }

    /// Records the network, and the look at its pictures. `morph` (0..1) is used by models that have it, from the
    /// next submission on.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, morph: f32) {
        self.passes.steer(self.gpu.queue(), morph.clamp(0.0, 1.0));
        self.passes.record(pass);
        self.not_finite.record(pass);
    }
}
