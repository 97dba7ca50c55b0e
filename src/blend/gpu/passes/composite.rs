//! Pass 7: the layer into the packed planes.

use crate::blend::gpu::buffers::{FrameBuffers, ModelBuffers};
use crate::blend::gpu::kernel::{Access, Kernel, KernelMaker};
use crate::blend::gpu::shaders::COMPOSITE;

/// Pixels that one invocation owns: with their chroma they fill whole words in every format.
const BLOCK: (usize, usize) = (8, 2);

pub(crate) struct CompositePass(Kernel);

impl CompositePass {
    pub(super) fn new(maker: &KernelMaker<'_>) -> Self {
        let buffers = [Access::Read, Access::Read, Access::Write];
        Self(maker.kernel(&COMPOSITE.compile(maker.device), "composite", &buffers))
    }

    pub(crate) fn bind(
        &self,
        device: &wgpu::Device,
        params: &wgpu::Buffer,
        frame: &FrameBuffers,
        model: &ModelBuffers,
    ) -> wgpu::BindGroup {
        self.0.bind(device, params, &[&frame.planes, &model.layer, &frame.blended])
    }

    /// One invocation for each block of the packed planes, `size` pixels.
    pub(crate) fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        group: &wgpu::BindGroup,
        (width, height): (usize, usize),
    ) {
        self.0.record(pass, group, width.div_ceil(BLOCK.0), height.div_ceil(BLOCK.1));
    }
}
