//! What one blender holds on the GPU, and the passes tied to it.

use std::sync::Weak;

use super::buffers::{FrameBuffers, ModelBuffers, Pictures, buffer};
use super::device::GpuDevice;
use super::groups::Groups;
use super::params::Params;
use crate::blend::BlendError;
use crate::swap::GpuNetwork;
use crate::swap::graph::SwapGraph;
use wgpu::BufferUsages as Use;

/// Networks on this device whose pictures the passes are tied to at once: as many as frames may be in flight.
const MOST_NETWORKS: usize = 16;
/// Corners that the hull's buffer holds at first.
const HULL: usize = 128;

/// Buffers for a region, a model and a hull of some size, with their bind groups.
pub(super) struct Memory {
    pub(super) params: wgpu::Buffer,
    pub(super) hull: wgpu::Buffer,
    pub(super) frame: FrameBuffers,
    pub(super) model: ModelBuffers,
    /// For a network that is elsewhere.
    pub(super) pictures: Pictures,
    pub(super) groups: Groups,
    /// For networks on this device.
    joined: Vec<Joined>,
}

/// The passes tied to the pictures of one network, which this keeps in the device's memory.
struct Joined {
    crop: wgpu::Buffer,
    model: Weak<SwapGraph>,
    groups: Groups,
}

impl Memory {
    /// Whether this holds `planes` bytes of packed planes, a model of `resolution` and a hull of `hull` corners.
    fn fits(&self, planes: usize, resolution: usize, hull: usize) -> bool {
        self.frame.bytes() >= planes && self.model.resolution == resolution && self.hull.size() as usize >= hull * 8
    }

    fn new(device: &GpuDevice, planes: usize, resolution: usize, hull: usize) -> Self {
        let wgpu = device.device();
        let params = buffer(wgpu, "params", size_of::<Params>(), Use::UNIFORM | Use::COPY_DST);
        let hull = buffer(wgpu, "hull", hull * 8, Use::STORAGE | Use::COPY_DST);
        let frame = FrameBuffers::new(wgpu, planes);
        let model = ModelBuffers::new(wgpu, resolution);
        let pictures = Pictures::new(wgpu, resolution);
        let groups = Groups::new(device, &params, &hull, &frame, &model, &pictures);
        Self { params, hull, frame, model, pictures, groups, joined: Vec::new() }
    }

    /// This memory, with the passes tied to the pictures of a network on this device; the next frame finds them tied.
    pub(super) fn joined(&mut self, device: &GpuDevice, network: &GpuNetwork) -> (&Self, &Groups) {
        // A model that was replaced leaves nothing here.
        self.joined.retain(|joined| joined.model.strong_count() > 0);
        let found = self.joined.iter().position(|joined| joined.crop == *network.crop());
        let at = found.unwrap_or_else(|| {
            if self.joined.len() >= MOST_NETWORKS {
                self.joined.remove(0);
            }
            let Self { params, hull, frame, model, .. } = self;
            let groups = Groups::new(device, params, hull, frame, model, &Pictures::of(network));
            self.joined.push(Joined { crop: network.crop().clone(), model: network.life(), groups });
            self.joined.len() - 1
        });
        (self, &self.joined[at].groups)
    }

    /// Gives `slot` memory that is big enough; `true` where it is new, and holds nothing yet.
    pub(super) fn ensure<'a>(
        slot: &'a mut Option<Self>,
        device: &GpuDevice,
        planes: usize,
        resolution: usize,
        hull: usize,
    ) -> Result<(&'a mut Self, bool), BlendError> {
        let limits = device.device().limits();
        let most = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        for (what, bytes) in
            [("the face's region of the frame", planes), ("the model's picture", resolution * resolution * 16)]
        {
            if bytes as u64 > most {
                return Err(BlendError::Gpu(format!(
                    "{what} needs a buffer of {bytes} bytes, {} has at most {most}; blend on the CPU",
                    device.info()
                )));
            }
        }
        let fresh = !slot.as_ref().is_some_and(|memory| memory.fits(planes, resolution, hull));
        if fresh {
            // A face that moves nearer grows a little each frame: leave room.
            let held = slot.take().map_or(0, |memory| memory.frame.bytes());
            let planes = if planes > held { (planes + planes / 4).next_multiple_of(4) } else { held };
            *slot = Some(Self::new(device, planes.min(most as usize & !3), resolution, hull.max(HULL)));
        }
        slot.as_mut().map(|memory| (memory, fresh)).ok_or_else(|| BlendError::Gpu("no memory".to_owned()))
    }
}
