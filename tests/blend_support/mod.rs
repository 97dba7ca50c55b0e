//! Frames, faces and slow, plain mathematics for the blend's tests.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use std::ops::Range;

use standin::blend::{BlendSettings, ColorTransfer};
use standin::frame::{Frame, Layout, Matrix, OwnedFrame, PixelFormat, Range as Span, VideoBuffer};
use standin::geometry::{Point, Similarity};
use standin::swap::Generated;

/// A layout with BT.709, limited range.
pub fn layout(format: PixelFormat, width: usize, height: usize) -> Layout {
    Layout { format, width, height, matrix: Matrix::Bt709, range: Span::Limited, transfer: Default::default() }
}

/// Numbers that look random and are the same every time.
pub struct Noise(u32);

impl Noise {
    pub fn new(seed: u32) -> Self {
        Self(seed.wrapping_mul(747_796_405).wrapping_add(12_345))
    }

    pub fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 24) as u8
    }

    pub fn unit(&mut self) -> f32 {
        f32::from(self.byte()) / 255.0
    }
}

/// Bytes of noise everywhere, padding included.
pub fn noise(layout: Layout, padding: usize) -> OwnedFrame {
    let mut frame = OwnedFrame::with_padding(layout, padding);
    let mut noise = Noise::new(7);
    for plane in 0..layout.format.planes() {
        frame.bytes_mut(plane).iter_mut().for_each(|b| *b = noise.byte());
    }
    frame
}

/// Of a format with ten bits a sample: the bits of its word below the code.
pub fn ten(format: PixelFormat) -> Option<u32> {
    match format {
        PixelFormat::P010 => Some(6),
        PixelFormat::I420Ten | PixelFormat::I422Ten | PixelFormat::Y444Ten => Some(0),
        _ => None,
    }
}

/// How many codes there are to one of eight bits.
pub fn unit(format: PixelFormat) -> u16 {
    if ten(format).is_some() { 4 } else { 1 }
}

/// The bytes of each component of pixel (x, y): plane, indices. Y, U, V or red, green, blue.
pub fn bytes_of(frame: &OwnedFrame, x: usize, y: usize) -> [(usize, Range<usize>); 3] {
    use PixelFormat as P;
    let view = frame.frame().unwrap();
    let format = frame.layout().format;
    let long = if ten(format).is_some() { 2 } else { 1 };
    let places = match format {
        P::I420 | P::I420Ten => [(0, y, x), (1, y / 2, x / 2), (2, y / 2, x / 2)],
        P::Yv12 => [(0, y, x), (2, y / 2, x / 2), (1, y / 2, x / 2)],
        P::Nv12 | P::P010 => [(0, y, x), (1, y / 2, x & !1), (1, y / 2, x | 1)],
        P::Nv21 => [(0, y, x), (1, y / 2, x | 1), (1, y / 2, x & !1)],
        P::Y42b | P::I422Ten => [(0, y, x), (1, y, x / 2), (2, y, x / 2)],
        P::Y444 | P::Y444Ten => [(0, y, x), (1, y, x), (2, y, x)],
        P::Yuy2 => [(0, y, x * 2), (0, y, (x & !1) * 2 + 1), (0, y, (x & !1) * 2 + 3)],
        P::Uyvy => [(0, y, x * 2 + 1), (0, y, (x & !1) * 2), (0, y, (x & !1) * 2 + 2)],
        P::Rgba | P::Rgbx => [0, 1, 2].map(|byte| (0, y, x * 4 + byte)),
        P::Bgra | P::Bgrx => [2, 1, 0].map(|byte| (0, y, x * 4 + byte)),
        P::Rgb => [0, 1, 2].map(|byte| (0, y, x * 3 + byte)),
        P::Bgr => [2, 1, 0].map(|byte| (0, y, x * 3 + byte)),
    };
    places.map(|(plane, row, sample)| {
        let start = row * view.plane(plane).stride + sample * long;
        (plane, start..start + long)
    })
}

/// The code of component `c` of pixel (x, y).
pub fn code(frame: &OwnedFrame, c: usize, x: usize, y: usize) -> u16 {
    let (plane, at) = bytes_of(frame, x, y)[c].clone();
    match (&frame.bytes(plane)[at], ten(frame.layout().format)) {
        (&[low, high], Some(shift)) => u16::from_le_bytes([low, high]) >> shift & 1023,
        (bytes, _) => bytes[0].into(),
    }
}

/// Puts a code there; other bits of its word stay.
pub fn set_code(frame: &mut OwnedFrame, c: usize, x: usize, y: usize, code: u16) {
    let (plane, at) = bytes_of(frame, x, y)[c].clone();
    let shift = ten(frame.layout().format);
    match (&mut frame.bytes_mut(plane)[at], shift) {
        ([low, high], Some(shift)) => {
            let rest = u16::from_le_bytes([*low, *high]) & !(1023 << shift);
            [*low, *high] = (rest | code.min(1023) << shift).to_le_bytes();
        }
        (bytes, _) => bytes[0] = code.min(255) as u8,
    }
}

