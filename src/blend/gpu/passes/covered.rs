//! Between passes 4 and 5: how much of the crop the face's mask covers.

use crate::blend::gpu::buffers::ModelBuffers;
use crate::blend::gpu::kernel::{Access, Kernel, KernelMaker};
use crate::blend::gpu::shaders::COVERED;

pub(crate) struct CoveredPass(Kernel);

impl CoveredPass {
    pub(super) fn new(maker: &KernelMaker<'_>) -> Self {
        Self(maker.kernel(&COVERED.compile(maker.device), "covered", &[Access::Read, Access::Write]))
    }

    pub(crate) fn bind(&self, device: &wgpu::Device, params: &wgpu::Buffer, model: &ModelBuffers) -> wgpu::BindGroup {
        self.0.bind(device, params, &[&model.placed, &model.covered])
    }

    /// One workgroup over all pixels.
    pub(crate) fn record(&self, pass: &mut wgpu::ComputePass<'_>, group: &wgpu::BindGroup) {
        self.0.record(pass, group, 1, 1);
    }
}
