//! Crop, network and blend on one device: the face's region goes up once and comes back once.
//!
//! Each frame in flight has a blender, and so mapped memory, of its own: while one waits for its region to come back, the next
//! one's goes up. wgpu holds nothing across a wait that an upload needs.

use std::time::{Duration, Instant};

use super::blender::{FaceRegion, record_blend};
use super::memory::Memory;
use super::params::Params;
use super::passes::statistics::Measured;
use super::watch::Watch;
use super::{GpuBlender, Span, SwapTimes};
use crate::blend::place::unit;
use crate::blend::{BlendError, BlendSettings, Colours, Earlier};
use crate::face::OCCLUSION_SIDE;
use crate::frame::{Frame, FrameMut};
use crate::geometry::{Point, Similarity};
use crate::swap::{GpuNetwork, SwapReport};

/// What one face asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Frame px to the crop's unit square.
    pub to_crop: &'a Similarity,
    /// Corners of the landmarks' hull in the crop's unit square, clockwise on screen, or nothing.
    pub hull: &'a [Point],
    /// How it is blended.
    pub settings: &'a BlendSettings,
    /// Its colours in the frames before.
    pub earlier: Option<&'a Earlier>,
    /// How visible the driver's face is at each of [`OCCLUSION_SIDE`]² places of the crop, 0..1; `None` for everywhere.
    pub visible: Option<&'a [f32]>,
    /// For models that morph, 0..1.
    pub morph: f32,
    /// The least part of the crop that the masks must cover, 0..1, for the frame to be changed.
    pub least_mask: f32,
}

impl<'a> Wanted<'a> {
    /// A whole, visible face that nothing is known of, whatever its masks cover.
    pub fn new(to_crop: &'a Similarity, settings: &'a BlendSettings) -> Self {
        Self { to_crop, hull: &[], settings, earlier: None, visible: None, morph: 0.0, least_mask: 0.0 }
    }
}

/// What came of one face.
#[derive(Debug, Clone, Copy)]
pub struct Swapped {
    /// What the network gave.
    pub report: SwapReport,
    /// The colours that were measured, where the settings ask for a transfer and enough of the face was seen.
    pub measured: Option<Colours>,
}

impl GpuBlender {
    /// Whether a network is on this blender's device.
    pub fn shares(&self, network: &GpuNetwork) -> bool {
        self.device.is(network.gpu())
    }

    /// Has each following [`GpuBlender::swap`] measured, for [`GpuBlender::spent`].
    ///
    /// # Errors
    /// [`BlendError::Gpu`] where the device cannot.
    pub fn watch(&mut self) -> Result<(), BlendError> {
        self.watch = Some(Watch::new(&self.device)?);
        Ok(())
    }

    /// Where the time of the last swap went, where it was watched.
    pub fn spent(&self) -> Option<SwapTimes> {
        self.watch.as_ref().map(|watch| watch.spent)
    }

    /// Cuts the crop, runs the network and puts its face into the frame. The frame is changed only where the network gave
    /// numbers and masks that cover enough; what it gave is returned either way, nothing where crop and frame do not meet.
    ///
    /// # Errors
    /// [`BlendError`] where the device fails; the frame is then as it was.
    pub fn swap(
        &mut self,
        frame: &mut FrameMut<'_>,
        network: &mut GpuNetwork,
        wanted: &Wanted<'_>,
    ) -> Result<Option<Swapped>, BlendError> {
        let &Wanted { to_crop, hull, settings, earlier, visible, .. } = wanted;
        self.take_hull(hull)?;
        let resolution = network.resolution();
        let layout = *frame.layout();
        let Some(place) = FaceRegion::new(&layout, to_crop) else {
            return Ok(None);
        };
        let mut params = self.params(&layout, &place, to_crop, resolution, settings, earlier);
        if let Some(visible) = visible {
            if visible.len() != OCCLUSION_SIDE * OCCLUSION_SIDE {
                let (len, needed) = (visible.len(), OCCLUSION_SIDE * OCCLUSION_SIDE);
                return Err(BlendError::Size {
                    what: "the map of visibility",
                    len,
                    resolution: OCCLUSION_SIDE,
                    needed,
                });
            }
            // A pass binds four buffers at most, so the map goes up behind the hull's corners.
            self.corners.extend_from_slice(visible.as_chunks::<2>().0);
            params = params.with_visibility();
        }
        let swapped = self.attempt(|blender| blender.run_swap(&frame.as_frame(), &place, &params, network, wanted))?;
        let good = swapped.report.is_finite() && swapped.report.masked(settings) >= wanted.least_mask;
        if good && unit(settings.opacity) > 0.0 {
            place.packing.unpack(&self.blended, &place.region, frame);
        }
        Ok(Some(swapped))
    }

