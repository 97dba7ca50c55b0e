//! A borrowed video frame in the pixel format it came in: planes, strides, colour. Nothing here copies pixels.

mod colour;
mod format;
mod owned;
mod sample;

pub use colour::{Matrix, Range, RgbToCodes, TransferFunction, YuvToRgb};
pub use format::{Component, PixelFormat};
pub use owned::OwnedFrame;
pub(crate) use sample::with_sample;
pub use sample::{Byte, Depth, Sample, Ten};

/// What a frame is: format, size and colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// Pixel format.
    pub format: PixelFormat,
    /// Pixels a row, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
    /// Which YCbCr matrix; meaningless for RGB formats.
    pub matrix: Matrix,
    /// Which code values are black and white; meaningless for RGB formats.
    pub range: Range,
    /// What its values mean in light.
    pub transfer: TransferFunction,
}

/// One plane, read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plane<'a> {
    /// Its bytes, `stride` a row.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// One plane, written.
#[derive(Debug, Default)]
pub struct PlaneMut<'a> {
    /// Its bytes, `stride` a row.
    pub data: &'a mut [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// A frame whose planes cannot hold what its layout says.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FrameError {
    /// Width or height is 0.
    #[error("a frame of {width}x{height} pixels has nothing in it")]
    Empty {
        /// Pixels a row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// A plane is too small, or its rows overlap.
    #[error(
        "plane {plane} of a {width}x{height} {format:?} frame needs {rows} rows of {row} bytes; it has {len} bytes with a stride of {stride}"
    )]
    Plane {
        /// Which plane.
        plane: usize,
        /// Pixel format.
        format: PixelFormat,
        /// Pixels a row.
        width: usize,
        /// Rows of pixels.
        height: usize,
        /// Rows of the plane.
        rows: usize,
        /// Bytes a row must have.
        row: usize,
        /// Bytes it has in all.
        len: usize,
        /// Its stride.
        stride: usize,
    },
    /// The buffer could not be mapped, or is of another kind than its layout.
    #[error("the frame's memory cannot be used: {0}")]
    Memory(String),
}

fn check(layout: &Layout, plane: usize, len: usize, stride: usize) -> Result<(), FrameError> {
    let Layout { format, width, height, .. } = *layout;
    if width == 0 || height == 0 {
        return Err(FrameError::Empty { width, height });
    }
    let (row, rows) = format.plane_size(plane, width, height);
    let needed = stride.checked_mul(rows - 1).and_then(|n| n.checked_add(row));
    if stride < row || needed.is_none_or(|needed| len < needed) {
        return Err(FrameError::Plane { plane, format, width, height, rows, row, len, stride });
    }
    Ok(())
}

/// A frame to read. Its planes were checked against its layout, so that indices within the layout are in bounds.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    layout: Layout,
    planes: [Plane<'a>; 3],
}

impl<'a> Frame<'a> {
    /// Wraps the planes of a frame, of which the first `layout.format.planes()` are used.
    ///
    /// # Errors
    /// [`FrameError`] where a stride or a length does not fit the layout.
    pub fn new(layout: Layout, planes: [Plane<'a>; 3]) -> Result<Self, FrameError> {
        for (i, plane) in planes.iter().enumerate().take(layout.format.planes()) {
            check(&layout, i, plane.data.len(), plane.stride)?;
        }
        Ok(Self { layout, planes })
    }

    /// Format, size and colour.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Plane `i`; empty where the format has fewer.
    pub fn plane(&self, i: usize) -> Plane<'a> {
        self.planes[i]
    }

    /// The code of component `c` at pixel (x, y), of the sample that pixels share; for looking at a few pixels.
    pub fn code(&self, c: usize, x: usize, y: usize) -> u16 {
        fn read<S: Sample>(plane: Plane<'_>, sample: usize, row: usize) -> u16 {
            S::code(&plane.data[row * plane.stride + sample * S::BYTES..])
        }
        let Component { plane, first, step, shared } = self.layout.format.components()[c];
        let sample = first + x / shared.0 * step;
        with_sample!(self.layout.format.depth(), read(self.planes[plane], sample, y / shared.1))
    }
}

/// A frame to change in place, checked as [`Frame`] is.
#[derive(Debug)]
pub struct FrameMut<'a> {
    layout: Layout,
    planes: [PlaneMut<'a>; 3],
}

impl<'a> FrameMut<'a> {
    /// Wraps the planes of a frame, of which the first `layout.format.planes()` are used.
    ///
    /// # Errors
    /// [`FrameError`] where a stride or a length does not fit the layout.
    pub fn new(layout: Layout, planes: [PlaneMut<'a>; 3]) -> Result<Self, FrameError> {
        for (i, plane) in planes.iter().enumerate().take(layout.format.planes()) {
            check(&layout, i, plane.data.len(), plane.stride)?;
        }
        Ok(Self { layout, planes })
    }

    /// Format, size and colour.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The same frame, to read.
    pub fn as_frame(&self) -> Frame<'_> {
        let [a, b, c] = &self.planes;
        Frame {
            layout: self.layout,
            planes: [
                Plane { data: a.data, stride: a.stride },
                Plane { data: b.data, stride: b.stride },
                Plane { data: c.data, stride: c.stride },
            ],
        }
    }

    /// Plane `i`; empty where the format has fewer.
    pub fn plane_mut(&mut self, i: usize) -> PlaneMut<'_> {
        let plane = &mut self.planes[i];
        PlaneMut { data: plane.data, stride: plane.stride }
    }

    /// Puts a code where [`Frame::code`] reads it; for changing a few pixels.
    pub fn put_code(&mut self, c: usize, x: usize, y: usize, code: u16) {
        fn put<S: Sample>(plane: &mut PlaneMut<'_>, sample: usize, row: usize, code: u16) {
            S::put(&mut plane.data[row * plane.stride + sample * S::BYTES..], code);
        }
        let Component { plane, first, step, shared } = self.layout.format.components()[c];
        let sample = first + x / shared.0 * step;
        with_sample!(self.layout.format.depth(), put(&mut self.planes[plane], sample, y / shared.1, code));
    }

    /// All planes at once, for passes that write luma and chroma together.
    pub fn planes_mut(&mut self) -> [PlaneMut<'_>; 3] {
        let [a, b, c] = &mut self.planes;
        [
            PlaneMut { data: a.data, stride: a.stride },
            PlaneMut { data: b.data, stride: b.stride },
            PlaneMut { data: c.data, stride: c.stride },
        ]
    }
}

/// Something that owns a frame's memory and travels through the stages: a mapped GStreamer buffer, an [`OwnedFrame`].
pub trait VideoBuffer: Send + 'static {
    /// The frame, to read.
    ///
    /// # Errors
    /// [`FrameError`] where the memory does not hold what its layout says.
    fn frame(&self) -> Result<Frame<'_>, FrameError>;

    /// The frame, to change.
    ///
    /// # Errors
    /// As [`VideoBuffer::frame`].
    fn frame_mut(&mut self) -> Result<FrameMut<'_>, FrameError>;
}
