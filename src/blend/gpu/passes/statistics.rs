//! Pass 5: mean and deviation of the colours of driver and face, where both are skin.

use crate::blend::gpu::buffers::{ModelBuffers, Pictures};
use crate::blend::gpu::kernel::{Access, Kernel, KernelMaker};
use crate::blend::gpu::measured::GROUPS;
use crate::blend::gpu::shaders::STATISTICS;

/// Invocations along a workgroup's side.
const SIDE: usize = 8;

pub(crate) struct StatisticsPass([Kernel; 3]);

impl StatisticsPass {
    pub(super) fn new(maker: &KernelMaker<'_>) -> Self {
        let shader = STATISTICS.compile(maker.device);
        let buffers = [Access::Read, Access::Read, Access::Write];
        Self(["luminance_sums", "partial_sums", "total"].map(|entry| maker.kernel(&shader, entry, &buffers)))
    }

    pub(crate) fn bind(
        &self,
        device: &wgpu::Device,
        params: &wgpu::Buffer,
        model: &ModelBuffers,
        pictures: &Pictures,
    ) -> [wgpu::BindGroup; 3] {
        let buffers = [&pictures.driver, &model.placed, &model.statistics];
        self.0.each_ref().map(|kernel| kernel.bind(device, params, &buffers))
    }

    /// Twice a fixed grid over the crop, then one workgroup over the grid's sums.
    pub(crate) fn record(&self, pass: &mut wgpu::ComputePass<'_>, groups: &[wgpu::BindGroup; 3]) {
        for ((kernel, group), side) in self.0.iter().zip(groups).zip([GROUPS * SIDE, GROUPS * SIDE, SIDE]) {
            kernel.record(pass, group, side, side);
        }
    }
}
