//! What one blender holds on the GPU, and the passes tied to it.

use super::buffers::{FrameBuffers, ModelBuffers, Pictures, buffer};
use super::groups::Groups;
use super::params::Params;
use super::passes::Passes;
use crate::gpu::{GpuDevice, GpuError};
use crate::swap::GpuNetwork;
use wgpu::BufferUsages as Use;

/// Corners that the hull's buffer holds at first.
const HULL: usize = 128;

/// What a blender's memory must hold.
#[derive(Clone, Copy)]
pub(super) struct Needed<'a> {
    /// Bytes of packed planes.
    pub(super) planes: usize,
    /// Side of the model's pictures.
    pub(super) resolution: usize,
    /// Pairs of numbers about the face: the hull's corners, and the map of visibility behind them.
    pub(super) pairs: usize,
    /// The network whose pictures are blended; `None` for one whose pictures come up from the host.
    pub(super) network: Option<&'a GpuNetwork>,
}

/// Buffers for a region, a model and a hull of some size, with the passes tied to them.
pub(super) struct Memory {
    pub(super) params: wgpu::Buffer,
    pub(super) hull: wgpu::Buffer,
    pub(super) frame: FrameBuffers,
    pub(super) model: ModelBuffers,
    pub(super) pictures: Pictures,
    pub(super) groups: Groups,
}

impl Memory {
    fn holds(&self, needed: &Needed<'_>) -> bool {
        self.frame.bytes() >= needed.planes
            && self.model.resolution == needed.resolution
            && self.hull.size() as usize >= needed.pairs * 8
            && self.pictures.are_of(needed.network)
    }

    fn new(device: &GpuDevice, passes: &Passes, needed: &Needed<'_>) -> Self {
        let wgpu = device.device();
        let params = buffer(wgpu, "params", size_of::<Params>(), Use::UNIFORM | Use::COPY_DST);
        let hull = buffer(wgpu, "hull", needed.pairs * 8, Use::STORAGE | Use::COPY_DST);
        let frame = FrameBuffers::new(wgpu, needed.planes);
        let model = ModelBuffers::new(wgpu, needed.resolution);
        let pictures = match needed.network {
            Some(network) => Pictures::of(network),
            None => Pictures::new(wgpu, needed.resolution),
        };
        let groups = Groups::new(wgpu, passes, &params, &hull, &frame, &model, &pictures);
        Self { params, hull, frame, model, pictures, groups }
    }

    /// Gives `slot` memory that is big enough; `true` where it is new, and holds nothing yet.
    pub(super) fn ensure<'a>(
        slot: &'a mut Option<Self>,
        device: &GpuDevice,
        passes: &Passes,
        needed: &Needed<'_>,
    ) -> Result<(&'a mut Self, bool), GpuError> {
        let limits = device.device().limits();
        let most = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let picture = needed.resolution * needed.resolution * 16;
        for (what, bytes) in [("the face's region of the frame", needed.planes), ("the model's picture", picture)] {
            if bytes as u64 > most {
                return Err(GpuError(format!(
                    "{what} needs a buffer of {bytes} bytes, {} has at most {most}; use device=cpu",
                    device.info()
                )));
            }
        }
        let fresh = !slot.as_ref().is_some_and(|memory| memory.holds(needed));
        if fresh {
            // A face that moves nearer grows a little each frame: leave room.
            let held = slot.take().map_or(0, |memory| memory.frame.bytes());
            let planes = needed.planes;
            let planes = if planes > held { (planes + planes / 4).next_multiple_of(4) } else { held };
            let (planes, pairs) = (planes.min(most as usize & !3), needed.pairs.max(HULL));
            *slot = Some(Self::new(device, passes, &Needed { planes, pairs, ..*needed }));
        }
        slot.as_mut().map(|memory| (memory, fresh)).ok_or_else(|| GpuError("no memory".to_owned()))
    }
}
