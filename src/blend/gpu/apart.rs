//! The blend on the GPU where the network is elsewhere: one submission for the crop, one for everything from the
//! masks to the frame, and between them pictures in host memory. Streams swap [together](super::together) with a
//! network on the same GPU; this is how tests and benches hold the passes against their twins.

use super::blender::{FaceRegion, GpuBlender};
use super::measured::Measured;
use super::memory::{Memory, Needed};
use super::params::Params;
use super::record::{COVERED_BYTES, record_blend};
use crate::blend::{BlendError, BlendRequest, Blended, Blender};
use crate::frame::{Frame, FrameMut};
use crate::geometry::Similarity;
use crate::gpu::GpuError;
use crate::swap::Generated;

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

impl GpuBlender {
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
