//! Reading colours from a frame's planes, one type a pixel layout so that no pixel is decided upon twice.

use std::marker::PhantomData;

use crate::frame::{Component, Frame, Layout, Plane, Sample, YuvToRgb};

/// Offsets in px, right and down.
pub(super) type Offset = (isize, isize);

/// Positions about a pixel, as distances in bytes.
pub(super) struct Taps {
    /// Farthest tap in px, in x or y.
    pub(super) reach: usize,
    main: [isize; 9],
    /// Of U and of V.
    chroma: [[isize; 4]; 2],
}

/// A frame's pixels. Positions are in bounds: x + reach < width, and so on.
pub(super) trait PixelSource {
    /// The taps at these offsets: for luma or RGB, and for chroma.
    fn taps(&self, main: [Offset; 9], chroma: [Offset; 4], reach: usize) -> Taps;

    /// RGB 0..255, averaged over the taps about pixel (x, y).
    fn average(&self, x: usize, y: usize, taps: &Taps) -> [f32; 3];

    /// RGB 0..255 between pixels; x and y have eight bits of fraction, 0 at the first pixel's centre, at most the last
    /// pixel's centre. The frame has at least 3x3 px.
    fn between(&self, x: usize, y: usize, width: usize, height: usize) -> [f32; 3];
}

/// A cell of four samples: its first sample, and the weights (of 65536) of left and right in the upper row, then in the
/// lower one.
#[derive(Clone, Copy)]
struct Cell {
    x: usize,
    y: usize,
    weights: [u64; 4],
}

impl Cell {
    /// The cell about a position with eight bits of fraction; the last cell's far edge belongs to it.
    #[inline(always)]
    fn new(x: usize, y: usize, width: usize, height: usize) -> Self {
        let (left, top) = ((x >> 8).min(width - 2), (y >> 8).min(height - 2));
        let (right, lower) = ((x - (left << 8)) as u64, (y - (top << 8)) as u64);
        let (rest, upper) = (256 - right, 256 - lower);
        Self { x: left, y: top, weights: [rest * upper, right * upper, rest * lower, right * lower] }
    }

    /// Weighted sum of four samples; at most 26 bits a sample, so that a word can hold two, 32 bits apart.
    #[inline(always)]
    fn mix(&self, [a, b, c, d]: [u64; 4]) -> u64 {
        let [p, q, r, s] = self.weights;
        a * p + b * q + c * r + d * s
    }
}

/// Two samples in one word.
#[inline(always)]
fn pair(low: u16, high: u16) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

/// The lower sample of a weighted sum, in codes.
#[inline(always)]
fn low(sum: u64) -> f32 {
    (sum as u32 as i32) as f32 * (1.0 / 65536.0)
}

/// The higher sample of a weighted sum, in codes.
#[inline(always)]
fn high(sum: u64) -> f32 {
    ((sum >> 32) as i32) as f32 * (1.0 / 65536.0)
}

/// The plane of a component, from its first sample on.
pub(super) fn samples_from<'a, S: Sample>(frame: &Frame<'a>, component: &Component) -> Plane<'a> {
    let plane = frame.plane(component.plane);
    Plane { data: plane.data.get(component.first * S::BYTES..).unwrap_or_default(), ..plane }
}

/// Luma and chroma: samples from one of luma to the next, from one of chroma to the next, and the number of times that
/// chroma's columns and rows are halved.
pub(super) struct Yuv<'a, S, const LUMA: usize, const CHROMA: usize, const ACROSS: u32, const DOWN: u32> {
    y: Plane<'a>,
    u: Plane<'a>,
    v: Plane<'a>,
    convert: YuvToRgb,
    sample: PhantomData<S>,
}

