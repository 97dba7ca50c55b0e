//! Frames, faces and slow, plain mathematics for the blend's tests.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use standin::blend::{BlendSettings, ColorTransfer};
use standin::frame::{Frame, Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
use standin::geometry::{Point, Similarity};
use standin::swap::Generated;

/// A layout with BT.709, limited range.
pub fn layout(format: PixelFormat, width: usize, height: usize) -> Layout {
    Layout { format, width, height, matrix: Matrix::Bt709, range: Range::Limited }
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

/// The byte of each component of pixel (x, y): plane, index. Y, U, V or red, green, blue.
pub fn bytes_of(frame: &OwnedFrame, x: usize, y: usize) -> [(usize, usize); 3] {
    let view = frame.frame().unwrap();
    let at = |plane: usize, row: usize, byte: usize| (plane, row * view.plane(plane).stride + byte);
    match frame.layout().format {
        PixelFormat::I420 => [at(0, y, x), at(1, y / 2, x / 2), at(2, y / 2, x / 2)],
        PixelFormat::Nv12 => [at(0, y, x), at(1, y / 2, x & !1), at(1, y / 2, (x & !1) + 1)],
        PixelFormat::Yuy2 => [at(0, y, x * 2), at(0, y, (x & !1) * 2 + 1), at(0, y, (x & !1) * 2 + 3)],
        format => format.rgb_order().unwrap().map(|byte| at(0, y, x * 4 + byte)),
    }
}

/// Pixels, across and down, that share a chroma sample.
pub fn shared(format: PixelFormat) -> (usize, usize) {
    match format {
        PixelFormat::I420 | PixelFormat::Nv12 => (2, 2),
        PixelFormat::Yuy2 => (2, 1),
        _ => (1, 1),
    }
}

/// Component `c` at sample (x, y) of its own grid.
fn sample(frame: &OwnedFrame, c: usize, x: usize, y: usize) -> f64 {
    let (sx, sy) = if c == 0 { (1, 1) } else { shared(frame.layout().format) };
    let (plane, at) = bytes_of(frame, x * sx, y * sy)[c];
    f64::from(frame.bytes(plane)[at])
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
    };
    let scale = match layout.range {
        Range::Full => [0.0, 255.0, 255.0],
        Range::Limited => [16.0, 219.0, 224.0],
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
    [black + luma * y, 128.0 + chroma * (b - y) / (2.0 * (1.0 - kb)), 128.0 + chroma * (r - y) / (2.0 * (1.0 - kr))]
}

/// Red, green, blue (not clamped) of code values.
pub fn from_codes(layout: &Layout, [y, u, v]: [f64; 3]) -> [f64; 3] {
    if !layout.format.is_yuv() {
        return [y / 255.0, u / 255.0, v / 255.0];
    }
    let ([kr, kb], [black, luma, chroma]) = colour(layout);
    let (y, cb, cr) = ((y - black) / luma, (u - 128.0) / chroma, (v - 128.0) / chroma);
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
                let (plane, at) = bytes_of(frame, x, y)[c];
                frame.bytes_mut(plane)[at] = (sum / count).round() as u8;
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
