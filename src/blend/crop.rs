//! Cuts the crop out of the native planes, averaging taps in fixed point along the crop's rows.

use std::marker::PhantomData;

use super::plan;
use crate::frame::{Component, Frame, Layout, Plane, Sample, YuvToRgb, with_sample};
use crate::geometry::Similarity;

/// Fraction bits of a position. Weights use the upper eight: 1/256 of a sample.
const FRACTION: u32 = 24;
const ONE: i64 = 1 << FRACTION;
/// Where a position of 0 lies: half a sample before the first one's middle, and rounding to the weights' bits.
const ORIGIN: i64 = -ONE / 2 + (1 << (FRACTION - 9));
/// Farther out nothing is told apart; keeps `position + tap · step` within 64 bits.
const FARTHEST: f64 = (1u64 << 24) as f64;
/// A tap of value 1 adds this to a sum.
const TAP: f32 = 65536.0;

/// Sums of taps, one a crop pixel of the current row: Y, U, V or red, green, blue.
#[derive(Debug, Default)]
pub struct CropSums([Vec<i32>; 3]);

/// Fills `crop` (`resolution`² pixels of blue, green, red, 0..1, interleaved) from the frame; `to_frame` takes the
/// crop's unit square to frame pixels. Positions are rounded to 1/256 of a sample.
pub fn crop(frame: &Frame<'_>, to_frame: &Similarity, resolution: usize, crop: &mut [f32], sums: &mut CropSums) {
    with_sample!(frame.layout().format.depth(), crop_of(frame, to_frame, resolution, crop, sums));
}

fn crop_of<S: Sample>(
    frame: &Frame<'_>,
    to_frame: &Similarity,
    resolution: usize,
    crop: &mut [f32],
    sums: &mut CropSums,
) {
    let layout = frame.layout();
    let [a, b, c] = layout.format.components();
    let taps = to_frame_taps(to_frame, resolution);
    for sum in &mut sums.0 {
        sum.resize(resolution, 0);
    }
    let finish = Finish::new(layout, taps);
    let [black, grey, _] = finish.outside;
    for (j, row) in crop.chunks_exact_mut(resolution * 3).take(resolution).enumerate() {
        let mut grid = Grid { frame, to_frame, resolution, row: j, taps };
        let [first, second, third] = &mut sums.0;
        let (first, second, third) = (&mut first[..], &mut second[..], &mut third[..]);
        if a.plane == c.plane && a.shared == c.shared {
            grid.three::<S>([(&a, first), (&b, second), (&c, third)], black);
        } else {
            grid.one::<S>(&a, black, first);
            grid.taps = finish.chroma_taps;
            if b.plane == c.plane {
                grid.two::<S>([(&b, second), (&c, third)], grey);
            } else {
                grid.one::<S>(&b, grey, second);
                grid.one::<S>(&c, grey, third);
            }
        }
        finish.row(&sums.0, row);
    }
}

fn to_frame_taps(to_frame: &Similarity, resolution: usize) -> usize {
    to_frame.inverse().map_or(1, |to_crop| plan::taps(&to_crop, resolution))
}

/// One row of crop pixels over the frame.
struct Grid<'a> {
    frame: &'a Frame<'a>,
    to_frame: &'a Similarity,
    resolution: usize,
    row: usize,
    taps: usize,
}

