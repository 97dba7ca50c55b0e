//! Crop, network and blend on one device: the face's region goes up once and comes back once.

use super::GpuBlender;
use super::blender::{Place, record_blend};
use super::memory::Memory;
use super::params::Params;
use crate::blend::place::unit;
use crate::blend::{BlendError, BlendSettings};
use crate::frame::{Frame, FrameMut};
use crate::geometry::{Point, Similarity};
use crate::swap::{GpuNetwork, Told};

/// What one face asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Frame px to the crop's unit square.
    pub to_crop: &'a Similarity,
    /// Corners of the landmarks' hull in the crop's unit square, clockwise on screen, or nothing.
    pub hull: &'a [Point],
    /// How it is blended.
    pub settings: &'a BlendSettings,
    /// For models that morph, 0..1.
    pub morph: f32,
    /// The least part of the crop that the masks must cover, 0..1, for the frame to be changed.
    pub least_mask: f32,
}

impl GpuBlender {
    /// Whether a network is on this blender's device.
    pub fn shares(&self, network: &GpuNetwork) -> bool {
        self.device.is(network.gpu())
    }

    /// Cuts the crop, runs the network and puts its face into the frame. The frame is changed only where the network gave
    /// numbers and masks that cover enough; what it gave is returned either way.
    ///
    /// # Errors
    /// [`BlendError`] where the device fails; the frame is then as it was.
    pub fn swap(
        &mut self,
        frame: &mut FrameMut<'_>,
        network: &mut GpuNetwork,
        wanted: &Wanted<'_>,
    ) -> Result<Told, BlendError> {
        let &Wanted { to_crop, hull, settings, .. } = wanted;
        self.take_hull(hull)?;
        let resolution = network.resolution();
        let layout = *frame.layout();
        let Some(place) = Place::new(&layout, to_crop) else {
            return Err(BlendError::Network("the crop does not meet the frame".to_owned()));
        };
        let params = self.params(&layout, &place, to_crop, resolution, settings);
        let mut told = None;
        self.attempt(|blender| {
            told = Some(blender.run_swap(&frame.as_frame(), &place, &params, network, wanted)?);
            Ok(())
        })?;
        let told = told.ok_or_else(|| BlendError::Gpu("nothing was read back".to_owned()))?;
        let good = told.is_finite() && told.masked(settings) >= wanted.least_mask;
        if good && unit(settings.opacity) > 0.0 {
            place.packing.unpack(&self.blended, &place.region, frame);
        }
        Ok(told)
    }

    fn run_swap(
        &mut self,
        frame: &Frame<'_>,
        place: &Place,
        params: &Params,
        network: &mut GpuNetwork,
        wanted: &Wanted<'_>,
    ) -> Result<Told, BlendError> {
        let device = self.device.clone();
        let (resolution, bytes) = (network.resolution(), place.packing.bytes());
        let (memory, _) = Memory::ensure(&mut self.memory, &device, bytes, resolution, self.corners.len())?;
        place.packing.pack(frame, &mut self.packed);
        self.sent = None;

        let mut encoder = device.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let hull: &[u8] = if wanted.settings.hull_mask { bytemuck::cast_slice(&self.corners) } else { &[] };
        let writes: [(&wgpu::Buffer, &[u8]); 4] = [
            (&memory.params, bytemuck::bytes_of(params)),
            (&memory.model.weights, bytemuck::cast_slice(&self.weights)),
            (&memory.hull, hull),
            (&memory.frame.planes, &self.packed),
        ];
        self.upload.send(&device, &mut encoder, &writes)?;
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        device.passes().crop.record(&mut pass, &memory.groups.crop, resolution);
        drop(pass);
        let (model, plane) = (&memory.model, (resolution * resolution * 4) as u64);
        let crop = network.crop();
        encoder.copy_buffer_to_buffer(&model.crop, 0, &crop.buffer, crop.offset, 3 * plane);
        encoder.copy_buffer_to_buffer(&model.crop, 0, &model.driver, 0, 3 * plane);
        device.queue().submit([encoder.finish()]);
        self.upload.recall();

        let drawn = network.run(wanted.morph).map_err(|error| BlendError::Network(error.to_string()))?;

        let mut encoder = device.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for (from, to, bytes) in [
            (&drawn.face, &model.face, 3 * plane),
            (&drawn.driver_mask, &model.driver_mask, plane),
            (&drawn.face_mask, &model.face_mask, plane),
        ] {
            encoder.copy_buffer_to_buffer(&from.buffer, from.offset, to, 0, bytes);
        }
        record_blend(&device, &mut encoder, memory, resolution, place, wanted.settings);
        let parts = [
            (&memory.frame.blended, 0, bytes as u64),
            (&drawn.told.buffer, drawn.told.offset, size_of::<Told>() as u64),
        ];
        let all = self.download.copy_parts(&device, &mut encoder, &parts);
        let submission = device.queue().submit([encoder.finish()]);
        let (blended, mut told) = (&mut self.blended, None);
        blended.resize(bytes, 0);
        self.download.read(&device, submission, all, |data| {
            blended.copy_from_slice(&data[..bytes]);
            told = bytemuck::try_pod_read_unaligned(&data[bytes..bytes + size_of::<Told>()]).ok();
        })?;
        told.ok_or_else(|| BlendError::Gpu("nothing was read back".to_owned()))
    }
}
