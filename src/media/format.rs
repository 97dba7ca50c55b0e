//! Between GStreamer's caps and the library's layout.

use crate::frame::{Layout, Matrix, PixelFormat, Range, TransferFunction};
use gst_video::{VideoColorMatrix, VideoColorRange, VideoFormat, VideoInfo, VideoTransferFunction};

pub(super) const fn video_format(format: PixelFormat) -> VideoFormat {
    match format {
        PixelFormat::Nv12 => VideoFormat::Nv12,
        PixelFormat::I420 => VideoFormat::I420,
        PixelFormat::Yuy2 => VideoFormat::Yuy2,
        PixelFormat::Rgba => VideoFormat::Rgba,
        PixelFormat::Bgra => VideoFormat::Bgra,
        PixelFormat::Rgbx => VideoFormat::Rgbx,
        PixelFormat::Bgrx => VideoFormat::Bgrx,
        PixelFormat::Nv21 => VideoFormat::Nv21,
        PixelFormat::Yv12 => VideoFormat::Yv12,
        PixelFormat::Uyvy => VideoFormat::Uyvy,
        PixelFormat::Y42b => VideoFormat::Y42b,
        PixelFormat::Y444 => VideoFormat::Y444,
        PixelFormat::Rgb => VideoFormat::Rgb,
        PixelFormat::Bgr => VideoFormat::Bgr,
        PixelFormat::P010 => VideoFormat::P01010le,
        PixelFormat::I420Ten => VideoFormat::I42010le,
        PixelFormat::I422Ten => VideoFormat::I42210le,
        PixelFormat::Y444Ten => VideoFormat::Y44410le,
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
        VideoColorMatrix::Bt601 | VideoColorMatrix::Fcc => Matrix::Bt601,
        VideoColorMatrix::Bt2020 => Matrix::Bt2020,
        // SMPTE 240M (red 0.212, blue 0.087) is nearest to BT.709.
        _ => Matrix::Bt709,
    };
    let range = match colorimetry.range() {
        VideoColorRange::Range0_255 => Range::Full,
        _ => Range::Limited,
    };
    let transfer = match colorimetry.transfer() {
        VideoTransferFunction::AribStdB67 => TransferFunction::Hlg,
        VideoTransferFunction::Smpte2084 => TransferFunction::Pq,
        _ => TransferFunction::Standard,
    };
    Some(Layout { format, width: info.width() as usize, height: info.height() as usize, matrix, range, transfer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::unwrap_used, reason = "a test that fails may stop")]
    fn colorimetry_is_read() {
        gst::init().unwrap();
        let of = |colorimetry: &str| {
            let caps = gst::Caps::builder("video/x-raw").field("format", "P010_10LE").field("colorimetry", colorimetry);
            let caps =
                caps.field("width", 64).field("height", 48).field("framerate", gst::Fraction::new(30, 1)).build();
            let layout = layout(&VideoInfo::from_caps(&caps).unwrap()).unwrap();
            (layout.matrix, layout.range, layout.transfer)
        };
        let (limited, standard) = (Range::Limited, TransferFunction::Standard);
        assert_eq!(of("bt601"), (Matrix::Bt601, limited, standard));
        assert_eq!(of("bt709"), (Matrix::Bt709, limited, standard));
        assert_eq!(of("smpte240m"), (Matrix::Bt709, limited, standard));
        assert_eq!(of("1:3:5:1"), (Matrix::Bt709, Range::Full, standard));
        assert_eq!(of("bt2020-10"), (Matrix::Bt2020, limited, standard));
        assert_eq!(of("bt2100-pq"), (Matrix::Bt2020, limited, TransferFunction::Pq));
        assert_eq!(of("bt2100-hlg"), (Matrix::Bt2020, limited, TransferFunction::Hlg));
    }
}
