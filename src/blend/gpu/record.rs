//! The order of the passes behind the network.

use super::blender::FaceRegion;
use super::groups::Groups;
use super::passes::Passes;
use super::watch::Span;
use crate::blend::{BlendRequest, ColorTransfer};

/// Bytes of what `covered` gives.
pub(super) const COVERED_BYTES: u64 = size_of::<f32>() as u64;

/// The passes from the masks to the frame; `end` is called with what has just ended.
pub(super) fn record_blend(
    passes: &Passes,
    encoder: &mut wgpu::CommandEncoder,
    groups: &Groups,
    resolution: usize,
    place: &FaceRegion,
    request: &BlendRequest<'_>,
    end: impl Fn(&mut wgpu::ComputePass<'_>, Span),
) {
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    end(&mut pass, Span::Network);
    passes.mask.record(&mut pass, &groups.mask, resolution);
    end(&mut pass, Span::Mask);
    passes.erode.record(&mut pass, &groups.erode, resolution);
    end(&mut pass, Span::Erode);
    passes.feather.record(&mut pass, &groups.feather, resolution);
    end(&mut pass, Span::Feather);
    passes.place.record(&mut pass, &groups.place, resolution);
    passes.covered.record(&mut pass, &groups.covered);
    end(&mut pass, Span::Place);
    if request.settings.color_transfer != ColorTransfer::None {
        passes.statistics.record(&mut pass, &groups.statistics);
    }
    end(&mut pass, Span::Statistics);
    passes.transfer.record(&mut pass, &groups.transfer, resolution);
    end(&mut pass, Span::Transfer);
    passes.composite.record(&mut pass, &groups.composite, place.packing.size);
    end(&mut pass, Span::Composite);
}
