//! The blend on the GPU: one submission for the crop, one for everything from the masks to the frame.

use std::sync::Arc;

use super::groups::Groups;
use super::kernel::KernelMaker;
use super::measured::Measured;
use super::memory::{Memory, Needed};
use super::packing::Packing;
use super::params::Params;
use super::passes::Passes;
use super::staging::{Download, Upload};
use super::watch::{Span, Watch};
use crate::blend::place::unit;
use crate::blend::plan::{Filters, Region};
use crate::blend::{BlendError, BlendRequest, Blended, Blender, ColorTransfer};
use crate::face::OCCLUSION_SIDE;
use crate::frame::{Frame, FrameMut, Layout};
use crate::geometry::{Point, Similarity};
use crate::gpu::{GpuDevice, GpuError};
use crate::swap::Generated;

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

/// What lies between the passes, for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intermediate {
    /// Out of `mask`: R² values.
    Mask,
    /// Out of `erode`: R² values.
    Eroded,
    /// Out of `feather`: R² values.
    Feathered,
    /// Out of `place`: R² pixels of red, green, blue, mask.
    Placed,
    /// Out of `covered`: one value.
    Covered,
    /// Out of `statistics`: mean and deviation (in the transfer's space) of the driver, then of the face, and the
    /// weight: 13 values.
    Statistics,
    /// Out of `transfer`: R² pixels of red, green, blue, mask.
    Layer,
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
        device.attempt("blend", |device, cache| Arc::new(Passes::new(&KernelMaker { device, cache })))
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
        }
    }

    /// Bytes moved so far.
    pub fn transfers(&self) -> Transfers {
        Transfers { uploaded: self.upload.total, read_back: self.download.total }
    }

    /// What a pass of the last [`Blender::composite`] gave.
    ///
    /// # Errors
    /// [`BlendError::Gpu`] where the device fails, or nothing was blended yet.
    pub fn intermediate(&mut self, which: Intermediate) -> Result<Vec<f32>, BlendError> {
        let Self { device, memory, download, .. } = self;
        let Some(memory) = memory else {
            return Err(GpuError("nothing was blended yet".to_owned()).into());
        };
        let (model, pixels) = (&memory.model, memory.model.resolution * memory.model.resolution);
        let (buffer, values) = match which {
            Intermediate::Mask => (&model.mask, pixels),
            Intermediate::Eroded => (&model.eroded, pixels),
            Intermediate::Feathered => (&model.feathered, pixels),
            Intermediate::Placed => (&model.placed, pixels * 4),
            Intermediate::Covered => (&model.covered, 1),
            Intermediate::Statistics => (&model.statistics, 13),
            Intermediate::Layer => (&model.layer, pixels * 4),
        };
        let mut out = vec![0f32; values];
        device.guard(|| {
            let mut encoder = device.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            let bytes = values as u64 * 4;
            download.copy(device, &mut encoder, buffer, bytes);
            let submission = device.queue().submit([encoder.finish()]);
            download.read(device, submission, bytes, |data| bytemuck::cast_slice_mut(&mut out).copy_from_slice(data))
        })?;
        Ok(out)
    }

    /// What all passes need for a request; its hull, its map of visibility and the feather's weights are made ready beside it.
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

    fn run_crop(
        &mut self,
        frame: &Frame<'_>,
        place: &FaceRegion,
        params: &Params,
        crop: &mut [f32],
        resolution: usize,
    ) -> Result<(), BlendError> {
        let (device, passes) = (&self.device, &self.passes);
        let needed = Needed { planes: place.packing.bytes(), resolution, pairs: 0, network: None };
        let (memory, _) = Memory::ensure(&mut self.memory, device, passes, &needed)?;
        place.packing.pack(frame, &mut self.packed);
        self.sent = None;
        let mut encoder = device.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let writes: [(&wgpu::Buffer, &[u8]); 2] =
            [(&memory.params, bytemuck::bytes_of(params)), (&memory.frame.planes, &self.packed)];
        self.upload.send(device, &mut encoder, &writes)?;
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        passes.crop.record(&mut pass, &memory.groups.crop, resolution);
        drop(pass);
        let bytes = size_of_val(crop) as u64;
        self.download.copy(device, &mut encoder, &memory.pictures.crop, bytes);
        let submission = device.queue().submit([encoder.finish()]);
        self.upload.recall();
        self.download.read(device, submission, bytes, |data| bytemuck::cast_slice_mut(crop).copy_from_slice(data))?;
        self.sent = Some(place.packing);
        Ok(())
    }

    fn run_composite(
        &mut self,
        frame: &Frame<'_>,
        place: &FaceRegion,
        params: &Params,
        generated: &Generated<'_>,
        request: &BlendRequest<'_>,
    ) -> Result<Blended, BlendError> {
        let (device, passes, settings) = (&self.device, &self.passes, request.settings);
        let (resolution, bytes) = (generated.resolution, place.packing.bytes());
        let needed = Needed { planes: bytes, resolution, pairs: self.pairs.len(), network: None };
        let (memory, fresh) = Memory::ensure(&mut self.memory, device, passes, &needed)?;
        // The planes that `crop` sent serve again, unless another face was put into them since.
        let held = !fresh && self.sent == Some(place.packing) && place.packing.holds(frame, &self.packed);
        if !held {
            place.packing.pack(frame, &mut self.packed);
        }
        self.sent = None;
        let mut encoder = device.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut writes: [(&wgpu::Buffer, &[u8]); 8] = [(&memory.params, &[]); 8];
        let mut count = 0;
        let mut add = |wanted: bool, buffer, data| {
            if wanted {
                writes[count] = (buffer, data);
                count += 1;
            }
        };
        let (model, pictures) = (&memory.model, &memory.pictures);
        add(true, &memory.params, bytemuck::bytes_of(params));
        add(true, &model.weights, bytemuck::cast_slice(&self.weights));
        add(true, &pictures.face, bytemuck::cast_slice(generated.face));
        add(true, &pictures.driver, bytemuck::cast_slice(generated.driver));
        add(settings.driver_mask, &pictures.driver_mask, bytemuck::cast_slice(generated.driver_mask));
        add(settings.generated_mask, &pictures.face_mask, bytemuck::cast_slice(generated.face_mask));
        let looks = settings.hull_mask || request.visible.is_some();
        add(looks, &memory.hull, bytemuck::cast_slice(&self.pairs));
        add(!held, &memory.frame.planes, &self.packed);
        self.upload.send(device, &mut encoder, &writes[..count])?;

        record_blend(passes, &mut encoder, &memory.groups, resolution, place, request, |_, _| ());
        let measures = settings.color_transfer.space();
        let parts = [
            (&memory.frame.blended, 0, bytes as u64),
            (&memory.model.covered, 0, COVERED_BYTES),
            (&memory.model.statistics, 0, Measured::BYTES),
        ];
        let count = if measures.is_some() { 3 } else { 2 };
        let all = self.download.copy_parts(device, &mut encoder, &parts[..count]);
        let submission = device.queue().submit([encoder.finish()]);
        self.upload.recall();
        let picture = &mut self.blended;
        picture.resize(bytes, 0);
        let mut blended = Blended { covered: 0.0, measured: None };
        self.download.read(device, submission, all, |data| {
            let (data, rest) = data.split_at(bytes);
            picture.copy_from_slice(data);
            let (covered, rest) = rest.split_at(COVERED_BYTES as usize);
            blended.covered = bytemuck::pod_read_unaligned(covered);
            blended.measured = measures.and_then(|space| Measured::of(rest)?.colours(space));
        })?;
        Ok(blended)
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

/// The values that a picture of `channels` channels must have, without what may follow them.
fn check(what: &'static str, len: usize, resolution: usize, channels: usize) -> Result<usize, BlendError> {
    let needed = resolution * resolution * channels;
    if len < needed {
        return Err(BlendError::Size { what, len, resolution, needed });
    }
    Ok(needed)
}

/// The network's pictures, each as long as its resolution says.
fn checked<'a>(generated: &Generated<'a>) -> Result<Generated<'a>, BlendError> {
    let side = generated.resolution;
    Ok(Generated {
        resolution: side,
        driver: &generated.driver[..check("the driver's crop", generated.driver.len(), side, 3)?],
        face: &generated.face[..check("the generated face", generated.face.len(), side, 3)?],
        driver_mask: &generated.driver_mask[..check("the driver's mask", generated.driver_mask.len(), side, 1)?],
        face_mask: &generated.face_mask[..check("the generated mask", generated.face_mask.len(), side, 1)?],
    })
}

