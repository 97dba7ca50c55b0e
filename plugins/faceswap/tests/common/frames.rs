//! What leaves a pipeline, kept for questions.

use gst::prelude::*;
use gst_video::prelude::*;
use standin::frame::PixelFormat;

/// A face that a buffer is marked with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Face {
    /// Left, top, width, height.
    pub(crate) rect: (u32, u32, u32, u32),
    /// Its track and whether it was swapped, where the element itself marked it.
    pub(crate) swapped: Option<(u32, bool)>,
}

impl Face {
    /// The middle.
    pub(crate) fn centre(&self) -> (u32, u32) {
        let (x, y, w, h) = self.rect;
        (x + w / 2, y + h / 2)
    }
}

/// A buffer that came out.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) pts: Option<gst::ClockTime>,
    pub(crate) duration: Option<gst::ClockTime>,
    pub(crate) offset: u64,
    pub(crate) flags: gst::BufferFlags,
    pub(crate) bytes: Vec<u8>,
    pub(crate) faces: Vec<Face>,
    pub(crate) reference: Option<gst::ClockTime>,
    pub(crate) size: (u32, u32),
    pub(crate) format: gst_video::VideoFormat,
}

impl Frame {
    pub(crate) fn of(sample: &gst::Sample) -> Self {
        let buffer = sample.buffer().unwrap();
        let info = gst_video::VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
        let faces = buffer.iter_meta::<gst_video::VideoRegionOfInterestMeta>().filter(|meta| meta.roi_type() == "face");
        let faces = faces.map(|meta| Face { rect: meta.rect(), swapped: meta.params().find_map(swapped) });
        Self {
            pts: buffer.pts(),
            duration: buffer.duration(),
            offset: buffer.offset(),
            // What GStreamer notes about the memory is none of the stream's.
            flags: buffer.flags() & !gst::BufferFlags::TAG_MEMORY,
            bytes: pixels(buffer, &info),
            faces: faces.collect(),
            reference: buffer.meta::<gst::ReferenceTimestampMeta>().map(|meta| meta.timestamp()),
            size: (info.width(), info.height()),
            format: info.format(),
        }
    }
}

/// The planes one after the other, without the padding of their rows.
fn pixels(buffer: &gst::BufferRef, info: &gst_video::VideoInfo) -> Vec<u8> {
    let layout = standin::media::layout(info).unwrap();
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info).unwrap();
    let mut bytes = Vec::with_capacity(buffer.size());
    for i in 0..layout.format.planes() {
        let (row, rows) = layout.format.plane_size(i, layout.width, layout.height);
        let stride = frame.plane_stride()[i] as usize;
        for line in frame.plane_data(i as u32).unwrap().chunks(stride).take(rows) {
            bytes.extend(&line[..row]);
            if layout.format == PixelFormat::Yuy2 && layout.width % 2 == 1 {
                // The luma of a pixel that is not there.
                let end = bytes.len();
                bytes[end - 2] = 0;
            }
        }
    }
    bytes
}

fn swapped(structure: &gst::StructureRef) -> Option<(u32, bool)> {
    (structure.name() == "faceswap").then_some(())?;
    Some((structure.get("track").ok()?, structure.get("swapped").ok()?))
}

/// Luma of an I420 frame.
pub(crate) fn luma_at(frame: &Frame, (x, y): (u32, u32)) -> u8 {
    frame.bytes[(y * frame.size.0 + x) as usize]
}

/// Part of the pixels in a rectangle, clipped to the frame, of which luma or chroma differ by more than a little. I420.
pub(crate) fn changed(a: &Frame, b: &Frame, (x, y, w, h): (u32, u32, u32, u32)) -> f64 {
    assert_eq!(a.size, b.size);
    let (width, height) = a.size;
    let places: Vec<(u32, u32)> =
        (y..(y + h).min(height)).flat_map(|y| (x..(x + w).min(width)).map(move |x| (x, y))).collect();
    let (luma, chroma) = ((width * height) as usize, (width.div_ceil(2) * height.div_ceil(2)) as usize);
    let differs = |&(x, y): &(u32, u32)| {
        let shared = luma + (y / 2 * width.div_ceil(2) + x / 2) as usize;
        let samples = [(y * width + x) as usize, shared, shared + chroma];
        samples.into_iter().any(|i| a.bytes[i].abs_diff(b.bytes[i]) > 2)
    };
    places.iter().filter(|at| differs(at)).count() as f64 / places.len().max(1) as f64
}
