//! Reads a clip of masks frame by frame.

use std::path::Path;

use gst_video::prelude::*;
use image::GrayImage;

use super::ClipError;
use super::decoder::Decoder;

/// The frames of a clip as grey pictures. The codes of a grey clip (FFV1, say) come as they are stored; those of a clip
/// in colour are its luma over the full range.
#[derive(Debug)]
pub struct GreyClip {
    decoder: Decoder,
}

impl GreyClip {
    /// Opens a clip.
    ///
    /// # Errors
    /// [`ClipError`] as of [`Clip::open`](super::Clip::open).
    pub fn open(path: &Path) -> Result<Self, ClipError> {
        Ok(Self { decoder: Decoder::open(path, "videoconvert ! video/x-raw,format=GRAY8")? })
    }

    fn picture(&self, sample: &gst::Sample) -> Result<GrayImage, ClipError> {
        let broken = |reason: &str| self.decoder.broken(reason);
        let caps = sample.caps().ok_or_else(|| broken("a frame without caps"))?;
        let info = gst_video::VideoInfo::from_caps(caps).map_err(|_| broken("caps that are no video"))?;
        let buffer = sample.buffer().ok_or_else(|| broken("a frame without a buffer"))?;
        let mapped = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info)
            .map_err(|_| broken("a frame that cannot be mapped"))?;
        let bytes = mapped.plane_data(0).map_err(|_| broken("a frame without a plane"))?;
        let stride = usize::try_from(mapped.plane_stride()[0]).map_err(|_| broken("a negative stride"))?;
        let (width, height) = (info.width(), info.height());
        let rows = bytes.chunks(stride.max(1)).take(height as usize);
        let pixels = rows.flat_map(|row| row.iter().copied().take(width as usize)).collect();
        GrayImage::from_raw(width, height, pixels).ok_or_else(|| broken("a frame that is too short"))
    }
}

impl Iterator for GreyClip {
    type Item = Result<GrayImage, ClipError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.decoder.next().map(|sample| self.picture(&sample?))
    }
}
