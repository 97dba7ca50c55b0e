//! Makes faces unrecognisable where no swap can be shown: coarse cell means, mixed smoothly.

use crate::frame::{Component, FrameMut, Sample, with_sample};
use crate::geometry::Rect;

/// Cells along the larger side of a concealed region.
const CELLS: usize = 8;
/// Cells along the height of a concealed frame.
const FRAME_CELLS: usize = 12;
/// Most cells along either side of a frame.
const MOST: usize = 64;
/// Least side of a cell in pixels.
const LEAST: usize = 8;

/// Blurs what lies under `region` (frame pixels) so far that nothing but at most 8×8 mean colours is left; at a
/// `strength` below 1, that part of the blur is mixed with the picture. A region or strength that is not finite
/// conceals the whole frame; outside of the region, rounded outwards to even pixels, nothing changes.
pub fn conceal(frame: &mut FrameMut<'_>, region: Rect, strength: f32) {
    let (width, height) = (frame.layout().width, frame.layout().height);
    let ends = [region.x, region.y, region.x + region.w, region.y + region.h];
    if ends.iter().chain([&strength]).any(|v| !v.is_finite()) {
        return conceal_all(frame);
    }
    let clip = |low: f32, high: f32, end: usize| {
        let (low, high) = (low.floor().max(0.0), high.ceil().min(end as f32));
        if low >= high {
            return (0, 0);
        }
        let low = low as usize & !1;
        (low, (high as usize).next_multiple_of(2).min(end) - low)
    };
    let (x, w) = clip(ends[0], ends[2], width);
    let (y, h) = clip(ends[1], ends[3], height);
    // Counted over what is seen, so that a face half out of the frame is concealed as well as a whole one.
    conceal_pixels(frame, (x, y), (w, h), w.max(h).div_ceil(CELLS), strength.clamp(0.0, 1.0));
}

/// [`conceal`] over the whole frame, in cells of a twelfth of its height.
pub fn conceal_all(frame: &mut FrameMut<'_>) {
    let (width, height) = (frame.layout().width, frame.layout().height);
    let cell = height.div_ceil(FRAME_CELLS).max(width.div_ceil(MOST));
    conceal_pixels(frame, (0, 0), (width, height), cell, 1.0);
}

/// Cells of `cell` pixels or a little more, over the pixels from `start` on; `start` is even.
fn conceal_pixels(frame: &mut FrameMut<'_>, start: (usize, usize), size: (usize, usize), cell: usize, strength: f32) {
    if size.0 == 0 || size.1 == 0 {
        return;
    }
    let cell = cell.max(LEAST).next_multiple_of(2);
    with_sample!(frame.layout().format.depth(), conceal_samples(frame, start, size, cell, strength));
}

fn conceal_samples<S: Sample>(
    frame: &mut FrameMut<'_>,
    start: (usize, usize),
    size: (usize, usize),
    cell: usize,
    strength: f32,
) {
    for Component { plane, first, step, shared: (sx, sy) } in frame.layout().format.components() {
        let plane = frame.plane_mut(plane);
        let patch = Patch {
            stride: plane.stride,
            first: start.1 / sy * plane.stride + (start.0 / sx * step + first) * S::BYTES,
            step: step * S::BYTES,
            size: (size.0.div_ceil(sx), size.1.div_ceil(sy)),
            cell: (cell / sx, cell / sy),
        };
        patch.conceal::<S>(plane.data, strength);
    }
}

/// A rectangle of one component.
struct Patch {
    stride: usize,
    /// Byte of the first sample.
    first: usize,
    /// Bytes from one sample to the next.
    step: usize,
    /// Patch across and down.
    size: (usize, usize),
    /// Patch across and down in a cell.
    cell: (usize, usize),
}

impl Patch {
    fn conceal<S: Sample>(&self, data: &mut [u8], strength: f32) {
        let mut means = [[0f32; MOST]; MOST];
        let rows = self.size.1.div_ceil(self.cell.1);
        for (j, means) in means.iter_mut().take(rows).enumerate() {
            self.average::<S>(data, j, means);
        }
        let across = self.size.0.div_ceil(self.cell.0);
        for y in 0..self.size.1 {
            let (j, below, fy) = between(y, self.cell.1, rows);
            let mut line = [0f32; MOST];
            for (i, mean) in line.iter_mut().take(across).enumerate() {
                *mean = means[j][i] + (means[below][i] - means[j][i]) * fy;
            }
            let row = self.first + y * self.stride;
            for (x, sample) in data[row..].chunks_mut(self.step).take(self.size.0).enumerate() {
                let (i, right, fx) = between(x, self.cell.0, across);
                let mean = line[i] + (line[right] - line[i]) * fx;
                let code = f32::from(S::code(sample));
                S::put(sample, (mean + (code - mean) * (1.0 - strength) + 0.5) as u16);
            }
        }
    }

    /// Means of the cells of row `j`.
    fn average<S: Sample>(&self, data: &[u8], j: usize, means: &mut [f32; MOST]) {
        let mut sums = [0u64; MOST];
        let rows = j * self.cell.1..((j + 1) * self.cell.1).min(self.size.1);
        let tall = rows.len();
        for y in rows {
            let row = self.first + y * self.stride;
            let mut samples = data[row..].chunks(self.step).take(self.size.0);
            for sum in &mut sums {
                *sum += samples.by_ref().take(self.cell.0).map(|s| u64::from(S::code(s))).sum::<u64>();
            }
        }
        for (i, (mean, sum)) in means.iter_mut().zip(sums).enumerate() {
            let wide = self.cell.0.min(self.size.0.saturating_sub(i * self.cell.0));
            *mean = sum as f32 / (wide * tall).max(1) as f32;
        }
    }
}

/// The cells whose middles sample `at` lies between, and how far it is from the first to the second.
fn between(at: usize, cell: usize, cells: usize) -> (usize, usize, f32) {
    let place = ((at as f32 + 0.5) / cell as f32 - 0.5).clamp(0.0, (cells - 1) as f32);
    let first = place as usize;
    (first, (first + 1).min(cells - 1), place - first as f32)
}
