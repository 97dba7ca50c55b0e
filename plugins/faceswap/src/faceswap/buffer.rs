//! A GStreamer buffer, mapped, as the library's stages see it; and the regions of interest it carries.

use std::ops::Range;

use gst_video::VideoInfo;
use standin::face::Face;
use standin::frame::{Frame, FrameError, FrameMut, Layout, Plane, PlaneMut, VideoBuffer};
use standin::geometry::Rect;

/// Type of the regions of interest that stand for faces.
const FACE: &str = "face";

/// A buffer mapped for reading and writing. What it is given was writable or was copied by GStreamer itself.
///
/// The planes are cut out of the mapped bytes by the offsets and strides of the buffer's video meta, and checked, since
/// a meta may say what its memory does not hold.
pub(super) struct MappedBuffer {
    bytes: gst::buffer::MappedBuffer<gst::buffer::Writable>,
    layout: Layout,
    /// Bytes and stride a plane.
    planes: [(Range<usize>, usize); 3],
}

impl MappedBuffer {
    /// Maps a buffer of frames as `info` and `layout` say.
    pub(super) fn map(mut buffer: gst::Buffer, info: &VideoInfo, layout: Layout) -> Result<Self, FrameError> {
        let meta = buffer.meta::<gst_video::VideoMeta>();
        let (offsets, strides) = match &meta {
            Some(meta) => (meta.offset(), meta.stride()),
            None => (info.offset(), info.stride()),
        };
        let mut planes = [const { (0..0, 0) }; 3];
        for (i, plane) in planes.iter_mut().enumerate().take(layout.format.planes()) {
            let place = offsets.get(i).zip(strides.get(i).and_then(|&stride| usize::try_from(stride).ok()));
            *plane = place
                .and_then(|(&offset, stride)| Some((bytes_of(&layout, i, offset, stride)?, stride)))
                .ok_or_else(|| {
                    FrameError::Memory(format!("plane {i} has no offset, a negative stride, or one beyond all memory"))
                })?;
        }
        buffer.make_mut();
        let bytes = buffer
            .into_mapped_buffer_writable()
            .map_err(|_| FrameError::Memory("the buffer cannot be mapped for writing".to_owned()))?;
        let mut mapped = Self { bytes, layout, planes };
        mapped.frame_mut().map(|_| ()).map(|()| mapped)
    }

    /// The buffer again.
    pub(super) fn unmap(self) -> gst::Buffer {
        self.bytes.into_buffer()
    }
}

impl VideoBuffer for MappedBuffer {
    fn frame(&self) -> Result<Frame<'_>, FrameError> {
        let bytes = self.bytes.as_slice();
        let plane = |(range, stride): &(Range<usize>, usize)| Plane {
            data: bytes.get(range.clone()).unwrap_or_default(),
            stride: *stride,
        };
        Frame::new(self.layout, self.planes.each_ref().map(plane))
    }

    fn frame_mut(&mut self) -> Result<FrameMut<'_>, FrameError> {
        let [(a, _), (b, _), (c, _)] = self.planes.clone();
        let planes = self
            .bytes
            .as_mut_slice()
            .get_disjoint_mut([a, b, c])
            .map_err(|_| FrameError::Memory("its planes overlap or reach beyond its memory".to_owned()))?;
        let mut strides = self.planes.iter().map(|(_, stride)| *stride);
        let planes = planes.map(|data| PlaneMut { data, stride: strides.next().unwrap_or_default() });
        FrameMut::new(self.layout, planes)
    }
}

/// The bytes of plane `i` from its first row to the end of its last; `None` where no memory reaches so far.
fn bytes_of(layout: &Layout, i: usize, offset: usize, stride: usize) -> Option<Range<usize>> {
    let (row, rows) = layout.format.plane_size(i, layout.width, layout.height);
    let end = rows.checked_sub(1)?.checked_mul(stride)?.checked_add(row)?.checked_add(offset)?;
    Some(offset..end)
}

/// The faces that something upstream marked.
pub(super) fn marked_faces(buffer: &gst::BufferRef, faces: &mut Vec<Rect>) {
    faces.extend(
        buffer
            .iter_meta::<gst_video::VideoRegionOfInterestMeta>()
            .filter(|meta| meta.roi_type() == FACE)
            .map(|meta| meta.rect())
            .map(|(x, y, w, h)| Rect { x: x as f32, y: y as f32, w: w as f32, h: h as f32 }),
    );
}

/// Marks each face, unless something upstream did. The mark's structure says which track it is and whether it was
/// swapped.
pub(super) fn mark_faces(buffer: &mut gst::BufferRef, faces: &[Face], swapped: &[Face], layout: (u32, u32)) {
    for face in faces {
        let clip = |v: f32, end: u32| v.clamp(0.0, end as f32) as u32;
        let (x, y) = (clip(face.bounds.x, layout.0), clip(face.bounds.y, layout.1));
        let (right, bottom) =
            (clip(face.bounds.x + face.bounds.w, layout.0), clip(face.bounds.y + face.bounds.h, layout.1));
        let rect = (x, y, right.saturating_sub(x), bottom.saturating_sub(y));
        let mut meta = gst_video::VideoRegionOfInterestMeta::add(buffer, FACE, rect);
        meta.set_id(i32::try_from(face.track).unwrap_or(i32::MAX));
        meta.add_param(
            gst::Structure::builder("faceswap")
                .field("track", face.track)
                .field("score", face.score)
                .field("swapped", swapped.iter().any(|other| other.track == face.track))
                .build(),
        );
    }
}
