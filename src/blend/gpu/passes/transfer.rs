//! Pass 6: sharpen, colour transfer and gamma give the layer.

use crate::blend::gpu::buffers::ModelBuffers;
use crate::blend::gpu::kernel::{Access, Kernel, KernelMaker};
use crate::blend::gpu::shaders::TRANSFER;

pub(crate) struct TransferPass(Kernel);

impl TransferPass {
    pub(super) fn new(maker: &KernelMaker<'_>) -> Self {
        let buffers = [Access::Read, Access::Read, Access::Write];
        Self(maker.kernel(&TRANSFER.compile(maker.device), "transfer", &buffers))
    }

    pub(crate) fn bind(&self, device: &wgpu::Device, params: &wgpu::Buffer, model: &ModelBuffers) -> wgpu::BindGroup {
        self.0.bind(device, params, &[&model.placed, &model.statistics, &model.layer])
    }

    /// One invocation a crop pixel.
    pub(crate) fn record(&self, pass: &mut wgpu::ComputePass<'_>, group: &wgpu::BindGroup, resolution: usize) {
        self.0.record(pass, group, resolution, resolution);
    }
}
