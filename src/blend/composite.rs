//! Blends the layer into the frame's own samples, over no more pixels than the mask covers.

use super::plan::Region;
use crate::frame::{Component, FrameMut, Layout, PixelFormat, PlaneMut, RgbToCodes, Sample, with_sample};
use crate::geometry::{Point, Similarity};

/// The layer in the frame's code values (Y, U, V, or an RGB pixel's in the order of its bytes) and m = mask ·
/// opacity, with edge pixels repeated once around it; two rows of the frame's pixels, sampled from it; and what
/// shared samples make of them.
#[derive(Debug, Default)]
pub struct Codes {
    layer: Vec<[f32; 4]>,
    rows: [Vec<[f32; 4]>; 2],
    shared: Vec<[f32; 4]>,
}

/// Puts `layer` (`resolution`² pixels of red, green, blue, mask; 0..1) into the frame. `covered` holds every crop pixel
/// whose mask is above 0; the layer is read there and one pixel around.
pub fn composite(
    frame: &mut FrameMut<'_>,
    (to_crop, to_frame): (&Similarity, &Similarity),
    layer: &[[f32; 4]],
    resolution: usize,
    covered: &Region,
    opacity: f32,
    codes: &mut Codes,
) {
    if covered.is_empty() || opacity <= 0.0 {
        return;
    }
    let layout = *frame.layout();
    codes.fill(layer, resolution, covered, opacity, &layout);
    let layer = Placed::new(&codes.layer, to_crop, resolution, covered);
    let (low, high) = layer.reach();
    let region = Region::covered(&layout, to_frame, low, high);
    if region.is_empty() {
        return;
    }
    let Codes { rows, shared, .. } = codes;
    with_sample!(layout.format.depth(), blend_region(frame, &layer, &region, rows, shared));
}

/// Where a pixel of the layer has each component's code: where its bytes have it, in a format whose components all
/// lie in one plane and are shared by nobody.
pub(super) fn order(format: PixelFormat) -> [usize; 3] {
    if format.is_yuv() { [0, 1, 2] } else { format.components().map(|component| component.first) }
}

impl Codes {
    fn fill(&mut self, layer: &[[f32; 4]], resolution: usize, covered: &Region, opacity: f32, layout: &Layout) {
        let stride = resolution + 2;
        self.layer.resize(stride * stride, [0.0; 4]);
        for row in &mut self.rows {
            row.resize(layout.width, [0.0; 4]);
        }
        self.shared.resize(layout.width.div_ceil(2), [0.0; 4]);
        let (encode, order) = (RgbToCodes::of(layout), order(layout.format));
        for y in covered.y0..covered.y1 + 2 {
            let source = &layer[y.saturating_sub(1).min(resolution - 1) * resolution..][..resolution];
            let out = &mut self.layer[y * stride..][..stride];
            for x in covered.x0..covered.x1 + 2 {
                let [r, g, b, mask] = source[x.saturating_sub(1).min(resolution - 1)];
                let mut pixel = [0.0, 0.0, 0.0, mask * opacity];
                for (at, code) in order.into_iter().zip(encode.codes([r, g, b])) {
                    pixel[at] = code;
                }
                out[x] = pixel;
            }
        }
    }
}

/// The layer over the frame. Positions are in code pixels, whole at a pixel's middle.
struct Placed<'a> {
    codes: &'a [[f32; 4]],
    stride: usize,
    resolution: f32,
    to_codes: Similarity,
    /// Outside of these m is 0.
    low: [f32; 2],
    high: [f32; 2],
}

/// One row of frame pixels over the layer: the position of pixel x is `start + x · step`.
struct Row {
    start: [f32; 2],
    step: [f32; 2],
}

impl<'a> Placed<'a> {
    fn new(codes: &'a [[f32; 4]], to_crop: &Similarity, resolution: usize, covered: &Region) -> Self {
        let side = resolution as f32;
        let to_codes = to_crop.then(&Similarity { a: side, b: 0.0, tx: 0.5, ty: 0.5 });
        // A pixel shows up to one pixel away from its middle, and nothing shows outside of the unit square.
        let low = [covered.x0, covered.y0].map(|v| (v as f32).max(0.5));
        let high = [covered.x1, covered.y1].map(|v| (v as f32 + 1.0).min(side + 0.5));
        Self { codes, stride: resolution + 2, resolution: side, to_codes, low, high }
    }

    /// The corners of what shows, in the crop's unit square.
    fn reach(&self) -> (Point, Point) {
        let unit = |v: [f32; 2]| Point::new((v[0] - 0.5) / self.resolution, (v[1] - 0.5) / self.resolution);
        (unit(self.low), unit(self.high))
    }

