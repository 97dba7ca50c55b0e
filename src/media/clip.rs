//! Reads a clip frame by frame.

use std::path::{Path, PathBuf};

use gst::prelude::*;
use gst_video::prelude::*;

use crate::frame::{Frame, Layout, OwnedFrame, PixelFormat, Plane};

/// How long a frame is waited for before the bus is looked at.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// A clip that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// GStreamer would not start, or lacks an element.
    #[error("GStreamer: {0}; install its base, good and libav plugins")]
    GStreamer(#[from] gst::glib::Error),
    /// The file is missing or cannot be decoded.
    #[error("{path}: {reason}")]
    Decode {
        /// The clip.
        path: PathBuf,
        /// What GStreamer said.
        reason: String,
    },
}

/// How a clip is decoded.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClipOptions {
    /// Pixel format; I420 where none is asked for.
    pub format: Option<PixelFormat>,
    /// Width and height of a larger black frame in whose middle the clip is put.
    pub pad: Option<(u32, u32)>,
}

/// The frames of a clip, decoded one after the other.
#[derive(Debug)]
pub struct Clip {
    path: PathBuf,
    pipeline: gst::Element,
    sink: gst_app::AppSink,
    ended: bool,
}

impl Clip {
    /// Opens a clip.
    ///
    /// # Errors
    /// [`ClipError`] where GStreamer lacks a part or the file is missing; a broken one shows with its first frame.
    pub fn open(path: &Path, options: ClipOptions) -> Result<Self, ClipError> {
        gst::init()?;
        let format = super::format::video_format(options.format.unwrap_or(PixelFormat::I420)).to_str();
        let pad = match options.pad {
            Some((w, h)) => format!("videobox autocrop=true ! video/x-raw,width={w},height={h} !"),
            None => String::new(),
        };
        let text = format!(
            "filesrc name=source ! decodebin ! videoconvert n-threads=1 ! {pad} videoconvert ! \
             video/x-raw,format={format} ! appsink name=sink sync=false max-buffers=4"
        );
        let pipeline = gst::parse::launch(&text)?;
        let bin = pipeline.downcast_ref::<gst::Bin>();
        let missing = || ClipError::Decode { path: path.to_owned(), reason: "no decoder".to_owned() };
        let source = bin.and_then(|bin| bin.by_name("source")).ok_or_else(missing)?;
        source.set_property("location", path.display().to_string());
        let sink = bin
            .and_then(|bin| bin.by_name("sink"))
            .and_then(|sink| sink.downcast::<gst_app::AppSink>().ok())
            .ok_or_else(missing)?;
        let clip = Self { path: path.to_owned(), pipeline, sink, ended: false };
        match clip.pipeline.set_state(gst::State::Playing) {
            Ok(_) => Ok(clip),
            Err(_) => Err(clip.error().unwrap_or_else(|| clip.broken("it cannot be opened"))),
        }
    }

    /// Frames a second, once the first frame has come; `None` where the clip does not say.
    pub fn frame_rate(&self) -> Option<f64> {
        let caps = self.sink.static_pad("sink")?.current_caps()?;
        let rate = gst_video::VideoInfo::from_caps(&caps).ok()?.fps();
        (rate.numer() > 0 && rate.denom() > 0).then(|| f64::from(rate.numer()) / f64::from(rate.denom()))
    }

    fn broken(&self, reason: &str) -> ClipError {
        ClipError::Decode { path: self.path.clone(), reason: reason.to_owned() }
    }

    fn error(&self) -> Option<ClipError> {
        let bus = self.pipeline.bus()?;
        let message = bus.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(self.broken(&error.error().to_string())),
            _ => None,
        }
    }

    fn owned(&self, sample: &gst::Sample) -> Result<OwnedFrame, ClipError> {
        let broken = |reason: &str| self.broken(reason);
        let caps = sample.caps().ok_or_else(|| broken("a frame without caps"))?;
        let info = gst_video::VideoInfo::from_caps(caps).map_err(|_| broken("caps that are no video"))?;
        let layout = super::layout(&info).ok_or_else(|| broken("an unexpected pixel format"))?;
        let buffer = sample.buffer().ok_or_else(|| broken("a frame without a buffer"))?;
        let mapped = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info)
            .map_err(|_| broken("a frame that cannot be mapped"))?;
        let mut planes = [Plane::default(); 3];
        for (i, plane) in planes.iter_mut().enumerate().take(layout.format.planes()) {
            let stride = usize::try_from(mapped.plane_stride()[i]).map_err(|_| broken("a negative stride"))?;
            *plane = Plane { data: mapped.plane_data(i as u32).unwrap_or_default(), stride };
        }
        let frame = Frame::new(layout, planes).map_err(|error| broken(&error.to_string()))?;
        Ok(copied(&frame, layout))
    }
}

fn copied(frame: &Frame<'_>, layout: Layout) -> OwnedFrame {
    let mut owned = OwnedFrame::new(layout);
    for i in 0..layout.format.planes() {
        let (row, _) = layout.format.plane_size(i, layout.width, layout.height);
        let plane = frame.plane(i);
        for (to, from) in owned.bytes_mut(i).chunks_exact_mut(row).zip(plane.data.chunks(plane.stride)) {
            to.copy_from_slice(&from[..row]);
        }
    }
    owned
}

impl Iterator for Clip {
    type Item = Result<OwnedFrame, ClipError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            if let Some(sample) = self.sink.try_pull_sample(PATIENCE) {
                return Some(self.owned(&sample));
            }
            // A pipeline that failed neither ends nor goes on.
            let error = self.error();
            self.ended = error.is_some() || self.sink.is_eos();
            if error.is_some() {
                return error.map(Err);
            }
        }
        None
    }
}

impl Drop for Clip {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
