//! A camera: a clip's first frames to and fro, thirty a second by the pipeline's clock.

use std::path::Path;

use anyhow::Context;
use gst::prelude::*;
use standin::frame::OwnedFrame;
use standin::media::{Clip, ClipOptions};

/// Frames of the clip that are kept, and played to and fro.
const KEPT: usize = 60;
/// From one frame to the next.
const FRAME: gst::ClockTime = gst::ClockTime::from_nseconds(1_000_000_000 / 30);

/// What a program that plays a camera is told: MODEL CLIP [SECONDS].
pub(crate) struct Run {
    /// The model.
    pub(crate) model: String,
    /// The camera that gives the clip.
    pub(crate) camera: Camera,
    /// How long.
    pub(crate) seconds: u64,
}

impl Run {
    /// Reads the process's arguments; `seconds` where they say nothing.
    pub(crate) fn told(seconds: u64) -> anyhow::Result<Self> {
        let mut arguments = std::env::args().skip(1);
        let model = arguments.next().context("no model given")?;
        let camera = Camera::of(Path::new(&arguments.next().context("no clip given")?))?;
        Ok(Self { model, camera, seconds: arguments.next().map_or(Ok(seconds), |text| text.parse())? })
    }
}

/// A live source, and the frames that it gives.
pub(crate) struct Camera {
    frames: Vec<OwnedFrame>,
    /// The element that gives them.
    pub(crate) source: gst_app::AppSrc,
}

impl Camera {
    /// Decodes the beginning of a clip.
    pub(crate) fn of(clip: &Path) -> anyhow::Result<Self> {
        let frames: Vec<OwnedFrame> = Clip::open(clip, ClipOptions::default())?.take(KEPT).collect::<Result<_, _>>()?;
        let layout = *frames.first().context("the clip is empty")?.layout();
        let (width, height) = (layout.width as u32, layout.height as u32);
        let caps = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height)
            .fps(gst::Fraction::new(30, 1))
            .build()?
            .to_caps()?;
        let source = gst_app::AppSrc::builder().caps(&caps).format(gst::Format::Time).is_live(true).build();
        Ok(Self { frames, source })
    }

    /// Gives so many frames in a pipeline that plays, each at its time, and ends the stream.
    pub(crate) fn play(&self, pipeline: &gst::Pipeline, count: u64) -> anyhow::Result<()> {
        let clock = pipeline.clock().context("no clock")?;
        let base = pipeline.base_time().context("no base time")?;
        for i in 0..count {
            let pts = FRAME * (i + 1);
            let _ = clock.new_single_shot_id(base + pts).wait();
            let lap = i as usize % (2 * self.frames.len());
            let frame = &self.frames[if lap < self.frames.len() { lap } else { 2 * self.frames.len() - 1 - lap }];
            let mut buffer = gst::Buffer::from_mut_slice([frame.bytes(0), frame.bytes(1), frame.bytes(2)].concat());
            let fields = buffer.get_mut().context("a buffer of our own")?;
            fields.set_pts(pts);
            fields.set_duration(FRAME);
            self.source.push_buffer(buffer)?;
        }
        self.source.end_of_stream()?;
        Ok(())
    }
}