impl Grid<'_> {
    /// A component with a plane of its own, or between others.
    fn one<S: Sample>(&self, component: &Component, outside: i32, sum: &mut [i32]) {
        match component.step {
            1 => self.sum::<S, 1, 1, 1>(component, outside, [sum]),
            _ => self.sum::<S, 1, 2, 1>(component, outside, [sum]),
        }
    }

    /// The chroma of one plane.
    fn two<S: Sample>(&self, mut chroma: [(&Component, &mut [i32]); 2], outside: i32) {
        chroma.sort_unstable_by_key(|(component, _)| component.first);
        let [(component, first), (_, second)] = chroma;
        match component.step {
            2 => self.sum::<S, 2, 2, 1>(component, outside, [first, second]),
            _ => self.sum::<S, 2, 4, 2>(component, outside, [first, second]),
        }
    }

    /// Red, green and blue of one plane.
    fn three<S: Sample>(&self, mut colours: [(&Component, &mut [i32]); 3], outside: i32) {
        colours.sort_unstable_by_key(|(component, _)| component.first);
        let [(component, first), (_, second), (_, third)] = colours;
        match component.step {
            3 => self.sum::<S, 3, 3, 1>(component, outside, [first, second, third]),
            _ => self.sum::<S, 3, 4, 1>(component, outside, [first, second, third]),
        }
    }

    /// Sums taps² bilinear samples a crop pixel into `sums`. `component` is the first of `CHANNELS` that are `GAP`
    /// samples apart; neighbours of one are `STEP` samples apart. A tap outside the frame is `outside`.
    fn sum<S: Sample, const CHANNELS: usize, const STEP: usize, const GAP: usize>(
        &self,
        component: &Component,
        outside: i32,
        mut sums: [&mut [i32]; CHANNELS],
    ) {
        for sum in &mut sums {
            sum.fill(0);
        }
        let (layout, plane) = (self.frame.layout(), self.frame.plane(component.plane));
        let texels = Texels::<S, CHANNELS, STEP, GAP> {
            plane: Plane { data: plane.data.get(component.first * S::BYTES..).unwrap_or_default(), ..plane },
            x: Axis::new(layout.width, component.shared.0),
            y: Axis::new(layout.height, component.shared.1),
            outside,
            sample: PhantomData,
        };
        let tap = 1.0 / (self.taps * self.resolution) as f64;
        for t in 0..self.taps {
            let (u, v) = (0.5 * tap, ((self.row * self.taps + t) as f64 + 0.5) * tap);
            let m = [self.to_frame.a, self.to_frame.b, self.to_frame.tx, self.to_frame.ty].map(f64::from);
            let walk = Walk {
                x: texels.x.position(m[0] * u - m[1] * v + m[2]),
                y: texels.y.position(m[1] * u + m[0] * v + m[3]),
                dx: texels.x.step(m[0] * tap),
                dy: texels.y.step(m[1] * tap),
            };
            texels.add_row(walk, self.taps, &mut sums);
        }
    }
}

/// Fixed-point positions of consecutive taps in a plane's samples; 0 is the middle of the first sample.
#[derive(Clone, Copy)]
struct Walk {
    x: i64,
    y: i64,
    dx: i64,
    dy: i64,
}

impl Walk {
    fn at(&self, tap: usize) -> (i64, i64) {
        (self.x + self.dx * tap as i64, self.y + self.dy * tap as i64)
    }
}

/// One axis of a plane.
struct Axis {
    samples: usize,
    shared: f64,
    /// Positions in `inside.0..inside.1` are within the frame.
    inside: (i64, i64),
}

impl Axis {
    fn new(pixels: usize, shared: usize) -> Self {
        let low = ORIGIN;
        Self {
            samples: pixels.div_ceil(shared),
            shared: shared as f64,
            inside: (low, low + (pixels as i64 * ONE) / shared as i64),
        }
    }

    fn position(&self, pixel: f64) -> i64 {
        (pixel.clamp(-FARTHEST, FARTHEST) / self.shared * ONE as f64).round() as i64 + ORIGIN
    }

    fn step(&self, pixels: f64) -> i64 {
        (pixels.clamp(-FARTHEST, FARTHEST) / self.shared * ONE as f64).round() as i64
    }

    /// Taps `0..count` of a walk along this axis that have two samples to lie between.
    fn between(&self, start: i64, step: i64, count: usize) -> (usize, usize) {
        let last = (self.samples as i64 - 1) * ONE - 1;
        let count = count as i64;
        let (low, high) = match step {
            0 if (0..=last).contains(&start) => (0, count),
            0 => (0, 0),
            s if s > 0 => (-(start.div_euclid(s)), (last - start).div_euclid(s) + 1),
            s => (-((last - start).div_euclid(-s)), start.div_euclid(-s) + 1),
        };
        let low = low.clamp(0, count);
        (low as usize, high.clamp(low, count) as usize)
    }
}

/// A plane's samples, `CHANNELS` of them at each place, from the first one on.
struct Texels<'a, S: Sample, const CHANNELS: usize, const STEP: usize, const GAP: usize> {
    plane: Plane<'a>,
    x: Axis,
    y: Axis,
    outside: i32,
    sample: PhantomData<S>,
}

