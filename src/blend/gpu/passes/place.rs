//! Between passes 4 and 5: the generated face at its place, with its mask.

use crate::blend::gpu::buffers::{ModelBuffers, Pictures};
use crate::blend::gpu::kernel::{Access, Kernel, KernelMaker};
use crate::blend::gpu::shaders::PLACE;

pub(crate) struct PlacePass(Kernel);

impl PlacePass {
    pub(super) fn new(maker: &KernelMaker<'_>) -> Self {
        let buffers = [Access::Read, Access::Read, Access::Read, Access::Write];
        Self(maker.kernel(&PLACE.compile(maker.device), "place", &buffers))
    }

    pub(crate) fn bind(
        &self,
        device: &wgpu::Device,
        params: &wgpu::Buffer,
        model: &ModelBuffers,
        pictures: &Pictures,
    ) -> wgpu::BindGroup {
        self.0.bind(device, params, &[&pictures.driver, &pictures.face, &model.feathered, &model.placed])
    }

    /// One invocation a crop pixel.
    pub(crate) fn record(&self, pass: &mut wgpu::ComputePass<'_>, group: &wgpu::BindGroup, resolution: usize) {
        self.0.record(pass, group, resolution, resolution);
    }
}
