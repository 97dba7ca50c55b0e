//! Pass 5: mean and deviation of L, a, b under the mask, of driver and face.

use crate::blend::gpu::buffers::ModelBuffers;
use crate::blend::gpu::kernel::{Access, Kernel, Maker};
use crate::blend::gpu::shaders::STATISTICS;

/// Workgroups along each side of the grid whose sums the second dispatch adds up.
pub(crate) const GROUPS: usize = 8;

/// Invocations along a workgroup's side.
const SIDE: usize = 8;

/// Floats of one workgroup's sums: of each picture three sums and three sums of squares, the weight, and
/// padding.
pub(crate) const SUMS: usize = 16;

pub(crate) struct Statistics {
    partial: Kernel,
    total: Kernel,
}

impl Statistics {
    pub(super) fn new(maker: &Maker<'_>) -> Self {
        let shader = STATISTICS.compile(maker.device);
        let buffers = [Access::Read, Access::Read, Access::Write];
        Self {
            partial: maker.kernel(&shader, "partial_sums", &buffers),
            total: maker.kernel(&shader, "total", &buffers),
        }
    }

    pub(crate) fn bind(
        &self,
        device: &wgpu::Device,
        params: &wgpu::Buffer,
        model: &ModelBuffers,
    ) -> [wgpu::BindGroup; 2] {
        let buffers = [&model.driver, &model.placed, &model.statistics];
        [self.partial.bind(device, params, &buffers), self.total.bind(device, params, &buffers)]
    }

    /// A fixed grid over the crop, then one workgroup over the grid's sums.
    pub(crate) fn record(&self, pass: &mut wgpu::ComputePass<'_>, [partial, total]: &[wgpu::BindGroup; 2]) {
        self.partial.record(pass, partial, GROUPS * SIDE, GROUPS * SIDE);
        self.total.record(pass, total, SIDE, SIDE);
    }
}