    fn row(&self, y: usize) -> Row {
        let start = self.to_codes.apply(Point::new(0.5, y as f32 + 0.5));
        Row { start: [start.x, start.y], step: [self.to_codes.a, self.to_codes.b] }
    }

    /// The region's pixels of a row, less pairs that surely show nothing: first, which is even, and the one after last.
    fn span(&self, row: &Row, region: &Region) -> (usize, usize) {
        let (from, to) = (region.x0, region.x1);
        let (mut first, mut last) = (from as f32, to as f32);
        for axis in 0..2 {
            let (start, step) = (row.start[axis], row.step[axis]);
            if step != 0.0 {
                let ends = [(self.low[axis] - start) / step, (self.high[axis] - start) / step];
                first = first.max(ends[0].min(ends[1]) - 1.0);
                last = last.min(ends[0].max(ends[1]) + 2.0);
            } else if start < self.low[axis] || start > self.high[axis] {
                return (from, from);
            }
        }
        let first = (first as usize).clamp(from, to) & !1;
        (first, (last as usize).next_multiple_of(2).clamp(first, to))
    }

    /// Code values and m of the pixels that begin with `x0`; all 0 where nothing shows.
    fn sample(&self, row: &Row, x0: usize, out: &mut [[f32; 4]]) {
        let [low, high] = [self.low, self.high];
        for (x, out) in (x0..).zip(out) {
            let (px, py) = (row.start[0] + x as f32 * row.step[0], row.start[1] + x as f32 * row.step[1]);
            if !(px >= low[0] && px <= high[0] && py >= low[1] && py <= high[1]) {
                *out = [0.0; 4];
                continue;
            }
            let ((ix, fx), (iy, fy)) = (split(px), split(py));
            let at = iy * self.stride + ix;
            let (top, bottom) = (&self.codes[at..at + 2], &self.codes[at + self.stride..at + self.stride + 2]);
            *out = mix(mix(top[0], top[1], fx), mix(bottom[0], bottom[1], fx), fy);
        }
    }
}

/// Adding it rounds a float of 0..2²² to a whole number, which its lowest bits then hold: quicker than a conversion,
/// which must look for NaN and overflow.
const ROUND: f32 = 8_388_608.0;

/// Whole pixel and fraction (0..=1) of a position from 0.5 on.
#[inline(always)]
fn split(v: f32) -> (usize, f32) {
    let whole = (v - 0.5) + ROUND;
    ((whole.to_bits() & 0x7f_ffff) as usize, v - (whole - ROUND))
}

/// The nearest code to `v`, which is at least 0.
#[inline(always)]
fn nearest<S: Sample>(v: f32) -> u16 {
    let most = f32::from(S::DEPTH.most());
    let v = if v < most { v } else { most };
    (v + ROUND).to_bits() as u16
}

/// From `a` to `b` by `f`. Spelt out, since it must become one vector operation.
#[inline(always)]
fn mix(a: [f32; 4], b: [f32; 4], f: f32) -> [f32; 4] {
    [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f, a[2] + (b[2] - a[2]) * f, a[3] + (b[3] - a[3]) * f]
}

/// What becomes of the code `frame` of a sample that one pixel has, `frame + m·(face − frame)`.
#[inline(always)]
pub(super) fn own(frame: f32, face: f32, m: f32) -> f32 {
    frame + m * (face - frame)
}

/// What becomes of a sample that pixels share, the mean over them of `frame + m·(face − frame)`, by the means of m·face
/// and m.
#[inline(always)]
pub(super) fn joint(frame: f32, face: f32, m: f32) -> f32 {
    frame + (face - m * frame)
}

/// Blends the samples of one row: of each `STEP`, those at `at`, with the values of `faces` that `of` names. Where m
/// is 0 a sample keeps its bits.
#[inline(always)]
fn line<S: Sample, const STEP: usize, const CHANNELS: usize>(
    row: &mut [u8],
    faces: &[[f32; 4]],
    (at, of): ([usize; CHANNELS], [usize; CHANNELS]),
    blend: impl Fn(f32, f32, f32) -> f32,
) {
    for (place, face) in row.chunks_exact_mut(STEP * S::BYTES).zip(faces) {
        for c in 0..CHANNELS {
            let sample = &mut place[at[c] * S::BYTES..][..S::BYTES];
            let code = blend(f32::from(S::code(sample)), face[of[c]], face[3]);
            S::put(sample, nearest::<S>(code));
        }
    }
}

/// The row of a component from the sample of pixel (x, y) on, with what lies between its samples.
fn row_from<'a, S: Sample>(
    planes: &'a mut [PlaneMut<'_>; 3],
    component: &Component,
    (x, y): (usize, usize),
) -> &'a mut [u8] {
    let (plane, (across, down)) = (&mut planes[component.plane], component.shared);
    &mut plane.data[y / down * plane.stride + x / across * component.step * S::BYTES..]
}