/// Every pixel of every component: component, x, y.
pub fn places(frame: &OwnedFrame) -> impl Iterator<Item = (usize, usize, usize)> + use<> {
    let Layout { width, height, .. } = *frame.layout();
    (0..3).flat_map(move |c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, x, y))))
}

/// Pixels, across and down, that share a chroma sample.
pub fn shared(format: PixelFormat) -> (usize, usize) {
    use PixelFormat as P;
    match format {
        P::I420 | P::Yv12 | P::Nv12 | P::Nv21 | P::P010 | P::I420Ten => (2, 2),
        P::Yuy2 | P::Uyvy | P::Y42b | P::I422Ten => (2, 1),
        P::Y444 | P::Y444Ten | P::Rgba | P::Bgra | P::Rgbx | P::Bgrx | P::Rgb | P::Bgr => (1, 1),
    }
}

/// Component `c` at sample (x, y) of its own grid.
fn sample(frame: &OwnedFrame, c: usize, x: usize, y: usize) -> f64 {
    let (sx, sy) = if c == 0 { (1, 1) } else { shared(frame.layout().format) };
    f64::from(code(frame, c, x * sx, y * sy))
}

/// A bilinear tap of component `c` at frame position (x, y), or `outside` out of the frame.
pub fn tap(frame: &OwnedFrame, c: usize, x: f64, y: f64, outside: f64) -> f64 {
    let Layout { width, height, format, .. } = *frame.layout();
    if x < 0.0 || y < 0.0 || x >= width as f64 || y >= height as f64 {
        return outside;
    }
    let (sx, sy) = if c == 0 { (1, 1) } else { shared(format) };
    let (w, h) = (width.div_ceil(sx), height.div_ceil(sy));
    bilinear(w, h, x / sx as f64 - 0.5, y / sy as f64 - 0.5, |i, j| sample(frame, c, i, j))
}

/// Between the samples of a picture of w×h at (x, y), whose first sample is at 0, edges repeated.
pub fn bilinear(w: usize, h: usize, x: f64, y: f64, at: impl Fn(usize, usize) -> f64) -> f64 {
    let (x, y) = (x.clamp(0.0, (w - 1) as f64), y.clamp(0.0, (h - 1) as f64));
    let (i, j) = (x.floor() as usize, y.floor() as usize);
    let (fx, fy) = (x - x.floor(), y - y.floor());
    let (right, below) = ((i + 1).min(w - 1), (j + 1).min(h - 1));
    (at(i, j) * (1.0 - fx) + at(right, j) * fx) * (1.0 - fy) + (at(i, below) * (1.0 - fx) + at(right, below) * fx) * fy
}

/// Luma weights and code scale: red's and blue's weight; black, luma's span, chroma's span.
fn colour(layout: &Layout) -> ([f64; 2], [f64; 3]) {
    let weights = match layout.matrix {
        Matrix::Bt601 => [0.299, 0.114],
        Matrix::Bt709 => [0.2126, 0.0722],
        Matrix::Bt2020 => [0.2627, 0.0593],
    };
    let scale = match (layout.range, ten(layout.format)) {
        (Span::Full, None) => [0.0, 255.0, 255.0],
        (Span::Limited, None) => [16.0, 219.0, 224.0],
        (Span::Full, Some(_)) => [0.0, 1023.0, 1023.0],
        (Span::Limited, Some(_)) => [64.0, 876.0, 896.0],
    };
    (weights, scale)
}

/// Code values of red, green, blue (0..1), not rounded.
pub fn to_codes(layout: &Layout, [r, g, b]: [f64; 3]) -> [f64; 3] {
    if !layout.format.is_yuv() {
        return [r * 255.0, g * 255.0, b * 255.0];
    }
    let ([kr, kb], [black, luma, chroma]) = colour(layout);
    let y = kr * r + (1.0 - kr - kb) * g + kb * b;
    let grey = 128.0 * f64::from(unit(layout.format));
    [black + luma * y, grey + chroma * (b - y) / (2.0 * (1.0 - kb)), grey + chroma * (r - y) / (2.0 * (1.0 - kr))]
}

/// Red, green, blue (not clamped) of code values.
pub fn from_codes(layout: &Layout, [y, u, v]: [f64; 3]) -> [f64; 3] {
    if !layout.format.is_yuv() {
        return [y / 255.0, u / 255.0, v / 255.0];
    }
    let ([kr, kb], [black, luma, chroma]) = colour(layout);
    let grey = 128.0 * f64::from(unit(layout.format));
    let (y, cb, cr) = ((y - black) / luma, (u - grey) / chroma, (v - grey) / chroma);
    let (r, b) = (y + 2.0 * (1.0 - kr) * cr, y + 2.0 * (1.0 - kb) * cb);
    [r, (y - kr * r - kb * b) / (1.0 - kr - kb), b]
}

