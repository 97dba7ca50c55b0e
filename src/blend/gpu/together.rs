//! Crop, network and blend on one device: the face's region goes up once and comes back once.
//!
//! Each frame in flight has a blender, and so mapped memory, of its own: while one waits for its region to come back,
//! the next one's goes up. wgpu holds nothing across a wait that an upload needs.

use std::time::{Duration, Instant};

use super::blender::FaceRegion;
use super::measured::Measured;
use super::memory::{Memory, Needed};
use super::params::Params;
use super::record::{COVERED_BYTES, record_blend};
use super::watch::Watch;
use super::{GpuBlender, Span, SwapTimes};
use crate::blend::{BlendError, BlendRequest, Blended};
use crate::frame::{Frame, FrameMut};
use crate::gpu::GpuError;
use crate::swap::GpuNetwork;

impl GpuBlender {
    /// Has each following [`GpuBlender::swap`] measured, for [`GpuBlender::times`].
    ///
    /// # Errors
    /// [`GpuError`] where the device cannot.
    pub fn watch(&mut self) -> Result<(), GpuError> {
        self.watch = Some(Watch::new(&self.device)?);
        Ok(())
    }

    /// Where the time of the last swap went, where it was watched.
    pub fn times(&self) -> Option<SwapTimes> {
        self.watch.as_ref().map(|watch| watch.times)
    }

    /// For how long the last swap waited for the GPU; nothing where crop and frame did not meet.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Cuts the crop, runs a network on the same device and puts its face into the frame. The frame is changed only
    /// where the network gave numbers and the mask covers enough. `morph` (0..1) is for models that have it. `None`
    /// where crop and frame do not meet.
    ///
    /// # Errors
    /// [`BlendError`] where the device fails or the network gave no numbers; the frame is then as it was.
    pub fn swap(
        &mut self,
        frame: &mut FrameMut<'_>,
        network: &GpuNetwork,
        request: &BlendRequest<'_>,
        morph: f32,
    ) -> Result<Option<Blended>, BlendError> {
        let layout = *frame.layout();
        self.waited = Duration::ZERO;
        let Some(place) = FaceRegion::new(&layout, request.to_crop) else {
            return Ok(None);
        };
        let params = self.params(&layout, &place, network.resolution(), request)?;
        let blended =
            self.attempt(|blender| blender.run_swap(&frame.as_frame(), &place, &params, network, request, morph))?;
        self.show(frame, &place, request, &blended);
        Ok(Some(blended))
    }

    fn run_swap(
        &mut self,
        frame: &Frame<'_>,
        place: &FaceRegion,
        params: &Params,
        network: &GpuNetwork,
        request: &BlendRequest<'_>,
        morph: f32,
    ) -> Result<Blended, BlendError> {
        let (begun, device, passes) = (Instant::now(), &self.device, &self.passes);
        let (resolution, bytes) = (network.resolution(), place.packing.bytes());
        let needed = Needed { planes: bytes, resolution, pairs: self.pairs.len(), network: Some(network) };
        let (memory, _) = Memory::ensure(&mut self.memory, device, passes, &needed)?;
        place.packing.pack(frame, &mut self.packed);
        self.sent = None;

        let mut encoder = device.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        if let Some(watch) = &self.watch {
            watch.begin(&mut encoder);
        }
        let looks = request.settings.hull_mask || request.visible.is_some();
        let hull: &[u8] = if looks { bytemuck::cast_slice(&self.pairs) } else { &[] };
        let writes: [(&wgpu::Buffer, &[u8]); 4] = [
            (&memory.params, bytemuck::bytes_of(params)),
            (&memory.model.weights, bytemuck::cast_slice(&self.weights)),
            (&memory.hull, hull),
            (&memory.frame.planes, &self.packed),
        ];
        self.upload.send(device, &mut encoder, &writes)?;
        let watch = &self.watch;
        let end = |pass: &mut wgpu::ComputePass<'_>, span| {
            if let Some(watch) = watch {
                watch.end(pass, span);
            }
        };
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        end(&mut pass, Span::Upload);
        passes.crop.record(&mut pass, &memory.groups.crop, resolution);
        end(&mut pass, Span::Crop);
        network.record(&mut pass, morph);
        drop(pass);
        record_blend(passes, &mut encoder, &memory.groups, resolution, place, request, end);
        let (not_finite, count_bytes) = network.not_finite();
        let mut parts = [
            (&memory.frame.blended, 0, bytes as u64),
            (not_finite, 0, count_bytes),
            (&memory.model.covered, 0, COVERED_BYTES),
            (&memory.model.statistics, 0, Measured::BYTES),
            (&memory.frame.blended, 0, 0),
        ];
        let mut count = 4;
        if let Some(watch) = watch {
            watch.resolve(&mut encoder);
            parts[4] = (&watch.resolved, 0, SwapTimes::BYTES);
            count = 5;
        }
        let all = self.download.copy_parts(device, &mut encoder, &parts[..count]);
        let submission = device.queue().submit([encoder.finish()]);
        self.upload.recall();
        let prepared = begun.elapsed();
        let (picture, watch) = (&mut self.blended, &mut self.watch);
        let (mut not_finite, mut blended) = (None, Blended { covered: 0.0, measured: None });
        let space = request.settings.color_transfer.space();
        picture.resize(bytes, 0);
        self.download.read(device, submission, all, |data| {
            let (data, rest) = data.split_at(bytes);
            picture.copy_from_slice(data);
            let (bad, rest) = rest.split_at(count_bytes as usize);
            not_finite = bytemuck::try_pod_read_unaligned::<f32>(bad).ok();
            let (covered, rest) = rest.split_at(COVERED_BYTES as usize);
            blended.covered = bytemuck::pod_read_unaligned(covered);
            blended.measured = space.and_then(|space| Measured::of(rest)?.colours(space));
            if let Some(watch) = watch {
                watch.take(&rest[Measured::BYTES as usize..]);
            }
        })?;
        self.waited = begun.elapsed().saturating_sub(prepared);
        if let Some(Watch { times, .. }) = watch {
            let ms = |time: Duration| time.as_secs_f32() * 1e3;
            times.prepare = ms(prepared);
            times.wait = ms(self.waited);
        }
        match not_finite {
            Some(0.0) => Ok(blended),
            Some(_) => Err(BlendError::NotFinite),
            None => Err(GpuError("nothing was read back".to_owned()).into()),
        }
    }
}
