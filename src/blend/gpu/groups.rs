//! Every pass tied to one blender's buffers and to the pictures of a network; made anew when a buffer is.

use super::buffers::{FrameBuffers, ModelBuffers, Pictures};
use super::passes::Passes;

pub(super) struct Groups {
    pub(super) crop: wgpu::BindGroup,
    pub(super) mask: wgpu::BindGroup,
    pub(super) erode: [wgpu::BindGroup; 2],
    pub(super) feather: [wgpu::BindGroup; 2],
    pub(super) place: wgpu::BindGroup,
    pub(super) covered: wgpu::BindGroup,
    pub(super) statistics: [wgpu::BindGroup; 3],
    pub(super) transfer: wgpu::BindGroup,
    pub(super) composite: wgpu::BindGroup,
}

impl Groups {
    pub(super) fn new(
        device: &wgpu::Device,
        passes: &Passes,
        params: &wgpu::Buffer,
        hull: &wgpu::Buffer,
        frame: &FrameBuffers,
        model: &ModelBuffers,
        pictures: &Pictures,
    ) -> Self {
        Self {
            crop: passes.crop.bind(device, params, frame, pictures),
            mask: passes.mask.bind(device, params, hull, model, pictures),
            erode: passes.erode.bind(device, params, model),
            feather: passes.feather.bind(device, params, model),
            place: passes.place.bind(device, params, model, pictures),
            covered: passes.covered.bind(device, params, model),
            statistics: passes.statistics.bind(device, params, model, pictures),
            transfer: passes.transfer.bind(device, params, model),
            composite: passes.composite.bind(device, params, frame, model),
        }
    }
}
