//! The crop as it is read: in floating point, between its pixels, and beyond its edges.

use crate::geometry::Point;

/// `side`² pixels of blue, green, red and mask, 0..1.
#[derive(Debug, Default)]
pub(super) struct Picture {
    pub(super) side: usize,
    pub(super) pixels: Vec<[f32; 4]>,
}

impl Picture {
    /// Blue, green, red and mask at `p` of the unit square, bilinear; the picture goes on mirrored beyond its edges.
    #[inline]
    pub(super) fn at(&self, p: Point) -> [f32; 4] {
        let Tap { at, right, below, fx, fy } = Tap::new(p, self.side);
        let (top, bottom) = (&self.pixels[at..], &self.pixels[at + below..]);
        let (a, b, c, d) = (top[0], top[right], bottom[0], bottom[right]);
        let mut value = [0.0; 4];
        for k in 0..4 {
            let (upper, lower) = (a[k] + (b[k] - a[k]) * fx, c[k] + (d[k] - c[k]) * fx);
            value[k] = upper + (lower - upper) * fy;
        }
        value
    }
}

/// The value of a plane of `side`² bytes at `p`, as [`Picture::at`]; 0..1.
#[inline]
pub(super) fn byte_at(plane: &[u8], side: usize, p: Point) -> f32 {
    let Tap { at, right, below, fx, fy } = Tap::new(p, side);
    let value = |offset: usize| f32::from(plane[at + offset]);
    let upper = value(0) + (value(right) - value(0)) * fx;
    let lower = value(below) + (value(below + right) - value(below)) * fx;
    (upper + (lower - upper) * fy) * (1.0 / 255.0)
}

/// The value of a plane of `side`² numbers at `p`, as [`Picture::at`].
#[inline]
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
    #[inline]
    fn new(p: Point, side: usize) -> Self {
        let ((x, right, fx), (y, below, fy)) = (axis(p.x, side), axis(p.y, side));
        Self { at: y * side + x, right, below: below * side, fx, fy }
    }
}

/// The sample at or before `v` of the unit interval, the step to the next, and the weight of that.
#[inline]
fn axis(v: f32, side: usize) -> (usize, usize, f32) {
    let length = side as f32;
    let mut v = v * length;
    if !(0.0..=length).contains(&v) {
        let turn = v.rem_euclid(2.0 * length);
        v = if turn <= length { turn } else { 2.0 * length - turn };
    }
    // NaN becomes 0 by the cast, so that nothing is out of bounds.
    let v = (v - 0.5).clamp(0.0, length - 1.0);
    let whole = (v as usize).min(side - 1);
    (whole, usize::from(whole + 1 < side), v - whole as f32)
}
