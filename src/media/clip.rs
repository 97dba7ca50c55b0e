//! Reads a clip frame by frame.

use std::path::{Path, PathBuf};

use gst_video::prelude::*;

use super::decoder::Decoder;
use crate::frame::{Frame, Layout, OwnedFrame, PixelFormat, Plane};

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
    decoder: Decoder,
    /// Seconds, of the frame that came last.
    time: Option<f64>,
    /// Frames a second.
    rate: Option<f64>,
}

impl Clip {
    /// Opens a clip.
    ///
    /// # Errors
    /// [`ClipError`] where GStreamer lacks a part or the file is missing; a broken one shows with its first frame.
    pub fn open(path: &Path, options: ClipOptions) -> Result<Self, ClipError> {
        let format = super::format::video_format(options.format.unwrap_or(PixelFormat::I420)).to_str();
        let pad = match options.pad {
            Some((w, h)) => format!("videobox autocrop=true ! video/x-raw,width={w},height={h} !"),
            None => String::new(),
        };
        let conversion = format!("videoconvert n-threads=1 ! {pad} videoconvert ! video/x-raw,format={format}");
        Ok(Self { decoder: Decoder::open(path, &conversion)?, time: None, rate: None })
    }

    /// When the frame that came last is shown, in seconds from the clip's start; `None` where the clip does not say.
    pub fn time(&self) -> Option<f64> {
        self.time
    }

    /// Frames a second, once the first frame has come; `None` where the clip does not say.
    pub fn frame_rate(&self) -> Option<f64> {
        self.rate
    }

    /// About how many frames the clip has, from its length and its frame rate; known once a frame came, if ever.
    pub fn frames(&self) -> Option<u64> {
        let seconds = self.decoder.duration()?.nseconds() as f64 / 1e9;
        Some((seconds * self.rate?).round() as u64)
    }

    /// Notes what the frame says of time.
    fn note(&mut self, sample: &gst::Sample) {
        let shown = sample.buffer().and_then(|buffer| buffer.pts());
        let segment = sample.segment().and_then(|segment| segment.downcast_ref::<gst::ClockTime>());
        let time = segment.zip(shown).and_then(|(segment, shown)| segment.to_stream_time(shown));
        self.time = time.map(|time| time.nseconds() as f64 / 1e9);
        let info = sample.caps().and_then(|caps| gst_video::VideoInfo::from_caps(caps).ok());
        let rate = info.map(|info| info.fps()).filter(|fps| fps.numer() > 0 && fps.denom() > 0);
        self.rate = rate.map(|fps| f64::from(fps.numer()) / f64::from(fps.denom()));
    }

    fn owned(&self, sample: &gst::Sample) -> Result<OwnedFrame, ClipError> {
        let broken = |reason: &str| self.decoder.broken(reason);
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
        let sample = match self.decoder.next()? {
            Ok(sample) => sample,
            Err(error) => return Some(Err(error)),
        };
        self.note(&sample);
        Some(self.owned(&sample))
    }
}