impl<S: Sample, const CHANNELS: usize, const STEP: usize, const GAP: usize> Texels<'_, S, CHANNELS, STEP, GAP> {
    /// Samples that all channels of one place span.
    const PLACE: usize = (CHANNELS - 1) * GAP + 1;

    fn add_row(&self, walk: Walk, taps: usize, sums: &mut [&mut [i32]; CHANNELS]) {
        let pixels = sums[0].len();
        let (x, y) = (self.x.between(walk.x, walk.dx, pixels * taps), self.y.between(walk.y, walk.dy, pixels * taps));
        let start = x.0.max(y.0).div_ceil(taps).min(pixels);
        let end = (x.1.min(y.1) / taps).clamp(start, pixels);
        for i in (0..start).chain(end..pixels) {
            for tap in i * taps..(i + 1) * taps {
                let value = self.anywhere(walk.at(tap));
                for (sums, value) in sums.iter_mut().zip(value) {
                    sums[i] += value;
                }
            }
        }
        let (mut px, mut py) = walk.at(start * taps);
        for i in start..end {
            let mut sum = [0; CHANNELS];
            for _ in 0..taps {
                let value = self.bilinear(px, py, 1, 1);
                for (sum, value) in sum.iter_mut().zip(value) {
                    *sum += value;
                }
                (px, py) = (px + walk.dx, py + walk.dy);
            }
            for (sums, sum) in sums.iter_mut().zip(sum) {
                sums[i] += sum;
            }
        }
    }

    /// A tap near the frame's edge or outside.
    fn anywhere(&self, (x, y): (i64, i64)) -> [i32; CHANNELS] {
        if x < self.x.inside.0 || x >= self.x.inside.1 || y < self.y.inside.0 || y >= self.y.inside.1 {
            return [self.outside << 16; CHANNELS];
        }
        let (last_x, last_y) = ((self.x.samples as i64 - 1) * ONE, (self.y.samples as i64 - 1) * ONE);
        let (x, y) = (x.clamp(0, last_x), y.clamp(0, last_y));
        // The neighbour of the last sample is the last sample itself.
        self.bilinear(x, y, usize::from(x < last_x), usize::from(y < last_y))
    }

    /// Between the sample at or before (x, y) and its neighbours `right` and `below` of it, times [`TAP`].
    #[inline(always)]
    fn bilinear(&self, x: i64, y: i64, right: usize, below: usize) -> [i32; CHANNELS] {
        let weight = |v: i64| ((v >> (FRACTION - 8)) & 255) as i32;
        let (fx, fy) = (weight(x), weight(y));
        let at = (y >> FRACTION) as usize * self.plane.stride + (x >> FRACTION) as usize * STEP * S::BYTES;
        let under = at + below * self.plane.stride;
        let length = (Self::PLACE + right * STEP) * S::BYTES;
        let (top, bottom) = (&self.plane.data[at..at + length], &self.plane.data[under..under + length]);
        let code = |row: &[u8], sample: usize| i32::from(S::code(&row[sample * S::BYTES..]));
        // Not `array::from_fn`, which is not inlined.
        let mut sum = [0; CHANNELS];
        for (c, sum) in sum.iter_mut().enumerate() {
            let (a, b) = (c * GAP, c * GAP + right * STEP);
            let [left, right, under_left, under_right] = [code(top, a), code(top, b), code(bottom, a), code(bottom, b)];
            let upper = (left << 8) + (right - left) * fx;
            let lower = (under_left << 8) + (under_right - under_left) * fx;
            *sum = (upper << 8) + (lower - upper) * fy;
        }
        sum
    }
}

/// From sums of code values to blue, green, red.
struct Finish {
    /// Codes of what lies outside the frame.
    outside: [i32; 3],
    chroma_taps: usize,
    yuv: Option<YuvToRgb>,
    first: f32,
    others: f32,
    white: f32,
}

impl Finish {
    fn new(layout: &Layout, taps: usize) -> Self {
        let mean = |taps: usize| 1.0 / (TAP * (taps * taps) as f32);
        let chroma_taps = plan::chroma_taps(taps, layout.format);
        let yuv = layout.format.is_yuv().then(|| YuvToRgb::of(layout));
        Self {
            outside: yuv.map_or([0; 3], |yuv| [yuv.black, yuv.grey, yuv.grey].map(|code| code as i32)),
            chroma_taps,
            yuv,
            first: mean(taps),
            others: mean(chroma_taps),
            white: f32::from(layout.format.depth().most()),
        }
    }

    fn row(&self, [first, second, third]: &[Vec<i32>; 3], row: &mut [f32]) {
        let pixels = first.iter().zip(second).zip(third).zip(row.chunks_exact_mut(3));
        if let Some(yuv) = &self.yuv {
            for (((&y, &u), &v), pixel) in pixels {
                let rgb = yuv.rgb(y as f32 * self.first, u as f32 * self.others, v as f32 * self.others);
                pixel.copy_from_slice(&[2, 1, 0].map(|c: usize| rgb[c].clamp(0.0, 1.0)));
            }
            return;
        }
        for (((&r, &g), &b), pixel) in pixels {
            pixel.copy_from_slice(&[b, g, r].map(|v| v as f32 * self.first / self.white));
        }
    }
}
