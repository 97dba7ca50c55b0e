//! Reading colours from a frame's planes, one type a pixel layout so that no pixel is decided upon twice.

use crate::frame::{Plane, YuvToRgb};

/// Up to nine positions about a pixel, as distances in bytes.
pub(super) struct Taps {
    /// Farthest tap in px, in x or y.
    pub(super) reach: usize,
    main: ([isize; 9], usize),
    chroma: ([isize; 4], usize),
}

/// A frame's pixels. Positions are in bounds: x + reach < width, and so on.
pub(super) trait Source {
    /// The taps at these offsets in px, (right, down): for luma or RGB, at most nine, and for chroma, at most four.
    fn taps(
        &self,
        main: impl Iterator<Item = (isize, isize)>,
        chroma: impl Iterator<Item = (isize, isize)>,
        reach: usize,
    ) -> Taps;

    /// RGB 0..255, averaged over the taps about pixel (x, y).
    fn average(&self, x: usize, y: usize, taps: &Taps) -> [f32; 3];

    /// RGB 0..255 between pixels; x and y have eight bits of fraction, 0 at the first pixel's centre, at most the last
    /// pixel's centre. The frame has at least 3x3 px.
    fn between(&self, x: usize, y: usize, width: usize, height: usize) -> [f32; 3];
}

fn distances<const N: usize>(
    offsets: impl Iterator<Item = (isize, isize)>,
    across: isize,
    down: isize,
) -> ([isize; N], usize) {
    let mut found = [0; N];
    let mut n = 0;
    for (slot, (x, y)) in found.iter_mut().zip(offsets) {
        *slot = x * across + y * down;
        n += 1;
    }
    (found, n)
}

/// A cell of four samples and the weights (of 256) of its right and lower ones.
#[derive(Clone, Copy)]
struct Cell {
    x: usize,
    y: usize,
    right: u32,
    lower: u32,
}

impl Cell {
    /// The cell about a position with eight bits of fraction; the last cell's far edge belongs to it.
    #[inline(always)]
    fn new(x: usize, y: usize, width: usize, height: usize) -> Self {
        let (left, top) = ((x >> 8).min(width - 2), (y >> 8).min(height - 2));
        Self { x: left, y: top, right: (x - (left << 8)) as u32, lower: (y - (top << 8)) as u32 }
    }

    /// Weighted mean of four samples, 0..255.
    #[inline(always)]
    fn mix(&self, [a, b, c, d]: [u8; 4]) -> f32 {
        let across = |p: u8, q: u8| u32::from(p) * (256 - self.right) + u32::from(q) * self.right;
        (across(a, b) * (256 - self.lower) + across(c, d) * self.lower) as f32 * (1.0 / 65536.0)
    }
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

impl<const LUMA: usize, const CHROMA: usize, const HALVED: u32> Source for Yuv<'_, LUMA, CHROMA, HALVED> {
    fn taps(
        &self,
        main: impl Iterator<Item = (isize, isize)>,
        chroma: impl Iterator<Item = (isize, isize)>,
        reach: usize,
    ) -> Taps {
        // Halves go towards zero, so that a chroma tap never leaves the plane.
        let chroma = chroma.map(|(x, y)| (x / 2, y / (1 << HALVED)));
        Taps {
            reach,
            main: distances(main, LUMA as isize, self.y.stride as isize),
            chroma: distances(chroma, CHROMA as isize, self.stride as isize),
        }
    }

    #[inline(always)]
    fn average(&self, x: usize, y: usize, taps: &Taps) -> [f32; 3] {
        let at = y * self.y.stride + x * LUMA;
        let (offsets, n) = (&taps.main.0, taps.main.1);
        let luma: u32 = offsets[..n].iter().map(|&d| u32::from(self.y.data[at.wrapping_add_signed(d)])).sum();
        let at = (y >> HALVED) * self.stride + (x >> 1) * CHROMA;
        let (offsets, m) = (&taps.chroma.0, taps.chroma.1);
        let (mut u, mut v) = (0, 0);
        for &d in &offsets[..m] {
            let at = at.wrapping_add_signed(d);
            u += u32::from(self.u[at]);
            v += u32::from(self.v[at]);
        }
        let (n, m) = (1.0 / n as f32, 1.0 / m as f32);
        self.convert.rgb(luma as f32 * n, u as f32 * m, v as f32 * m)
    }

    #[inline(always)]
    fn between(&self, x: usize, y: usize, width: usize, height: usize) -> [f32; 3] {
        let cell = Cell::new(x, y, width, height);
        let (top, down) = (cell.y * self.y.stride + cell.x * LUMA, self.y.stride);
        let data = self.y.data;
        let luma = cell.mix([data[top], data[top + LUMA], data[top + down], data[top + down + LUMA]]);
        let (width, height) = (width.div_ceil(2), height.div_ceil(1 << HALVED));
        // A chroma sample lies in the middle of the pixels it serves.
        let (x, y) = (half(x, 1, width), half(y, HALVED, height));
        let cell = Cell::new(x, y, width, height);
        let (top, down) = (cell.y * self.stride + cell.x * CHROMA, self.stride);
        let four = |data: &[u8]| cell.mix([data[top], data[top + CHROMA], data[top + down], data[top + down + CHROMA]]);
        self.convert.rgb(luma, four(self.u), four(self.v))
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

impl<const RED: usize, const BLUE: usize> Source for Rgb<'_, RED, BLUE> {
    fn taps(
        &self,
        main: impl Iterator<Item = (isize, isize)>,
        _: impl Iterator<Item = (isize, isize)>,
        reach: usize,
    ) -> Taps {
        Taps { reach, main: distances(main, 4, self.0.stride as isize), chroma: ([0; 4], 0) }
    }

    #[inline(always)]
    fn average(&self, x: usize, y: usize, taps: &Taps) -> [f32; 3] {
        let at = y * self.0.stride + x * 4;
        let (offsets, n) = (&taps.main.0, taps.main.1);
        // Two channels in each word: nine samples cannot overflow sixteen bits.
        let (mut even, mut odd) = (0u32, 0u32);
        for &d in &offsets[..n] {
            let pixel = u32::from_le_bytes(self.pixel(at.wrapping_add_signed(d)));
            even += pixel & 0x00ff_00ff;
            odd += pixel >> 8 & 0x00ff_00ff;
        }
        let n = 1.0 / n as f32;
        let channel = |i: usize| ((if i == 1 { odd } else { even }) >> (16 * (i / 2)) & 0xffff) as f32 * n;
        [channel(RED), channel(1), channel(BLUE)]
    }

    #[inline(always)]
    fn between(&self, x: usize, y: usize, width: usize, height: usize) -> [f32; 3] {
        let cell = Cell::new(x, y, width, height);
        let (top, down) = (cell.y * self.0.stride + cell.x * 4, self.0.stride);
        let four = [top, top + 4, top + down, top + down + 4].map(|at| self.pixel(at));
        [RED, 1, BLUE].map(|channel| cell.mix(four.map(|pixel| pixel[channel])))
    }
}