impl<'a, S: Sample, const LUMA: usize, const CHROMA: usize, const ACROSS: u32, const DOWN: u32>
    Yuv<'a, S, LUMA, CHROMA, ACROSS, DOWN>
{
    /// Each plane begins at its component's first sample.
    pub(super) fn new([y, u, v]: [Plane<'a>; 3], layout: &Layout) -> Self {
        let mut convert = YuvToRgb::of(layout);
        // To 0..255 rather than 0..1.
        for factor in [&mut convert.y, &mut convert.rv, &mut convert.gu, &mut convert.gv, &mut convert.bu] {
            *factor *= 255.0;
        }
        Self { y, u, v, convert, sample: PhantomData }
    }
}

impl<S: Sample, const LUMA: usize, const CHROMA: usize, const ACROSS: u32, const DOWN: u32> PixelSource
    for Yuv<'_, S, LUMA, CHROMA, ACROSS, DOWN>
{
    fn taps(&self, main: [Offset; 9], chroma: [Offset; 4], reach: usize) -> Taps {
        // Halves go towards zero, so that a chroma tap never leaves the plane.
        let chroma = chroma.map(|(x, y)| (x / (1 << ACROSS), y / (1 << DOWN)));
        let bytes =
            |plane: &Plane<'_>, step: usize, (x, y): Offset| x * (step * S::BYTES) as isize + y * plane.stride as isize;
        Taps {
            reach,
            main: main.map(|offset| bytes(&self.y, LUMA, offset)),
            chroma: [&self.u, &self.v].map(|plane| chroma.map(|offset| bytes(plane, CHROMA, offset))),
        }
    }

    #[inline(always)]
    fn average(&self, x: usize, y: usize, taps: &Taps) -> [f32; 3] {
        let at = y * self.y.stride + x * LUMA * S::BYTES;
        let mut luma = 0;
        for d in taps.main {
            luma += u32::from(S::code(&self.y.data[at.wrapping_add_signed(d)..]));
        }
        let (x, y) = (x >> ACROSS, y >> DOWN);
        let mut chroma = [0; 2];
        for ((sum, plane), taps) in chroma.iter_mut().zip([&self.u, &self.v]).zip(&taps.chroma) {
            let at = y * plane.stride + x * CHROMA * S::BYTES;
            for &d in taps {
                *sum += u32::from(S::code(&plane.data[at.wrapping_add_signed(d)..]));
            }
        }
        let [u, v] = chroma.map(|sum: u32| sum as i32 as f32 / 4.0);
        self.convert.rgb(luma as i32 as f32 / 9.0, u, v)
    }

    #[inline(always)]
    fn between(&self, x: usize, y: usize, width: usize, height: usize) -> [f32; 3] {
        let cell = Cell::new(x, y, width, height);
        let four = |plane: &Plane<'_>, cell: &Cell, step: usize| {
            let top = cell.y * plane.stride + cell.x * step * S::BYTES;
            let length = (step + 1) * S::BYTES;
            let (upper, lower) = (&plane.data[top..top + length], &plane.data[top + plane.stride..][..length]);
            [S::code(upper), S::code(&upper[step * S::BYTES..]), S::code(lower), S::code(&lower[step * S::BYTES..])]
        };
        let luma = cell.mix(four(&self.y, &cell, LUMA).map(u64::from));
        let (width, height) = (width.div_ceil(1 << ACROSS), height.div_ceil(1 << DOWN));
        // A chroma sample lies in the middle of the pixels it serves.
        let (x, y) = (half(x, ACROSS, width), half(y, DOWN, height));
        let cell = Cell::new(x, y, width, height);
        let ([a, b, c, d], [e, f, g, h]) = (four(&self.u, &cell, CHROMA), four(&self.v, &cell, CHROMA));
        let chroma = cell.mix([pair(a, e), pair(b, f), pair(c, g), pair(d, h)]);
        self.convert.rgb(low(luma), low(chroma), high(chroma))
    }
}

/// A position (eight bits of fraction, 0 at the first sample's centre) among samples that were halved `times` times.
#[inline(always)]
fn half(position: usize, times: u32, samples: usize) -> usize {
    if times == 0 { position } else { ((position + 128) / 2).saturating_sub(128).min((samples - 1) << 8) }
}

/// Bytes a pixel, three or four; and the bytes of red and blue.
pub(super) struct Rgb<'a, const STEP: usize, const RED: usize, const BLUE: usize>(pub(super) Plane<'a>);

impl<const STEP: usize, const RED: usize, const BLUE: usize> Rgb<'_, STEP, RED, BLUE> {
    #[inline(always)]
    fn pixel(&self, at: usize) -> [u8; 4] {
        let mut pixel = [0; 4];
        pixel[..STEP].copy_from_slice(&self.0.data[at..at + STEP]);
        pixel
    }
}

impl<const STEP: usize, const RED: usize, const BLUE: usize> PixelSource for Rgb<'_, STEP, RED, BLUE> {
    fn taps(&self, main: [Offset; 9], _: [Offset; 4], reach: usize) -> Taps {
        let (step, row) = (STEP as isize, self.0.stride as isize);
        Taps { reach, main: main.map(|(x, y)| step * x + y * row), chroma: [[0; 4]; 2] }
    }

    #[inline(always)]
    fn average(&self, x: usize, y: usize, taps: &Taps) -> [f32; 3] {
        let at = y * self.0.stride + x * STEP;
        // Two channels in each word: nine samples cannot overflow sixteen bits.
        let (mut even, mut odd) = (0u32, 0u32);
        for d in taps.main {
            let pixel = u32::from_le_bytes(self.pixel(at.wrapping_add_signed(d)));
            even += pixel & 0x00ff_00ff;
            odd += pixel >> 8 & 0x00ff_00ff;
        }
        let channel = |i: usize| ((if i == 1 { odd } else { even }) >> (16 * (i / 2)) & 0xffff) as i32 as f32 / 9.0;
        [channel(RED), channel(1), channel(BLUE)]
    }

    #[inline(always)]
    fn between(&self, x: usize, y: usize, width: usize, height: usize) -> [f32; 3] {
        let cell = Cell::new(x, y, width, height);
        let (top, down) = (cell.y * self.0.stride + cell.x * STEP, self.0.stride);
        let four = [top, top + STEP, top + down, top + down + STEP].map(|at| self.pixel(at));
        let outer = cell.mix(four.map(|pixel| pair(pixel[RED].into(), pixel[BLUE].into())));
        let green = cell.mix(four.map(|pixel| u64::from(pixel[1])));
        [low(outer), low(green), high(outer)]
    }
}
