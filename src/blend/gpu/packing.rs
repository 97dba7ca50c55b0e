//! The frame's planes around one face, packed into words for a storage buffer.
//!
//! Rows start at a multiple of eight pixels and are padded to one, so that every plane's row is whole words: a shader
//! invocation that owns eight pixels by two rows owns all the words that hold them.

use crate::blend::plan::Region;
use crate::frame::{Frame, FrameMut, Layout, PixelFormat};

/// Pixels that one row is padded to.
const ALIGN: usize = 8;

/// Pixels that a bilinear chroma sample may reach beyond the region, with some to spare.
const MARGIN: usize = 4;

/// Where one plane lies in the packed words, and what of the frame it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct PackedPlane {
    /// First word.
    pub(super) offset: usize,
    /// Words a row.
    pub(super) stride: usize,
    /// First byte within the frame's row.
    first_byte: usize,
    /// First row of the frame's plane.
    first_row: usize,
    /// Bytes a row that the frame has; the rest of the stride is padding.
    bytes: usize,
    /// Rows.
    rows: usize,
}

/// The part of a frame that is sent to the GPU for one face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Packing {
    layout: Layout,
    /// First pixel.
    pub(super) start: (usize, usize),
    /// Pixels a row, a multiple of eight; and rows.
    pub(super) size: (usize, usize),
    /// One a plane of the format.
    pub(super) planes: [PackedPlane; 3],
    words: usize,
}

/// Bytes from the row's start to pixel `x`, a multiple of eight, in plane `plane`.
fn bytes_to(format: PixelFormat, plane: usize, x: usize) -> usize {
    format.plane_size(plane, x, 1).0
}

impl Packing {
    /// The planes of `region`, with the samples beyond it that its own samples are mixed with.
    pub(super) fn new(layout: &Layout, region: &Region) -> Self {
        let format = layout.format;
        let x0 = region.x0.saturating_sub(MARGIN) / ALIGN * ALIGN;
        let y0 = region.y0.saturating_sub(MARGIN) & !1;
        let width = (region.x1 + MARGIN).min(layout.width).saturating_sub(x0).next_multiple_of(ALIGN);
        let height = (region.y1 + MARGIN).min(layout.height).saturating_sub(y0);
        let mut words = 0;
        let mut planes = [PackedPlane::default(); 3];
        for (i, plane) in planes.iter_mut().enumerate().take(format.planes()) {
            let (row, _) = format.plane_size(i, layout.width, layout.height);
            let (_, first_row) = format.plane_size(i, 1, y0);
            let first_byte = bytes_to(format, i, x0);
            let stride = bytes_to(format, i, width) / 4;
            let (_, rows) = format.plane_size(i, 1, height);
            let bytes = (stride * 4).min(row - first_byte);
            *plane = PackedPlane { offset: words, stride, first_byte, first_row, bytes, rows };
            words += stride * rows;
        }
        Self { layout: *layout, start: (x0, y0), size: (width, height), planes, words }
    }

    /// Words of eight pixels of a row, a plane.
    pub(super) fn block_words(&self) -> [usize; 3] {
        [0, 1, 2].map(|plane| bytes_to(self.layout.format, plane, ALIGN) / 4)
    }

    /// Bytes of all planes.
    pub(super) fn bytes(&self) -> usize {
        self.words * 4
    }

    fn used(&self) -> impl Iterator<Item = (usize, &PackedPlane)> {
        self.planes.iter().enumerate().take(self.layout.format.planes())
    }

    /// Copies the frame's rows to `packed`, which is given the packing's size.
    pub(super) fn pack(&self, frame: &Frame<'_>, packed: &mut Vec<u8>) {
        packed.resize(self.bytes(), 0);
        for (i, plane) in self.used() {
            let from = frame.plane(i);
            let rows = packed[plane.offset * 4..].chunks_exact_mut(plane.stride * 4);
            for (y, row) in rows.take(plane.rows).enumerate() {
                let at = (plane.first_row + y) * from.stride + plane.first_byte;
                row[..plane.bytes].copy_from_slice(&from.data[at..at + plane.bytes]);
            }
        }
    }

    /// Whether `packed` holds the frame's present bytes.
    pub(super) fn holds(&self, frame: &Frame<'_>, packed: &[u8]) -> bool {
        packed.len() == self.bytes()
            && self.used().all(|(i, plane)| {
                let from = frame.plane(i);
                let rows = packed[plane.offset * 4..].chunks_exact(plane.stride * 4);
                rows.take(plane.rows).enumerate().all(|(y, row)| {
                    let at = (plane.first_row + y) * from.stride + plane.first_byte;
                    row[..plane.bytes] == from.data[at..at + plane.bytes]
                })
            })
    }

    /// Copies what lies within `region` from `packed` back to the frame's rows.
    pub(super) fn unpack(&self, packed: &[u8], region: &Region, frame: &mut FrameMut<'_>) {
        for (i, plane) in self.used() {
            // Even starts, and ends that are even or the frame's own, make these the region's own samples.
            let (first, _) = self.layout.format.plane_size(i, region.x0, 1);
            let (end, end_row) = self.layout.format.plane_size(i, region.x1, region.y1);
            let (_, first_row) = self.layout.format.plane_size(i, 1, region.y0);
            let to = frame.plane_mut(i);
            for y in first_row..end_row {
                let from = (plane.offset + (y - plane.first_row) * plane.stride) * 4 + first - plane.first_byte;
                let at = y * to.stride + first;
                to.data[at..at + end - first].copy_from_slice(&packed[from..from + end - first]);
            }
        }
    }
}
