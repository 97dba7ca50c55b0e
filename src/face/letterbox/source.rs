//! Reading colours from a frame's planes, one type a pixel layout so that no pixel is decided upon twice.

use crate::frame::{Plane, YuvToRgb};

/// Offsets in px, right and down.
pub(super) type Offset = (isize, isize);

/// Positions about a pixel, as distances in bytes.
pub(super) struct Taps {
    /// Farthest tap in px, in x or y.
    pub(super) reach: usize,
    main: [isize; 9],
    chroma: [isize; 4],
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

    /// Weighted sum of four samples; 24 bits a sample, so that a word can hold two, 32 bits apart.
    #[inline(always)]
    fn mix(&self, [a, b, c, d]: [u64; 4]) -> u64 {
        let [p, q, r, s] = self.weights;
        a * p + b * q + c * r + d * s
    }
}

/// Two samples in one word.
#[inline(always)]
fn pair(low: u8, high: u8) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

/// The lower sample of a weighted sum, 0..255.
#[inline(always)]
fn low(sum: u64) -> f32 {
    (sum as u32 as i32) as f32 * (1.0 / 65536.0)
}

/// The higher sample of a weighted sum, 0..255.
#[inline(always)]
fn high(sum: u64) -> f32 {
    ((sum >> 32) as i32) as f32 * (1.0 / 65536.0)
}

/// Luma and chroma: bytes from one luma sample to the next, from one chroma sample to the next, and the number of
/// times that chroma's rows are halved.
pub(super) struct Yuv<'a, const LUMA: usize, const CHROMA: usize, const HALVED: u32> {
    y: Plane<'a>,
    u: &'a [u8],
    v: &'a [u8],
    stride: usize,
    convert: YuvToRgb,
}

impl<'a, const LUMA: usize, const CHROMA: usize, const HALVED: u32> Yuv<'a, LUMA, CHROMA, HALVED> {
    /// `u` and `v` begin at their first sample; `stride` is that of both.
    pub(super) fn new(y: Plane<'a>, u: &'a [u8], v: &'a [u8], stride: usize, mut convert: YuvToRgb) -> Self {
        // To codes 0..255 rather than 0..1.
        for factor in [&mut convert.y, &mut convert.rv, &mut convert.gu, &mut convert.gv, &mut convert.bu] {
            *factor *= 255.0;
        }
        Self { y, u, v, stride, convert }
    }
}

impl<const LUMA: usize, const CHROMA: usize, const HALVED: u32> PixelSource for Yuv<'_, LUMA, CHROMA, HALVED> {
    fn taps(&self, main: [Offset; 9], chroma: [Offset; 4], reach: usize) -> Taps {
        let (luma, row) = (LUMA as isize, self.y.stride as isize);
        let (across, down) = (CHROMA as isize, self.stride as isize);
        // Halves go towards zero, so that a chroma tap never leaves the plane.
        let halved = 1 << HALVED;
        Taps {
            reach,
            main: main.map(|(x, y)| x * luma + y * row),
            chroma: chroma.map(|(x, y)| x / 2 * across + y / halved * down),
        }
    }

    #[inline(always)]
    fn average(&self, x: usize, y: usize, taps: &Taps) -> [f32; 3] {
        let at = y * self.y.stride + x * LUMA;
        let mut luma = 0;
        for d in taps.main {
            luma += u32::from(self.y.data[at.wrapping_add_signed(d)]);
        }
        let at = (y >> HALVED) * self.stride + (x >> 1) * CHROMA;
        let (mut u, mut v) = (0, 0);
        for d in taps.chroma {
            let at = at.wrapping_add_signed(d);
            u += u32::from(self.u[at]);
            v += u32::from(self.v[at]);
        }
        self.convert.rgb(luma as i32 as f32 / 9.0, u as i32 as f32 / 4.0, v as i32 as f32 / 4.0)
    }

    #[inline(always)]
    fn between(&self, x: usize, y: usize, width: usize, height: usize) -> [f32; 3] {
        let cell = Cell::new(x, y, width, height);
        let top = cell.y * self.y.stride + cell.x * LUMA;
        let upper = &self.y.data[top..=top + LUMA];
        let lower = &self.y.data[top + self.y.stride..][..=LUMA];
        let luma = cell.mix([upper[0], upper[LUMA], lower[0], lower[LUMA]].map(u64::from));
        let (width, height) = (width.div_ceil(2), height.div_ceil(1 << HALVED));
        // A chroma sample lies in the middle of the pixels it serves.
        let (x, y) = (half(x, 1, width), half(y, HALVED, height));
        let cell = Cell::new(x, y, width, height);
        let top = cell.y * self.stride + cell.x * CHROMA;
        let rows = [top, top + self.stride]
            .map(|at| [&self.u[at..=at + CHROMA], &self.v[at..=at + CHROMA]])
            .map(|[u, v]| [pair(u[0], v[0]), pair(u[CHROMA], v[CHROMA])]);
        let [[a, b], [c, d]] = rows;
        let chroma = cell.mix([a, b, c, d]);
        self.convert.rgb(low(luma), low(chroma), high(chroma))
    }
}

/// A position (eight bits of fraction, 0 at the first sample's centre) among samples that were halved `times` times.
#[inline(always)]
fn half(position: usize, times: u32, samples: usize) -> usize {
    if times == 0 { position } else { ((position + 128) / 2).saturating_sub(128).min((samples - 1) << 8) }
}

/// Four bytes a pixel; the bytes of red and blue.
pub(super) struct Rgb<'a, const RED: usize, const BLUE: usize>(pub(super) Plane<'a>);

impl<const RED: usize, const BLUE: usize> Rgb<'_, RED, BLUE> {
    #[inline(always)]
    fn pixel(&self, at: usize) -> [u8; 4] {
        let mut pixel = [0; 4];
        pixel.copy_from_slice(&self.0.data[at..at + 4]);
        pixel
    }
}

impl<const RED: usize, const BLUE: usize> PixelSource for Rgb<'_, RED, BLUE> {
    fn taps(&self, main: [Offset; 9], _: [Offset; 4], reach: usize) -> Taps {
        let row = self.0.stride as isize;
        Taps { reach, main: main.map(|(x, y)| 4 * x + y * row), chroma: [0; 4] }
    }

    #[inline(always)]
    fn average(&self, x: usize, y: usize, taps: &Taps) -> [f32; 3] {
        let at = y * self.0.stride + x * 4;
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
        let (top, down) = (cell.y * self.0.stride + cell.x * 4, self.0.stride);
        let four = [top, top + 4, top + down, top + down + 4].map(|at| self.pixel(at));
        let outer = cell.mix(four.map(|pixel| pair(pixel[RED], pixel[BLUE])));
        let green = cell.mix(four.map(|pixel| u64::from(pixel[1])));
        [low(outer), low(green), high(outer)]
    }
}
