//! Blends the layer into the frame's own samples, over no more pixels than the mask covers.

use super::plan::Region;
use crate::frame::{FrameMut, Layout, PixelFormat, RgbToYuv};
use crate::geometry::{Point, Similarity};

/// The layer in the frame's code values (Y, U, V or the bytes of an RGB pixel, 0..255) and m = mask · opacity, with
/// edge pixels repeated once around it; and two rows of the frame's pixels, sampled from it.
#[derive(Debug, Default)]
pub struct Codes {
    layer: Vec<[f32; 4]>,
    rows: [Vec<[f32; 4]>; 2],
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
    match layout.format {
        PixelFormat::I420 | PixelFormat::Nv12 => yuv420(frame, &layer, &region, &mut codes.rows),
        PixelFormat::Yuy2 => yuy2(frame, &layer, &region, &mut codes.rows[0]),
        _ => rgb(frame, &layer, &region, &mut codes.rows[0]),
    }
}

impl Codes {
    fn fill(&mut self, layer: &[[f32; 4]], resolution: usize, covered: &Region, opacity: f32, layout: &Layout) {
        let stride = resolution + 2;
        self.layer.resize(stride * stride, [0.0; 4]);
        for row in &mut self.rows {
            row.resize(layout.width, [0.0; 4]);
        }
        let yuv = RgbToYuv::new(layout.matrix, layout.range);
        let order = layout.format.rgb_order();
        for y in covered.y0..covered.y1 + 2 {
            let source = &layer[y.saturating_sub(1).min(resolution - 1) * resolution..][..resolution];
            let out = &mut self.layer[y * stride..][..stride];
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
fn code(v: f32) -> u8 {
    let v = if v < 255.0 { v } else { 255.0 };
    (v + ROUND).to_bits() as u8
}

/// From `a` to `b` by `f`. Spelt out, since it must become one vector operation.
#[inline(always)]
fn mix(a: [f32; 4], b: [f32; 4], f: f32) -> [f32; 4] {
    [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f, a[2] + (b[2] - a[2]) * f, a[3] + (b[3] - a[3]) * f]
}

/// `frame + m·(face − frame)`; where m is 0 that is the same code.
#[inline(always)]
fn blend(frame: &mut u8, face: f32, m: f32) {
    let value = f32::from(*frame);
    *frame = code(value + m * (face - value));
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

    /// The mean over the pixels, of which each is `share` of all, of `frame + m·(face − frame)`.
    #[inline(always)]
    fn blend(&self, (u, v): (&mut u8, &mut u8), share: f32) {
        for (frame, face) in [(u, self.u), (v, self.v)] {
            let value = f32::from(*frame);
            *frame = code(value + (face - self.weight * value) * share);
        }
    }
}

fn yuv420(frame: &mut FrameMut<'_>, layer: &Placed<'_>, region: &Region, rows: &mut [Vec<[f32; 4]>; 2]) {
    let planar = frame.layout().format == PixelFormat::I420;
    let [luma, second, third] = frame.planes_mut();
    for y in (region.y0..region.y1).step_by(2) {
        let high = if y + 1 < region.y1 { 2 } else { 1 };
        let places = [layer.row(y), layer.row(y + 1)];
        let spans = [layer.span(&places[0], region), layer.span(&places[1], region)];
        let (x0, x1) = (spans[0].0.min(spans[1].0), spans[0].1.max(spans[1].1));
        for (n, (row, place)) in rows.iter_mut().zip(&places).enumerate().take(high) {
            layer.sample(place, x0, &mut row[x0..x1]);
            let line = &mut luma.data[(y + n) * luma.stride..];
            for (code, &[face, _, _, m]) in line[x0..x1].iter_mut().zip(&row[x0..x1]) {
                blend(code, face, m);
            }
        }
        let [above, below] = rows.each_ref().map(|row| row[x0..x1].chunks(2));
        // A row alone shares with itself.
        let below = if high == 2 { below } else { above.clone() };
        let squares = above.zip(below).map(|(above, below)| {
            let mut shared = Shared::default();
            above.iter().chain(below).for_each(|&face| shared.add(face));
            (shared, 0.5 / above.len() as f32)
        });
        let at = y / 2 * second.stride;
        if planar {
            let u = &mut second.data[at + x0 / 2..];
            let v = &mut third.data[y / 2 * third.stride + x0 / 2..];
            for ((shared, share), uv) in squares.zip(u.iter_mut().zip(v)) {
                shared.blend(uv, share);
            }
        } else {
            for ((shared, share), uv) in squares.zip(second.data[at + x0..].chunks_exact_mut(2)) {
                if let [u, v] = uv {
                    shared.blend((u, v), share);
                }
            }
        }
    }
}

fn yuy2(frame: &mut FrameMut<'_>, layer: &Placed<'_>, region: &Region, row: &mut [[f32; 4]]) {
    let plane = frame.plane_mut(0);
    for y in region.y0..region.y1 {
        let place = layer.row(y);
        let (x0, x1) = layer.span(&place, region);
        layer.sample(&place, x0, &mut row[x0..x1]);
        let line = &mut plane.data[y * plane.stride + x0 * 2..];
        for (bytes, faces) in line.chunks_exact_mut(4).zip(row[x0..x1].chunks(2)) {
            let [y0, u, y1, v] = bytes else { continue };
            let mut shared = Shared::default();
            for (code, &face) in [y0, y1].into_iter().zip(faces) {
                blend(code, face[0], face[3]);
                shared.add(face);
            }
            shared.blend((u, v), 1.0 / faces.len() as f32);
        }
    }
}

fn rgb(frame: &mut FrameMut<'_>, layer: &Placed<'_>, region: &Region, row: &mut [[f32; 4]]) {
    let plane = frame.plane_mut(0);
    for y in region.y0..region.y1 {
        let place = layer.row(y);
        let (x0, x1) = layer.span(&place, region);
        layer.sample(&place, x0, &mut row[x0..x1]);
        let line = &mut plane.data[y * plane.stride..][x0 * 4..x1 * 4];
        for (pixel, face) in line.chunks_exact_mut(4).zip(&row[x0..x1]) {
            for c in 0..3 {
                blend(&mut pixel[c], face[c], face[3]);
            }
        }
    }
}