/// Blends row `y` of the samples that one pixel each has, from pixel `x0` on.
pub(super) fn own_samples<S: Sample>(frame: &mut FrameMut<'_>, y: usize, x0: usize, faces: &[[f32; 4]]) {
    let [a, b, c] = frame.layout().format.components();
    let mut planes = frame.planes_mut();
    // Places are spelt out where there are few, so that they are known when this is compiled.
    let row = row_from::<S>(&mut planes, &a, (x0, y));
    match (a.step, a.first) {
        (4, _) => line::<S, 4, 3>(row, faces, ([0, 1, 2], [0, 1, 2]), own),
        (3, _) => line::<S, 3, 3>(row, faces, ([0, 1, 2], [0, 1, 2]), own),
        (2, 0) => line::<S, 2, 1>(row, faces, ([0], [0]), own),
        (2, _) => line::<S, 2, 1>(row, faces, ([1], [0]), own),
        _ => line::<S, 1, 1>(row, faces, ([0], [0]), own),
    }
    if a.step == 1 && c.shared == (1, 1) {
        line::<S, 1, 1>(row_from::<S>(&mut planes, &b, (x0, y)), faces, ([0], [1]), own);
        line::<S, 1, 1>(row_from::<S>(&mut planes, &c, (x0, y)), faces, ([0], [2]), own);
    }
}

/// Blends a row of the samples that pixels share, the one of pixel (`x0`, `y`) first.
pub(super) fn shared_samples<S: Sample>(frame: &mut FrameMut<'_>, y: usize, x0: usize, faces: &[[f32; 4]]) {
    let [_, u, v] = frame.layout().format.components();
    let mut planes = frame.planes_mut();
    let row = row_from::<S>(&mut planes, &u, (x0, y));
    match (u.step, u.first) {
        (4, 0) => line::<S, 4, 2>(row, faces, ([0, 2], [1, 2]), joint),
        (4, _) => line::<S, 4, 2>(row, faces, ([1, 3], [1, 2]), joint),
        (2, 0) => line::<S, 2, 2>(row, faces, ([0, 1], [1, 2]), joint),
        (2, _) => line::<S, 2, 2>(row, faces, ([1, 0], [1, 2]), joint),
        _ => {
            line::<S, 1, 1>(row, faces, ([0], [1]), joint);
            line::<S, 1, 1>(row_from::<S>(&mut planes, &v, (x0, y)), faces, ([0], [2]), joint);
        }
    }
}

/// For the pixels of one or two rows that share samples, the means of m·face and m; two pixels of a row share, and a
/// row alone shares with itself.
pub(super) fn means(above: &[[f32; 4]], below: &[[f32; 4]], shared: &mut [[f32; 4]]) {
    for ((above, below), mean) in above.chunks(2).zip(below.chunks(2)).zip(shared) {
        let (mut sum, share) = ([0.0; 4], 0.5 / above.len() as f32);
        for &[_, u, v, m] in above.iter().chain(below) {
            sum = [0.0, sum[1] + m * u, sum[2] + m * v, sum[3] + m];
        }
        *mean = sum.map(|sum| sum * share);
    }
}

fn blend_region<S: Sample>(
    frame: &mut FrameMut<'_>,
    layer: &Placed<'_>,
    region: &Region,
    rows: &mut [Vec<[f32; 4]>; 2],
    shared: &mut [[f32; 4]],
) {
    let [_, chroma, _] = frame.layout().format.components();
    for y in (region.y0..region.y1).step_by(chroma.shared.1) {
        let high = chroma.shared.1.min(region.y1 - y);
        let places = [layer.row(y), layer.row(y + 1)];
        let spans = places.each_ref().map(|place| layer.span(place, region));
        let spans = if chroma.shared.1 == 2 { spans } else { [spans[0]; 2] };
        let (x0, x1) = (spans[0].0.min(spans[1].0), spans[0].1.max(spans[1].1));
        for (n, (row, place)) in rows.iter_mut().zip(&places).enumerate().take(high) {
            layer.sample(place, x0, &mut row[x0..x1]);
            own_samples::<S>(frame, y + n, x0, &row[x0..x1]);
        }
        if chroma.shared.0 == 2 {
            let shared = &mut shared[..(x1 - x0).div_ceil(2)];
            let below = if high == 2 { 1 } else { 0 };
            means(&rows[0][x0..x1], &rows[below][x0..x1], shared);
            shared_samples::<S>(frame, y, x0, shared);
        }
    }
}
