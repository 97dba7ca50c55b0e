//! Pass 5: mean and deviation of the colours of driver and face, where both are skin.

use crate::blend::gpu::buffers::{ModelBuffers, Pictures};
use crate::blend::gpu::kernel::{Access, Kernel, KernelMaker};
use crate::blend::gpu::shaders::STATISTICS;
use crate::blend::plan::LEAST_WEIGHT;
use crate::blend::planes::Space;
use crate::blend::{Colours, statistics};

/// Workgroups along each side of the grid whose sums the last dispatch adds up.
pub(crate) const GROUPS: usize = 8;

/// Invocations along a workgroup's side.
const SIDE: usize = 8;

/// Floats of one workgroup's sums: of each picture three sums and three sums of squares, the weight; and the sums for
/// the mean luminance of both pictures.
pub(crate) const SUMS: usize = 16;

/// The result as it lies in the buffer.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(crate) struct Measured {
    driver_mean: [f32; 3],
    driver_deviation: [f32; 3],
    face_mean: [f32; 3],
    face_deviation: [f32; 3],
    weight: f32,
}

impl Measured {
    /// Bytes of it.
    pub(crate) const BYTES: u64 = size_of::<Self>() as u64;

    /// The one that `data` begins with.
    pub(crate) fn of(data: &[u8]) -> Option<Self> {
        bytemuck::try_pod_read_unaligned(data.get(..size_of::<Self>())?).ok()
    }

    /// Its colours, which are in `space`; `None` where too little of the face was seen.
    pub(crate) fn colours(&self, space: Space) -> Option<Colours> {
        let driver = statistics::Statistics { mean: self.driver_mean, deviation: self.driver_deviation };
        let face = statistics::Statistics { mean: self.face_mean, deviation: self.face_deviation };
        (self.weight >= LEAST_WEIGHT).then_some(Colours { space, driver, face })
    }
}

pub(crate) struct Statistics([Kernel; 3]);

impl Statistics {
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
