//! Blends the layer into the frame's own samples, over no more pixels than the mask covers.

use super::plan::Region;
use crate::frame::{FrameMut, Layout, PixelFormat, RgbToYuv};
use crate::geometry::{Point, Similarity};

/// The layer in the frame's code values (Y, U, V or the bytes of an RGB pixel, 0..255) and m = mask · opacity, with
/// edge pixels repeated once around it.
#[derive(Debug, Default)]
pub struct Codes(Vec<[f32; 4]>);

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
    let layer = Placed::new(&codes.0, to_crop, resolution, covered);
    let (low, high) = layer.reach();
    let region = Region::covered(&layout, to_frame, low, high);
    if region.is_empty() {
        return;
    }
    match layout.format {
        PixelFormat::I420 | PixelFormat::Nv12 => yuv420(frame, &layer, &region),
        PixelFormat::Yuy2 => yuy2(frame, &layer, &region),
        _ => rgb(frame, &layer, &region),
    }
}

impl Codes {
    fn fill(&mut self, layer: &[[f32; 4]], resolution: usize, covered: &Region, opacity: f32, layout: &Layout) {
        let stride = resolution + 2;
        self.0.resize(stride * stride, [0.0; 4]);
        let yuv = RgbToYuv::new(layout.matrix, layout.range);
        let order = layout.format.rgb_order();
        for y in covered.y0..covered.y1 + 2 {
            let source = &layer[y.saturating_sub(1).min(resolution - 1) * resolution..][..resolution];
            let out = &mut self.0[y * stride..][..stride];
            for x in covered.x0..covered.x1 + 2 {
                let [r, g, b, mask] = source[x.saturating_sub(1).min(resolution - 1)];
                let m = mask * opacity;
                out[x] = match order {
                    None => {
                        let (u, v) = yuv.chroma([r, g, b]);
                        [yuv.luma([r, g, b]), u, v, m]
                    }
                    Some(order) => {
                        let mut code = [0.0, 0.0, 0.0, m];
                        for (at, value) in order.into_iter().zip([r, g, b]) {
                            code[at] = value * 255.0;
                        }
                        code
                    }
                };
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

    /// Pixels `from..to` of a row, less those that surely show nothing.
    fn span(&self, row: &Row, from: usize, to: usize) -> (usize, usize) {
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
        let first = (first as usize).clamp(from, to);
        (first, (last as usize).clamp(first, to))
    }

    /// Code values and m at pixel x of a row; all 0 where nothing shows.
    #[inline(always)]
    fn at(&self, row: &Row, x: usize) -> [f32; 4] {
        let (px, py) = (row.start[0] + x as f32 * row.step[0], row.start[1] + x as f32 * row.step[1]);
        let [low, high] = [self.low, self.high];
        if !(px >= low[0] && px <= high[0] && py >= low[1] && py <= high[1]) {
            return [0.0; 4];
        }
        let (ix, iy) = (px as i32, py as i32);
        let (fx, fy) = (px - ix as f32, py - iy as f32);
        let at = iy as usize * self.stride + ix as usize;
        let (top, bottom) = (&self.codes[at..at + 2], &self.codes[at + self.stride..at + self.stride + 2]);
        mix(mix(top[0], top[1], fx), mix(bottom[0], bottom[1], fx), fy)
    }
}

/// From `a` to `b` by `f`. Spelt out, since it must become one vector operation.
#[inline(always)]
fn mix(a: [f32; 4], b: [f32; 4], f: f32) -> [f32; 4] {
    [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f, a[2] + (b[2] - a[2]) * f, a[3] + (b[3] - a[3]) * f]
}

/// `code + m·(face − code)`, rounded to the nearest.
#[inline(always)]
fn blend(code: &mut u8, face: f32, m: f32) {
    let frame = f32::from(*code);
    *code = (frame + m * (face - frame) + 0.5) as u8;
}

/// Faces and weights of the pixels that share a chroma sample.
#[derive(Default)]
struct Shared {
    u: f32,
    v: f32,
    weight: f32,
}

impl Shared {
    #[inline(always)]
    fn add(&mut self, [_, u, v, m]: [f32; 4]) {
        self.u += m * u;
        self.v += m * v;
        self.weight += m;
    }

    /// The mean over `count` pixels of `code + m·(face − code)`.
    #[inline(always)]
    fn blend(&self, (u, v): (&mut u8, &mut u8), count: usize) {
        if self.weight > 0.0 {
            let share = 1.0 / count as f32;
            for (code, face) in [(u, self.u), (v, self.v)] {
                let frame = f32::from(*code);
                *code = (frame + (face - self.weight * frame) * share + 0.5) as u8;
            }
        }
    }
}

fn yuv420(frame: &mut FrameMut<'_>, layer: &Placed<'_>, region: &Region) {
    let planar = frame.layout().format == PixelFormat::I420;
    let [luma, second, third] = frame.planes_mut();
    for y in (region.y0..region.y1).step_by(2) {
        let rows = [layer.row(y), layer.row(y + 1)];
        let spans = rows.each_ref().map(|row| layer.span(row, region.x0, region.x1));
        let (x0, x1) = (spans[0].0.min(spans[1].0) & !1, spans[0].1.max(spans[1].1));
        let high = if y + 1 < region.y1 { 2 } else { 1 };
        let (above, below) = luma.data[y * luma.stride..].split_at_mut((high - 1) * luma.stride);
        // One row alone is the second part whole.
        let mut lines = if high == 2 { [above, below] } else { [below, above] };
        let at = y / 2 * second.stride;
        for x in (x0..x1).step_by(2) {
            let wide = if x + 1 < region.x1 { 2 } else { 1 };
            let mut shared = Shared::default();
            for (line, row) in lines.iter_mut().zip(&rows).take(high) {
                for (dx, code) in line[x..x + wide].iter_mut().enumerate() {
                    let face = layer.at(row, x + dx);
                    if face[3] > 0.0 {
                        blend(code, face[0], face[3]);
                        shared.add(face);
                    }
                }
            }
            let chroma = if planar {
                (&mut second.data[at + x / 2], &mut third.data[y / 2 * third.stride + x / 2])
            } else {
                let (u, v) = second.data[at + x..at + x + 2].split_at_mut(1);
                (&mut u[0], &mut v[0])
            };
            shared.blend(chroma, high * wide);
        }
    }
}

fn yuy2(frame: &mut FrameMut<'_>, layer: &Placed<'_>, region: &Region) {
    let plane = frame.plane_mut(0);
    for y in region.y0..region.y1 {
        let row = layer.row(y);
        let (x0, x1) = layer.span(&row, region.x0, region.x1);
        let line = &mut plane.data[y * plane.stride..];
        for x in (x0 & !1..x1).step_by(2) {
            let wide = if x + 1 < region.x1 { 2 } else { 1 };
            let [y0, u, y1, v] = &mut line[x * 2..x * 2 + 4] else { continue };
            let mut shared = Shared::default();
            for (dx, code) in [y0, y1].into_iter().enumerate().take(wide) {
                let face = layer.at(&row, x + dx);
                if face[3] > 0.0 {
                    blend(code, face[0], face[3]);
                    shared.add(face);
                }
            }
            shared.blend((u, v), wide);
        }
    }
}

fn rgb(frame: &mut FrameMut<'_>, layer: &Placed<'_>, region: &Region) {
    let plane = frame.plane_mut(0);
    for y in region.y0..region.y1 {
        let row = layer.row(y);
        let (x0, x1) = layer.span(&row, region.x0, region.x1);
        let line = &mut plane.data[y * plane.stride..][x0 * 4..x1 * 4];
        for (x, pixel) in (x0..x1).zip(line.chunks_exact_mut(4)) {
            let face = layer.at(&row, x);
            if face[3] > 0.0 {
                for c in 0..3 {
                    blend(&mut pixel[c], face[c], face[3]);
                }
            }
        }
    }
}
