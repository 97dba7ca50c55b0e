//! A GStreamer buffer, mapped, as the library's stages see it; and the regions of interest it carries.

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
    /// Offset and stride a plane.
    planes: [(usize, usize); 3],
}

impl MappedBuffer {
    /// Maps a buffer of frames as `info` and `layout` say.
    pub(super) fn map(mut buffer: gst::Buffer, info: &VideoInfo, layout: Layout) -> Result<Self, FrameError> {
        let meta = buffer.meta::<gst_video::VideoMeta>();
        let (offsets, strides) = match &meta {
            Some(meta) => (meta.offset(), meta.stride()),
            None => (info.offset(), info.stride()),
        };
        let mut planes = [(0, 0); 3];
        for (i, plane) in planes.iter_mut().enumerate().take(layout.format.planes()) {
            let place = offsets.get(i).zip(strides.get(i).and_then(|&stride| usize::try_from(stride).ok()));
            *plane = place.map(|(&offset, stride)| (offset, stride)).ok_or_else(|| {
                FrameError::Memory(format!("its video meta gives plane {i} no offset or a negative stride"))
            })?;
        }
        buffer.make_mut();
        let bytes = buffer
            .into_mapped_buffer_writable()
            .map_err(|_| FrameError::Memory("the buffer cannot be mapped for writing".to_owned()))?;
        let mapped = Self { bytes, layout, planes };
        mapped.frame().map(|_| ()).map(|()| mapped)
    }

    /// The buffer again.
    pub(super) fn unmap(self) -> gst::Buffer {
        self.bytes.into_buffer()
    }
}

impl VideoBuffer for MappedBuffer {
    fn frame(&self) -> Result<Frame<'_>, FrameError> {
        let bytes = self.bytes.as_slice();
        let plane = |i: usize| {
            let (offset, stride) = self.planes[i];
            let end = self.planes.get(i + 1).filter(|next| next.0 > offset).map_or(bytes.len(), |next| next.0);
            Plane { data: bytes.get(offset..end).unwrap_or_default(), stride }
        };
        Frame::new(self.layout, [plane(0), plane(1), plane(2)])
    }

    fn frame_mut(&mut self) -> Result<FrameMut<'_>, FrameError> {
        let [(a, _), (b, _), (c, _)] = self.planes;
        let count = self.layout.format.planes();
        let bytes = self.bytes.as_mut_slice();
        let apart = FrameError::Memory("its planes overlap or are not in order".to_owned());
        let (ends, len) = ([b, c, bytes.len()], bytes.len());
        let in_order =
            a <= len && (1..count).all(|i| self.planes[i].0 > self.planes[i - 1].0 && self.planes[i].0 <= len);
        if !in_order {
            return Err(apart);
        }
        let (mut rest, mut begin) = (&mut bytes[a..], a);
        let planes = [0, 1, 2].map(|i| {
            if i >= count {
                return PlaneMut::default();
            }
            let end = if i + 1 < count { ends[i] } else { len };
            let (data, after) = std::mem::take(&mut rest).split_at_mut(end - begin);
            (rest, begin) = (after, end);
            PlaneMut { data, stride: self.planes[i].1 }
        });
        FrameMut::new(self.layout, planes)
    }
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
