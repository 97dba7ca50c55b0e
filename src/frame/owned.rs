//! A frame in memory of its own: for tools, benches and tests.

use super::{Frame, FrameError, FrameMut, Layout, Matrix, PixelFormat, Plane, PlaneMut, Range, VideoBuffer};

/// Planes in `Vec`s of bytes.
#[derive(Debug, Clone)]
pub struct OwnedFrame {
    layout: Layout,
    planes: [(Vec<u8>, usize); 3],
}

impl OwnedFrame {
    /// A frame of zeros.
    pub fn new(layout: Layout) -> Self {
        Self::with_padding(layout, 0)
    }

    /// A frame of zeros, each row followed by `padding` bytes that belong to nobody.
    pub fn with_padding(layout: Layout, padding: usize) -> Self {
        let planes = [0, 1, 2].map(|i| {
            if i >= layout.format.planes() {
                return (Vec::new(), 0);
            }
            let (row, rows) = layout.format.plane_size(i, layout.width, layout.height);
            (vec![0; (row + padding) * rows], row + padding)
        });
        Self { layout, planes }
    }

    /// A picture of `width` x `height` px, three bytes red, green, blue each.
    pub fn of_rgb(width: usize, height: usize, rgb: &[u8]) -> Self {
        let (format, matrix, range) = (PixelFormat::Rgbx, Matrix::Bt709, Range::Full);
        let mut frame = Self::new(Layout { format, width, height, matrix, range, transfer: Default::default() });
        for (to, from) in frame.bytes_mut(0).chunks_exact_mut(4).zip(rgb.chunks_exact(3)) {
            to[..3].copy_from_slice(from);
        }
        frame
    }

    /// Format, size and colour.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// All bytes of plane `i`, padding included.
    pub fn bytes(&self, i: usize) -> &[u8] {
        &self.planes[i].0
    }

    /// All bytes of plane `i`, padding included, to fill.
    pub fn bytes_mut(&mut self, i: usize) -> &mut [u8] {
        &mut self.planes[i].0
    }
}

impl VideoBuffer for OwnedFrame {
    fn frame(&self) -> Result<Frame<'_>, FrameError> {
        let [a, b, c] = &self.planes;
        Frame::new(self.layout, [a, b, c].map(|(data, stride)| Plane { data, stride: *stride }))
    }

    fn frame_mut(&mut self) -> Result<FrameMut<'_>, FrameError> {
        let [a, b, c] = &mut self.planes;
        FrameMut::new(self.layout, [a, b, c].map(|(data, stride)| PlaneMut { data, stride: *stride }))
    }
}