impl Blender for GpuBlender {
    fn crop(
        &mut self,
        frame: &Frame<'_>,
        to_crop: &Similarity,
        resolution: usize,
        crop: &mut [f32],
    ) -> Result<(), BlendError> {
        let values = check("the crop", crop.len(), resolution, 3)?;
        let crop = &mut crop[..values];
        let layout = frame.layout();
        let Some(place) = FaceRegion::new(layout, to_crop).filter(|_| resolution > 0) else {
            crop.fill(0.0);
            return Ok(());
        };
        let params = Params::of_frame(layout, &place.packing, to_crop, &place.to_frame, resolution);
        self.attempt(|blender| blender.run_crop(frame, &place, &params, crop, resolution))
    }

    fn composite(
        &mut self,
        frame: &mut FrameMut<'_>,
        generated: &Generated<'_>,
        request: &BlendRequest<'_>,
    ) -> Result<Blended, BlendError> {
        let generated = &checked(generated)?;
        let resolution = generated.resolution;
        let layout = *frame.layout();
        let Some(place) = FaceRegion::new(&layout, request.to_crop).filter(|_| resolution > 0) else {
            return Ok(Blended { covered: 0.0, measured: None });
        };
        let params = self.params(&layout, &place, resolution, request)?;
        let blended =
            self.attempt(|blender| blender.run_composite(&frame.as_frame(), &place, &params, generated, request))?;
        self.show(frame, &place, request, &blended);
        Ok(blended)
    }

    fn is_lost(&self) -> bool {
        self.device.is_lost()
    }
}
