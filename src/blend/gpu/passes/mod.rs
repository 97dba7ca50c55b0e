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
    pub(super) crop: crop::CropPass,
    pub(super) mask: mask::MaskPass,
    pub(super) erode: erode::ErodePass,
    pub(super) feather: feather::FeatherPass,
    pub(super) place: place::PlacePass,
    pub(super) covered: covered::CoveredPass,
    pub(super) statistics: statistics::StatisticsPass,
    pub(super) transfer: transfer::TransferPass,
    pub(super) composite: composite::CompositePass,
}

impl Passes {
    pub(super) fn new(maker: &KernelMaker<'_>) -> Self {
        Self {
            crop: crop::CropPass::new(maker),
            mask: mask::MaskPass::new(maker),
            erode: erode::ErodePass::new(maker),
            feather: feather::FeatherPass::new(maker),
            place: place::PlacePass::new(maker),
            covered: covered::CoveredPass::new(maker),
            statistics: statistics::StatisticsPass::new(maker),
            transfer: transfer::TransferPass::new(maker),
            composite: composite::CompositePass::new(maker),
        }
    }
}
