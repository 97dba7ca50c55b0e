//! Pass 1: the packed planes to the model's crop.

use crate::blend::gpu::buffers::{FrameBuffers, Pictures};
use crate::blend::gpu::kernel::{Access, Kernel, KernelMaker};
use crate::blend::gpu::shaders::CROP;

pub(crate) struct CropPass(Kernel);

impl CropPass {
    pub(super) fn new(maker: &KernelMaker<'_>) -> Self {
        Self(maker.kernel(&CROP.compile(maker.device), "crop", &[Access::Read, Access::Write]))
    }

    pub(crate) fn bind(
        &self,
        device: &wgpu::Device,
        params: &wgpu::Buffer,
        frame: &FrameBuffers,
        pictures: &Pictures,
    ) -> wgpu::BindGroup {
        self.0.bind(device, params, &[&frame.planes, &pictures.crop])
    }

    /// One invocation a crop pixel.
    pub(crate) fn record(&self, pass: &mut wgpu::ComputePass<'_>, group: &wgpu::BindGroup, resolution: usize) {
        self.0.record(pass, group, resolution, resolution);
    }
}
