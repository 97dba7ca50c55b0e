//! Pass 3: minimum (or maximum) over a square, rows then columns, and the black border.

use crate::blend::gpu::buffers::ModelBuffers;
use crate::blend::gpu::kernel::{Access, Kernel, KernelMaker};
use crate::blend::gpu::shaders::ERODE;

pub(crate) struct ErodePass {
    rows: Kernel,
    columns: Kernel,
}

impl ErodePass {
    pub(super) fn new(maker: &KernelMaker<'_>) -> Self {
        let shader = ERODE.compile(maker.device);
        let kernel = |entry| maker.kernel(&shader, entry, &[Access::Read, Access::Write]);
        Self { rows: kernel("rows"), columns: kernel("columns") }
    }

    pub(crate) fn bind(
        &self,
        device: &wgpu::Device,
        params: &wgpu::Buffer,
        model: &ModelBuffers,
    ) -> [wgpu::BindGroup; 2] {
        [
            self.rows.bind(device, params, &[&model.mask, &model.scratch]),
            self.columns.bind(device, params, &[&model.scratch, &model.eroded]),
        ]
    }

    /// Two dispatches of one invocation a crop pixel.
    pub(crate) fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        [rows, columns]: &[wgpu::BindGroup; 2],
        resolution: usize,
    ) {
        self.rows.record(pass, rows, resolution, resolution);
        self.columns.record(pass, columns, resolution, resolution);
    }
}
