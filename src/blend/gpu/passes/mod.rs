//! One module a pass: its pipeline, its bindings, its dispatch.

pub(super) mod composite;
pub(super) mod covered;
pub(super) mod crop;
pub(super) mod erode;
pub(super) mod feather;
pub(super) mod mask;
pub(super) mod place;
pub(super) mod statistics;
pub(super) mod transfer;

use super::kernel::KernelMaker;

/// The pipelines of every pass, for all blenders of a model.
pub(super) struct Passes {
    pub(super) crop: crop::Crop,
    pub(super) mask: mask::Mask,
    pub(super) erode: erode::Erode,
    pub(super) feather: feather::Feather,
    pub(super) place: place::Place,
    pub(super) covered: covered::Covered,
    pub(super) statistics: statistics::Statistics,
    pub(super) transfer: transfer::Transfer,
    pub(super) composite: composite::Composite,
}

impl Passes {
    pub(super) fn new(maker: &KernelMaker<'_>) -> Self {
        Self {
            crop: crop::Crop::new(maker),
            mask: mask::Mask::new(maker),
            erode: erode::Erode::new(maker),
            feather: feather::Feather::new(maker),
            place: place::Place::new(maker),
            covered: covered::Covered::new(maker),
            statistics: statistics::Statistics::new(maker),
            transfer: transfer::Transfer::new(maker),
            composite: composite::Composite::new(maker),
        }
    }
}
