//! What leaves a pipeline, kept for questions.

use gst::prelude::*;

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
        let faces = faces.map(|meta| Face { rect: meta.rect(), swapped: meta.params().find_map(|s| swapped(&s)) });
        Self {
            pts: buffer.pts(),
            duration: buffer.duration(),
            offset: buffer.offset(),
            flags: buffer.flags(),
            bytes: buffer.map_readable().unwrap().to_vec(),
            faces: faces.collect(),
            reference: buffer.meta::<gst::ReferenceTimestampMeta>().map(|meta| meta.timestamp()),
            size: (info.width(), info.height()),
            format: info.format(),
        }
    }
}

fn swapped(structure: &gst::StructureRef) -> Option<(u32, bool)> {
    (structure.name() == "faceswap").then_some(())?;
    Some((structure.get("track").ok()?, structure.get("swapped").ok()?))
}

/// Luma of an I420 frame without padding (widths of these tests are multiples of 4).
pub(crate) fn luma_at(frame: &Frame, (x, y): (u32, u32)) -> u8 {
    frame.bytes[(y * frame.size.0 + x) as usize]
}

/// Part of the luma samples in a rectangle, clipped to the frame, that differ by more than a little. I420 without padding.
pub(crate) fn changed(a: &Frame, b: &Frame, (x, y, w, h): (u32, u32, u32, u32)) -> f64 {
    assert_eq!(a.size, b.size);
    let rows = y..(y + h).min(a.size.1);
    let places: Vec<(u32, u32)> = rows.flat_map(|y| (x..(x + w).min(a.size.0)).map(move |x| (x, y))).collect();
    let differ = places.iter().filter(|&&at| luma_at(a, at).abs_diff(luma_at(b, at)) > 2).count();
    differ as f64 / places.len().max(1) as f64
}
