//! The blend on the GPU: one submission for the crop, one for everything from the masks to the frame.

use super::device::GpuDevice;
use super::groups::Groups;
use super::memory::Memory;
use super::packing::Packing;
use super::params::Params;
use super::passes::statistics::Measured;
use super::staging::{Download, Upload};
use super::watch::Span;
use super::watch::Watch;
use crate::blend::place::unit;
use crate::blend::plan::{Filters, Region};
use crate::blend::{BlendError, BlendSettings, Blender, ColorTransfer, Colours, Earlier};
use crate::frame::{Frame, FrameMut, Layout};
use crate::geometry::{Point, Similarity};
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
    /// Out of `statistics`: mean and deviation (in the transfer's space) of the driver, then of the face, and the
    /// weight: 13 values.
    Statistics,
    /// Out of `transfer`: R² pixels of red, green, blue, mask.
    Layer,
}

/// Runs the passes on a GPU. It belongs to one worker and shares the device with the others.
pub struct GpuBlender {
    pub(super) device: GpuDevice,
    pub(super) memory: Option<Memory>,
    pub(super) upload: Upload,
    pub(super) download: Download,
    /// The planes that the GPU holds, as `packed` by `sent`.
    pub(super) sent: Option<Packing>,
    pub(super) packed: Vec<u8>,
    pub(super) blended: Vec<u8>,
    pub(super) weights: Vec<f32>,
    pub(super) corners: Vec<[f32; 2]>,
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
    /// A blender on `device`; the first one of a device builds the pipelines.
    ///
    /// # Errors
    /// [`BlendError::Gpu`] where the device has failed or refuses a shader.
    pub fn new(device: &GpuDevice) -> Result<Self, BlendError> {
        device.guard(|| {
            device.passes();
            Ok(())
        })?;
        Ok(Self {
            device: device.clone(),
            memory: None,
            upload: Upload::default(),
            download: Download::default(),
            sent: None,
            packed: Vec::new(),
            blended: Vec::new(),
            weights: Vec::new(),
            corners: Vec::new(),
            watch: None,
        })
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
            return Err(BlendError::Gpu("nothing was blended yet".to_owned()));
        };
        let (model, pixels) = (&memory.model, memory.model.resolution * memory.model.resolution);
        let (buffer, values) = match which {
            Intermediate::Mask => (&model.mask, pixels),
            Intermediate::Eroded => (&model.eroded, pixels),
            Intermediate::Feathered => (&model.feathered, pixels),
            Intermediate::Placed => (&model.placed, pixels * 4),
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

    /// Takes over the corners of a hull.
    pub(super) fn take_hull(&mut self, hull: &[Point]) -> Result<(), BlendError> {
        if hull.len() > MOST_CORNERS {
            let corners = hull.len();
            return Err(BlendError::Gpu(format!("a hull of {corners} corners is too many; it takes {MOST_CORNERS}")));
        }
        self.corners.clear();
        self.corners.extend(hull.iter().map(|p| [p.x, p.y]));
        Ok(())
    }

    /// What all passes need, for the hull that was taken; the feather's weights are made beside it.
    pub(super) fn params(
        &mut self,
        layout: &Layout,
        place: &FaceRegion,
        to_crop: &Similarity,
        resolution: usize,
        settings: &BlendSettings,
        earlier: Option<&Earlier>,
    ) -> Params {
        let filters = Filters::new(settings, resolution);
        filters.feather_weights(&mut self.weights);
        Params::of_frame(layout, &place.packing, to_crop, &place.to_frame, resolution).with_settings(
            settings,
            &filters,
            self.corners.len(),
            earlier,
        )
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
        let device = &self.device;
        let (memory, _) = Memory::ensure(&mut self.memory, device, place.packing.bytes(), resolution, 0)?;
        place.packing.pack(frame, &mut self.packed);
        self.sent = None;
        let mut encoder = device.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let writes: [(&wgpu::Buffer, &[u8]); 2] =
            [(&memory.params, bytemuck::bytes_of(params)), (&memory.frame.planes, &self.packed)];
        self.upload.send(device, &mut encoder, &writes)?;
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        device.passes().crop.record(&mut pass, &memory.groups.crop, resolution);
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
        settings: &BlendSettings,
    ) -> Result<Option<Colours>, BlendError> {
        let device = &self.device;
        let (resolution, bytes) = (generated.resolution, place.packing.bytes());
        let (memory, fresh) = Memory::ensure(&mut self.memory, device, bytes, resolution, self.corners.len())?;
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
        add(settings.hull_mask, &memory.hull, bytemuck::cast_slice(&self.corners));
        add(!held, &memory.frame.planes, &self.packed);
        self.upload.send(device, &mut encoder, &writes[..count])?;

        record_blend(device, &mut encoder, &memory.groups, resolution, place, settings, |_, _| ());
        let measures = settings.color_transfer.space();
        let parts = [(&memory.frame.blended, 0, bytes as u64), (&memory.model.statistics, 0, Measured::BYTES)];
        let count = if measures.is_some() { 2 } else { 1 };
        let all = self.download.copy_parts(device, &mut encoder, &parts[..count]);
        let submission = device.queue().submit([encoder.finish()]);
        self.upload.recall();
        let (blended, mut measured) = (&mut self.blended, None);
        blended.resize(bytes, 0);
        self.download.read(device, submission, all, |data| {
            let (data, rest) = data.split_at(bytes);
            blended.copy_from_slice(data);
            measured = measures.and_then(|space| Measured::of(rest)?.colours(space));
        })?;
        Ok(measured)
    }
}

/// The passes from the masks to the frame; `end` is called with what has just ended.
pub(super) fn record_blend(
    device: &GpuDevice,
    encoder: &mut wgpu::CommandEncoder,
    groups: &Groups,
    resolution: usize,
    place: &FaceRegion,
    settings: &BlendSettings,
    end: impl Fn(&mut wgpu::ComputePass<'_>, Span),
) {
    let passes = device.passes();
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    end(&mut pass, Span::Network);
    passes.mask.record(&mut pass, &groups.mask, resolution);
    end(&mut pass, Span::Mask);
    passes.erode.record(&mut pass, &groups.erode, resolution);
    end(&mut pass, Span::Erode);
    passes.feather.record(&mut pass, &groups.feather, resolution);
    end(&mut pass, Span::Feather);
    passes.place.record(&mut pass, &groups.place, resolution);
    end(&mut pass, Span::Place);
    if settings.color_transfer != ColorTransfer::None {
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
        to_crop: &Similarity,
        generated: &Generated<'_>,
        hull: &[Point],
        settings: &BlendSettings,
        earlier: Option<&Earlier>,
    ) -> Result<Option<Colours>, BlendError> {
        let generated = &checked(generated)?;
        self.take_hull(hull)?;
        let resolution = generated.resolution;
        let layout = *frame.layout();
        let shows = resolution > 0 && unit(settings.opacity) > 0.0;
        let Some(place) = FaceRegion::new(&layout, to_crop).filter(|_| shows) else {
            return Ok(None);
        };
        let params = self.params(&layout, &place, to_crop, resolution, settings, earlier);
        let measured =
            self.attempt(|blender| blender.run_composite(&frame.as_frame(), &place, &params, generated, settings))?;
        place.packing.unpack(&self.blended, &place.region, frame);
        Ok(measured)
    }

    fn is_lost(&self) -> bool {
        self.device.is_lost()
    }

    fn gpu(&mut self) -> Option<&mut GpuBlender> {
        Some(self)
    }
}
