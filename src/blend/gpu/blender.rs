//! What a frame in flight has on the GPU: pipelines that it shares, memory of its own, what goes up and comes back.
//!
//! It blends [together](super::together) with the network on the same GPU, or [apart](super::apart) from one elsewhere.

use std::sync::Arc;
use std::time::Duration;

use super::kernel::KernelMaker;
use super::memory::Memory;
use super::packing::Packing;
use super::params::Params;
use super::passes::Passes;
use super::staging::{Download, Upload};
use super::watch::Watch;
use crate::blend::place::unit;
use crate::blend::plan::{Filters, Region};
use crate::blend::{BlendError, BlendRequest, Blended};
use crate::face::OCCLUSION_SIDE;
use crate::frame::{FrameMut, Layout};
use crate::geometry::{Point, Similarity};
use crate::gpu::{GpuDevice, GpuError};

/// Corners of a hull that are looked at; the mesh has 468 points.
const MOST_CORNERS: usize = 512;

/// Bytes that a blender moved between host and GPU since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transfers {
    /// Host to GPU.
    pub uploaded: u64,
    /// GPU to host.
    pub read_back: u64,
}

/// Runs the passes on a GPU. It belongs to one worker and shares the device with the others.
pub struct GpuBlender {
    pub(super) device: GpuDevice,
    pub(super) passes: Arc<Passes>,
    pub(super) memory: Option<Memory>,
    pub(super) upload: Upload,
    pub(super) download: Download,
    /// The planes that the GPU holds, as `packed` by `sent`.
    pub(super) sent: Option<Packing>,
    pub(super) packed: Vec<u8>,
    pub(super) blended: Vec<u8>,
    pub(super) weights: Vec<f32>,
    /// The hull's corners, then the map of visibility: a pass binds four buffers at most.
    pub(super) pairs: Vec<[f32; 2]>,
    pub(super) watch: Option<Watch>,
    /// For how long the last swap waited for the GPU.
    pub(super) waited: Duration,
}

/// Where a blend happens.
pub(super) struct FaceRegion {
    pub(super) region: Region,
    pub(super) packing: Packing,
    pub(super) to_frame: Similarity,
}

impl FaceRegion {
    /// `None` where the crop and the frame do not meet.
    pub(super) fn new(layout: &Layout, to_crop: &Similarity) -> Option<Self> {
        let to_frame = to_crop.inverse()?;
        let region = Region::covered(layout, &to_frame, Point::new(0.0, 0.0), Point::new(1.0, 1.0));
        let packing = (!region.is_empty()).then(|| Packing::new(layout, &region))?;
        Some(Self { region, packing, to_frame })
    }
}

impl GpuBlender {
    /// A blender on `device`.
    ///
    /// # Errors
    /// [`GpuError`] where the device has failed or refuses a shader.
    pub fn new(device: &GpuDevice) -> Result<Self, GpuError> {
        Ok(Self::with(device, &Self::passes(device)?))
    }

    /// `count` blenders for as many frames in flight, which share the pipelines.
    ///
    /// # Errors
    /// As [`GpuBlender::new`].
    pub fn several(device: &GpuDevice, count: usize) -> Result<Vec<Self>, GpuError> {
        let passes = Self::passes(device)?;
        Ok((0..count).map(|_| Self::with(device, &passes)).collect())
    }

    fn passes(device: &GpuDevice) -> Result<Arc<Passes>, GpuError> {
        device.attempt("blend", |device, cache| Ok(Arc::new(Passes::new(&KernelMaker { device, cache }))))
    }

    fn with(device: &GpuDevice, passes: &Arc<Passes>) -> Self {
        Self {
            device: device.clone(),
            passes: Arc::clone(passes),
            memory: None,
            upload: Upload::default(),
            download: Download::default(),
            sent: None,
            packed: Vec::new(),
            blended: Vec::new(),
            weights: Vec::new(),
            pairs: Vec::new(),
            watch: None,
            waited: Duration::ZERO,
        }
    }

    /// Bytes moved so far.
    pub fn transfers(&self) -> Transfers {
        Transfers { uploaded: self.upload.total, read_back: self.download.total }
    }

    /// What all passes need for a request; its hull, its map of visibility and the feather's weights are made ready
    /// beside it.
    pub(super) fn params(
        &mut self,
        layout: &Layout,
        place: &FaceRegion,
        resolution: usize,
        request: &BlendRequest<'_>,
    ) -> Result<Params, BlendError> {
        let &BlendRequest { to_crop, hull, settings, earlier, visible, .. } = request;
        let corners = hull.len();
        if corners > MOST_CORNERS {
            return Err(GpuError(format!("a hull of {corners} corners is too many; it takes {MOST_CORNERS}")).into());
        }
        self.pairs.clear();
        self.pairs.extend(hull.iter().map(|p| [p.x, p.y]));
        let filters = Filters::new(settings, resolution);
        filters.feather_weights(&mut self.weights);
        let params = Params::of_frame(layout, &place.packing, to_crop, &place.to_frame, resolution)
            .with_settings(settings, &filters, corners, earlier);
        let Some(visible) = visible else { return Ok(params) };
        let (len, needed) = (visible.len(), OCCLUSION_SIDE * OCCLUSION_SIDE);
        if len != needed {
            let what = "the map of visibility";
            return Err(BlendError::Size { what, len, resolution: OCCLUSION_SIDE, needed });
        }
        self.pairs.extend_from_slice(visible.as_chunks::<2>().0);
        Ok(params.with_visibility())
    }

    /// Runs `work`; where it fails, forgets what may be half done.
    pub(super) fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, BlendError>,
    ) -> Result<T, BlendError> {
        let device = self.device.clone();
        let done = device.guard(|| work(self));
        if done.is_err() {
            self.sent = None;
            self.upload.abandon();
            self.download.abandon();
        }
        done
    }

    /// Puts what was read back into the frame, where the request is met.
    pub(super) fn show(
        &self,
        frame: &mut FrameMut<'_>,
        place: &FaceRegion,
        request: &BlendRequest<'_>,
        blended: &Blended,
    ) {
        if request.is_met_by(blended.covered) && unit(request.settings.opacity) > 0.0 {
            place.packing.unpack(&self.blended, &place.region, frame);
        }
    }
}
