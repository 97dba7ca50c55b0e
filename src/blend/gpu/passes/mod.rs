//! One module a pass: its pipeline, its bindings, its dispatch.

pub(super) mod composite;
pub(super) mod crop;
pub(super) mod erode;
pub(super) mod feather;
pub(super) mod mask;
pub(super) mod place;
pub(super) mod statistics;
pub(super) mod transfer;

/// The pipelines of every pass, built once a device.
pub(super) struct Passes {
    pub(super) crop: crop::Crop,
    pub(super) mask: mask::Mask,
    pub(super) erode: erode::Erode,
    pub(super) feather: feather::Feather,
    pub(super) place: place::Place,
    pub(super) statistics: statistics::Statistics,
    pub(super) transfer: transfer::Transfer,
    pub(super) composite: composite::Composite,
}

impl Passes {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        Self {
            crop: crop::Crop::new(device),
            mask: mask::Mask::new(device),
            erode: erode::Erode::new(device),
            feather: feather::Feather::new(device),
            place: place::Place::new(device),
            statistics: statistics::Statistics::new(device),
            transfer: transfer::Transfer::new(device),
            composite: composite::Composite::new(device),
        }
    }
}
