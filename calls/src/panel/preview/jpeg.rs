//! Makes a picture small and a JPEG of it, by GStreamer's elements.

use gst::prelude::*;
use gst_app::{AppSink, AppSrc};
use hyper::body::Bytes;

use crate::fault::make;

/// Widest picture of the preview, in pixels.
const WIDTH: i32 = 640;
/// How long a picture may take.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_mseconds(500);

/// A pipeline from raw video to JPEG. Ends with its value.
#[derive(Debug)]
pub(super) struct Encoder {
    pipeline: gst::Pipeline,
    entrance: AppSrc,
    size: gst::Element,
    leaves: AppSink,
}

impl Encoder {
    /// # Errors
    /// An element is missing; it does not run.
    pub(super) fn new() -> anyhow::Result<Self> {
        let (convert, size, encode) = (make("videoconvertscale")?, make("capsfilter")?, make("jpegenc")?);
        encode.set_property("quality", 80);
        let entrance = AppSrc::builder().format(gst::Format::Time).max_buffers(1).max_bytes(0).build();
        let leaves = AppSink::builder().sync(false).max_buffers(1).build();
        let pipeline = gst::Pipeline::new();
        let chain = [entrance.upcast_ref(), &convert, &size, &encode, leaves.upcast_ref::<gst::Element>()];
        pipeline.add_many(chain)?;
        gst::Element::link_many(chain)?;
        pipeline.set_state(gst::State::Playing)?;
        Ok(Self { pipeline, entrance, size, leaves })
    }

    /// The picture as JPEG, at most 640 pixels wide.
    pub(super) fn encode(&self, sample: &gst::Sample) -> Option<Bytes> {
        let caps = sample.caps()?;
        if self.entrance.caps().is_none_or(|known| *known != *caps) {
            let side = |name: &str| caps.structure(0)?.get::<i32>(name).ok();
            let (width, height) = (side("width")?, side("height")?);
            let small = width.min(WIDTH);
            let small_height = (height * small / width.max(1)).max(2) & !1;
            let small = gst::Caps::builder("video/x-raw").field("width", small).field("height", small_height).build();
            self.size.set_property("caps", small);
            self.entrance.set_caps(Some(&caps.to_owned()));
        }
        let mut picture = sample.buffer()?.copy();
        if let Some(picture) = picture.get_mut() {
            picture.set_pts(gst::ClockTime::NONE);
            picture.set_dts(gst::ClockTime::NONE);
        }
        // What came late of the one before is not this one.
        while self.leaves.try_pull_sample(gst::ClockTime::ZERO).is_some() {}
        self.entrance.push_buffer(picture).ok()?;
        let made = self.leaves.try_pull_sample(PATIENCE)?;
        let map = made.buffer()?.map_readable().ok()?;
        Some(Bytes::copy_from_slice(&map))
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn pictures_become_small_jpegs() {
        gst::init().unwrap();
        let encoder = match Encoder::new() {
            Ok(encoder) => encoder,
            Err(error) => panic!("{error:#}"),
        };
        for (width, height, expected) in [(1280, 720, (640, 360)), (320, 180, (320, 180)), (1080, 1920, (640, 1136))] {
            let caps = gst::Caps::builder("video/x-raw").field("format", "YUY2").field("width", width);
            let caps = caps.field("height", height).field("framerate", gst::Fraction::new(30, 1)).build();
            let picture = gst::Buffer::from_mut_slice(vec![128_u8; width as usize * height as usize * 2]);
            let jpeg = encoder.encode(&gst::Sample::builder().buffer(&picture).caps(&caps).build()).unwrap();
            // The frame header has height and width.
            let place = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
            let side = |at: usize| i32::from(jpeg[place + at]) << 8 | i32::from(jpeg[place + at + 1]);
            assert_eq!((side(7), side(5)), expected);
        }
    }
}
