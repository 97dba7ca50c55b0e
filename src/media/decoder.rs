//! A pipeline that decodes one file, frame by frame.

use std::path::{Path, PathBuf};

use gst::prelude::*;

use super::ClipError;

/// How long a frame is waited for before the bus is looked at.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// A file that is decoded.
#[derive(Debug)]
pub(super) struct Decoder {
    path: PathBuf,
    pipeline: gst::Element,
    sink: gst_app::AppSink,
    ended: bool,
}

impl Decoder {
    /// Starts to decode; `conversion` is what stands between decoder and sink in gst-launch's words.
    pub(super) fn open(path: &Path, conversion: &str) -> Result<Self, ClipError> {
        gst::init()?;
        let text =
            format!("filesrc name=source ! decodebin ! {conversion} ! appsink name=sink sync=false max-buffers=4");
        let pipeline = gst::parse::launch(&text)?;
        let bin = pipeline.downcast_ref::<gst::Bin>();
        let missing = || ClipError::Decode { path: path.to_owned(), reason: "no decoder".to_owned() };
        let source = bin.and_then(|bin| bin.by_name("source")).ok_or_else(missing)?;
        source.set_property("location", path.display().to_string());
        let sink = bin
            .and_then(|bin| bin.by_name("sink"))
            .and_then(|sink| sink.downcast::<gst_app::AppSink>().ok())
            .ok_or_else(missing)?;
        let decoder = Self { path: path.to_owned(), pipeline, sink, ended: false };
        match decoder.pipeline.set_state(gst::State::Playing) {
            Ok(_) => Ok(decoder),
            Err(_) => Err(decoder.error().unwrap_or_else(|| decoder.broken("it cannot be opened"))),
        }
    }

    pub(super) fn broken(&self, reason: &str) -> ClipError {
        ClipError::Decode { path: self.path.clone(), reason: reason.to_owned() }
    }

    /// Length of the file as its container has it; known once a frame came.
    pub(super) fn duration(&self) -> Option<gst::ClockTime> {
        self.pipeline.query_duration()
    }

    fn error(&self) -> Option<ClipError> {
        let bus = self.pipeline.bus()?;
        let message = bus.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(self.broken(&error.error().to_string())),
            _ => None,
        }
    }
}

impl Iterator for Decoder {
    type Item = Result<gst::Sample, ClipError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            if let Some(sample) = self.sink.try_pull_sample(PATIENCE) {
                return Some(Ok(sample));
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

impl Drop for Decoder {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