    fn run_swap(
        &mut self,
        frame: &Frame<'_>,
        place: &FaceRegion,
        params: &Params,
        network: &mut GpuNetwork,
        wanted: &Wanted<'_>,
    ) -> Result<Swapped, BlendError> {
        let (begun, device) = (Instant::now(), self.device.clone());
        let (resolution, bytes) = (network.resolution(), place.packing.bytes());
        let (memory, _) = Memory::ensure(&mut self.memory, &device, bytes, resolution, self.corners.len())?;
        let (memory, groups) = memory.joined(&device, network);
        place.packing.pack(frame, &mut self.packed);
        self.sent = None;

        let mut encoder = device.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        if let Some(watch) = &self.watch {
            watch.begin(&mut encoder);
        }
        let needed = wanted.settings.hull_mask || wanted.visible.is_some();
        let hull: &[u8] = if needed { bytemuck::cast_slice(&self.corners) } else { &[] };
        let writes: [(&wgpu::Buffer, &[u8]); 4] = [
            (&memory.params, bytemuck::bytes_of(params)),
            (&memory.model.weights, bytemuck::cast_slice(&self.weights)),
            (&memory.hull, hull),
            (&memory.frame.planes, &self.packed),
        ];
        self.upload.send(&device, &mut encoder, &writes)?;
        let watch = &self.watch;
        let end = |pass: &mut wgpu::ComputePass<'_>, span| {
            if let Some(watch) = watch {
                watch.end(pass, span);
            }
        };
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        end(&mut pass, Span::Upload);
        device.passes().crop.record(&mut pass, &groups.crop, resolution);
        end(&mut pass, Span::Crop);
        network.record(&mut pass, wanted.morph);
        drop(pass);
        record_blend(&device, &mut encoder, groups, resolution, place, wanted.settings, end);
        let (report, report_bytes) = network.report();
        let mut parts = [
            (&memory.frame.blended, 0, bytes as u64),
            (report, 0, report_bytes),
            (&memory.model.statistics, 0, Measured::BYTES),
            (&memory.frame.blended, 0, 0),
        ];
        let mut count = 3;
        if let Some(watch) = watch {
            watch.resolve(&mut encoder);
            parts[3] = (&watch.resolved, 0, SwapTimes::BYTES);
            count = 4;
        }
        let all = self.download.copy_parts(&device, &mut encoder, &parts[..count]);
        let submission = device.queue().submit([encoder.finish()]);
        self.upload.recall();
        let prepared = begun.elapsed();
        let (blended, watch) = (&mut self.blended, &mut self.watch);
        let (mut report, mut measured) = (None, None);
        let space = wanted.settings.color_transfer.space();
        blended.resize(bytes, 0);
        self.download.read(&device, submission, all, |data| {
            let (data, rest) = data.split_at(bytes);
            blended.copy_from_slice(data);
            let (data, rest) = rest.split_at(size_of::<SwapReport>());
            report = bytemuck::try_pod_read_unaligned(data).ok();
            measured = space.and_then(|space| Measured::of(rest)?.colours(space));
            if let Some(watch) = watch {
                watch.take(&rest[Measured::BYTES as usize..]);
            }
        })?;
        if let Some(Watch { spent, .. }) = watch {
            let ms = |time: Duration| time.as_secs_f32() * 1e3;
            spent.prepare = ms(prepared);
            spent.wait = ms(begun.elapsed() - prepared);
        }
        let report = report.ok_or_else(|| BlendError::Gpu("nothing was read back".to_owned()))?;
        Ok(Swapped { report, measured })
    }
}