/// Paints the frame with `rgb(x, y)` (0..1) at pixel middles, chroma averaged over the pixels that share it.
pub fn paint(frame: &mut OwnedFrame, rgb: impl Fn(f64, f64) -> [f64; 3]) {
    let layout = *frame.layout();
    let code = |x: usize, y: usize| to_codes(&layout, rgb(x as f64 + 0.5, y as f64 + 0.5));
    for y in 0..layout.height {
        for x in 0..layout.width {
            for c in 0..3 {
                let (sx, sy) = if c == 0 { (1, 1) } else { shared(layout.format) };
                let (x0, y0) = (x / sx * sx, y / sy * sy);
                let (mut sum, mut count) = (0.0, 0.0);
                for py in y0..(y0 + sy).min(layout.height) {
                    for px in x0..(x0 + sx).min(layout.width) {
                        sum += code(px, py)[c];
                        count += 1.0;
                    }
                }
                set_code(frame, c, x, y, (sum / count).round() as u16);
            }
        }
    }
}

/// A colourful picture without sharp edges.
pub fn smooth(x: f64, y: f64) -> [f64; 3] {
    [
        0.5 + 0.3 * (x / 23.0).sin() * (y / 31.0).cos(),
        0.45 + 0.25 * (x / 37.0 + y / 19.0).sin(),
        0.4 + 0.3 * (y / 29.0 - x / 41.0).cos(),
    ]
}

/// A network's pictures.
pub struct Face {
    pub resolution: usize,
    pub driver: Vec<f32>,
    pub face: Vec<f32>,
    pub driver_mask: Vec<f32>,
    pub face_mask: Vec<f32>,
}

impl Face {
    /// Noise as pictures; masks are 1 inside an ellipse with a soft edge.
    pub fn new(resolution: usize, seed: u32) -> Self {
        let mut noise = Noise::new(seed);
        let mut picture = || (0..resolution * resolution * 3).map(|_| noise.unit()).collect::<Vec<_>>();
        let (driver, face) = (picture(), picture());
        let side = resolution as f32;
        let oval = |wide: f32| {
            (0..resolution * resolution)
                .map(|n| {
                    let (x, y) = ((n % resolution) as f32 + 0.5, (n / resolution) as f32 + 0.5);
                    let d = ((x / side - 0.5) / wide).hypot((y / side - 0.52) / 0.42);
                    ((1.0 - d) * 8.0).clamp(0.0, 1.0)
                })
                .collect::<Vec<_>>()
        };
        Self { resolution, driver, face, driver_mask: oval(0.36), face_mask: oval(0.38) }
    }

    pub fn generated(&self) -> Generated<'_> {
        Generated {
            resolution: self.resolution,
            driver: &self.driver,
            face: &self.face,
            driver_mask: &self.driver_mask,
            face_mask: &self.face_mask,
        }
    }
}

/// Takes the square of `side` frame pixels about `centre`, turned by `angle`, to the unit square.
pub fn to_crop(centre: Point, side: f32, angle: f32) -> Similarity {
    Similarity::taking(centre, Point::new(0.5, 0.5), 1.0 / side, angle)
}

/// No mask, filter or colour change at all.
pub fn plain() -> BlendSettings {
    BlendSettings {
        driver_mask: false,
        generated_mask: false,
        hull_mask: false,
        erode: 0.0,
        blur: 0.0,
        color_transfer: ColorTransfer::None,
        ..BlendSettings::default()
    }
}

/// The frame, to read.
pub fn view(frame: &OwnedFrame) -> Frame<'_> {
    frame.frame().unwrap()
}

/// The largest distance between two pictures of the same size.
pub fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Bytes that may change: of pixels with a mask, and of those that share chroma with them. All others must not.
pub fn assert_untouched_outside(before: &OwnedFrame, after: &OwnedFrame, place: &Similarity) {
    let Layout { format, width, height, .. } = *before.layout();
    let mut allowed: Vec<Vec<bool>> = (0..3).map(|plane| vec![false; before.bytes(plane).len()]).collect();
    for y in 0..height {
        for x in 0..width {
            let p = place.apply(Point::new(x as f32 + 0.5, y as f32 + 0.5));
            if (-1e-3..=1.001).contains(&p.x) && (-1e-3..=1.001).contains(&p.y) {
                for (plane, at) in bytes_of(before, x, y) {
                    allowed[plane][at].fill(true);
                }
            }
        }
    }
    for (plane, allowed) in allowed.iter().enumerate().take(format.planes()) {
        for (at, (a, b)) in before.bytes(plane).iter().zip(after.bytes(plane)).enumerate() {
            assert!(a == b || allowed[at], "{:?} plane {plane} byte {at}", before.layout());
        }
    }
}
