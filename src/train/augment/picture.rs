//! The crop as it is read: in floating point, between its pixels, and beyond its edges.

use crate::geometry::Point;

/// `side`² pixels of blue, green, red and mask, 0..1.
#[derive(Debug, Default)]
pub(super) struct Picture {
    pub(super) side: usize,
    pub(super) pixels: Vec<[f32; 4]>,
}

impl Picture {
    /// Blue, green, red and mask at `p` of the unit square, bilinear. Beyond its edges the picture goes on as its
    /// edge pixels: a face that the edge cuts goes on, and one that ends before it does not come again, as it would
    /// mirrored.
    #[inline(always)]
    pub(super) fn at(&self, p: Point) -> [f32; 4] {
        let Tap { at, right, below, fx, fy } = Tap::new(p, self.side);
        let pixel = |offset: usize| self.pixels[at + offset];
        let (a, b, c, d) = (pixel(0), pixel(right), pixel(below), pixel(below + right));
        let mut value = [0.0; 4];
        for k in 0..4 {
            let (upper, lower) = (a[k] + (b[k] - a[k]) * fx, c[k] + (d[k] - c[k]) * fx);
            value[k] = upper + (lower - upper) * fy;
        }
        value
    }
}

/// The value of a plane of `side`² bytes at `p`, as [`Picture::at`]; 0..1.
#[inline(always)]
pub(super) fn byte_at(plane: &[u8], side: usize, p: Point) -> f32 {
    let Tap { at, right, below, fx, fy } = Tap::new(p, side);
    let value = |offset: usize| f32::from(plane[at + offset]);
    let upper = value(0) + (value(right) - value(0)) * fx;
    let lower = value(below) + (value(below + right) - value(below)) * fx;
    (upper + (lower - upper) * fy) * (1.0 / 255.0)
}

/// The value of a plane of `side`² numbers at `p`, as [`Picture::at`].
#[inline(always)]
pub(super) fn value_at(plane: &[f32], side: usize, p: Point) -> f32 {
    let Tap { at, right, below, fx, fy } = Tap::new(p, side);
    let value = |offset: usize| plane[at + offset];
    let upper = value(0) + (value(right) - value(0)) * fx;
    let lower = value(below) + (value(below + right) - value(below)) * fx;
    upper + (lower - upper) * fy
}

/// Four samples and the weights between them.
struct Tap {
    /// The upper left one.
    at: usize,
    /// From it to its right neighbour.
    right: usize,
    /// From it to the one below.
    below: usize,
    fx: f32,
    fy: f32,
}

impl Tap {
    #[inline(always)]
    fn new(p: Point, side: usize) -> Self {
        let ((x, right, fx), (y, below, fy)) = (axis(p.x, side), axis(p.y, side));
        Self { at: y * side + x, right, below: below * side, fx, fy }
    }
}

/// The sample at or before `v` of the unit interval, the step to the next, and the weight of that.
#[inline(always)]
fn axis(v: f32, side: usize) -> (usize, usize, f32) {
    let last = side - 1;
    // NaN becomes 0 by the cast, and nothing is out of bounds.
    let v = (v * side as f32 - 0.5).clamp(0.0, last as f32);
    let whole = (v as i32 as usize).min(last);
    (whole, usize::from(whole < last), v - whole as f32)
}
