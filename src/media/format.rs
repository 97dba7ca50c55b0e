//! Between GStreamer's caps and the library's layout.

use crate::frame::{Layout, Matrix, PixelFormat, Range};
use gst_video::{VideoColorMatrix, VideoColorRange, VideoFormat, VideoInfo};

pub(super) const fn video_format(format: PixelFormat) -> VideoFormat {
    match format {
        PixelFormat::I420 => VideoFormat::I420,
        PixelFormat::Nv12 => VideoFormat::Nv12,
        PixelFormat::Yuy2 => VideoFormat::Yuy2,
        PixelFormat::Rgba => VideoFormat::Rgba,
        PixelFormat::Bgra => VideoFormat::Bgra,
        PixelFormat::Rgbx => VideoFormat::Rgbx,
        PixelFormat::Bgrx => VideoFormat::Bgrx,
    }
}

/// The caps of both pads: the formats that are worked on as they are, any size, any frame rate.
pub fn caps() -> gst::Caps {
    gst_video::VideoCapsBuilder::new().format_list(PixelFormat::ALL.map(video_format)).build()
}

/// The layout of frames of these caps; `None` for a format that the caps above do not have.
pub fn layout(info: &VideoInfo) -> Option<Layout> {
    let format = PixelFormat::ALL.into_iter().find(|&format| video_format(format) == info.format())?;
    let colorimetry = info.colorimetry();
    let matrix = match colorimetry.matrix() {
        VideoColorMatrix::Bt601 | VideoColorMatrix::Fcc | VideoColorMatrix::Smpte240m => Matrix::Bt601,
        _ => Matrix::Bt709,
    };
    let range = match colorimetry.range() {
        VideoColorRange::Range0_255 => Range::Full,
        _ => Range::Limited,
    };
    Some(Layout { format, width: info.width() as usize, height: info.height() as usize, matrix, range })
}
