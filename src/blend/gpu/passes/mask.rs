//! Pass 2: the product of the masks that the settings ask for.

use crate::blend::gpu::buffers::{ModelBuffers, Pictures};
use crate::blend::gpu::kernel::{Access, Kernel, KernelMaker};
use crate::blend::gpu::shaders::MASK;

pub(crate) struct MaskPass(Kernel);

impl MaskPass {
    pub(super) fn new(maker: &KernelMaker<'_>) -> Self {
        let buffers = [Access::Read, Access::Read, Access::Read, Access::Write];
        Self(maker.kernel(&MASK.compile(maker.device), "mask", &buffers))
    }

    pub(crate) fn bind(
        &self,
        device: &wgpu::Device,
        params: &wgpu::Buffer,
        hull: &wgpu::Buffer,
        model: &ModelBuffers,
        pictures: &Pictures,
    ) -> wgpu::BindGroup {
        self.0.bind(device, params, &[&pictures.driver_mask, &pictures.face_mask, hull, &model.mask])
    }

    /// One invocation a crop pixel.
    pub(crate) fn record(&self, pass: &mut wgpu::ComputePass<'_>, group: &wgpu::BindGroup, resolution: usize) {
        self.0.record(pass, group, resolution, resolution);
    }
}
