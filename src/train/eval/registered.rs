//! How far a picture lies from where it should, and how like it would be if it did not.

use super::similarity::{blurred, halved, ssim};
use crate::face::FaceType;
use crate::geometry::Point;

/// The unit of every length in the table: a pixel of a full-face crop of 160 px, in canonical units; a hundredth of the
/// way from the brows to the mouth.
pub const CROP_PX: f32 = FaceType::Full.coverage() / 160.0;
/// The farthest shift that is looked for, in [`CROP_PX`].
const FARTHEST: f32 = 16.0;
/// Side of the picture in which whole pixels are tried.
const COARSE: usize = 96;
/// Blur before positions are refined: standard deviation and reach in px.
const BLUR: (f32, usize) = (1.1, 2);

/// A picture held against the truth after its best shift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Registered {
    /// How far the picture lies to the right and below of the truth, in px of the pictures.
    pub shift: Point,
    /// SSIM of the picture moved back by it.
    pub ssim: f32,
}

/// Moves `picture` by the shift that lays it best onto `truth`, and measures again. Both are luma, 0..1, of `side`² px;
/// `unit` is the length of [`CROP_PX`] in px. `None` where the mask covers nothing.
pub fn registered(picture: &[f32], truth: &[f32], side: usize, mask: &[f32], unit: f32) -> Option<Registered> {
    let shift = best_shift(picture, truth, side, mask, FARTHEST * unit)?;
    let moved = shifted(picture, side, shift);
    Some(Registered { shift, ssim: ssim(&moved, truth, side, mask)? })
}

/// The shift within `reach` px after which `picture` correlates most with `truth` under the mask: of whole pixels in
/// small pictures, then refined from scale to scale.
///
/// The criterion is that of G. D. Evangelidis, E. Z. Psarakis, "Parametric image alignment using enhanced correlation
/// coefficient maximization", PAMI 30(10), 2008, for a translation: brightness and contrast do not count. A step solves
/// `truth = gain · picture + bias + gain · (dx, dy) · gradient` for all four by least squares.
pub fn best_shift(picture: &[f32], truth: &[f32], side: usize, mask: &[f32], reach: f32) -> Option<Point> {
    let mut levels = vec![Level::new(picture.to_vec(), truth.to_vec(), mask.to_vec(), side)];
    while let Some(last) = levels.last().filter(|level| level.side > COARSE) {
        let next = last.half();
        levels.push(next);
    }
    let mut scale = (1usize << (levels.len() - 1)) as f32;
    let mut shift = levels.last()?.whole_pixels((reach / scale).ceil() as i32)?;
    for (i, level) in levels.iter().rev().enumerate() {
        if i > 0 {
            shift = Point::new(2.0 * shift.x, 2.0 * shift.y);
            scale /= 2.0;
        }
        shift = level.refined(shift, reach / scale + 1.0);
    }
    Some(shift)
}

/// `picture` moved back by `shift` px: what lay to the right and below by it comes home. Catmull-Rom between pixels,
/// which hardly blurs; edge samples repeated.
pub fn shifted(picture: &[f32], side: usize, shift: Point) -> Vec<f32> {
    let (wx, fx) = (shift.x.floor(), shift.x - shift.x.floor());
    let (wy, fy) = (shift.y.floor(), shift.y - shift.y.floor());
    let weights = |t: f32| {
        let (t2, t3) = (t * t, t * t * t);
        [-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, 0.5 * (t3 - t2)]
    };
    let (across, down) = (weights(fx), weights(fy));
    let last = side as i64 - 1;
    let place = |i: usize, whole: f32, k: usize| (i as i64 + whole as i64 + k as i64 - 1).clamp(0, last) as usize;
    let mut rows = vec![0.0; picture.len()];
    for (row, out) in picture.chunks_exact(side).zip(rows.chunks_exact_mut(side)) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = across.iter().enumerate().map(|(k, w)| w * row[place(i, wx, k)]).sum();
        }
    }
    let mut moved = vec![0.0; picture.len()];
    for (j, out) in moved.chunks_exact_mut(side).enumerate() {
        for (k, w) in down.iter().enumerate() {
            let from = place(j, wy, k) * side;
            out.iter_mut().zip(&rows[from..from + side]).for_each(|(out, v)| *out += w * v);
        }
    }
    moved
}

/// Both pictures at one scale.
struct Level {
    side: usize,
    picture: Vec<f32>,
    truth: Vec<f32>,
    mask: Vec<f32>,
    /// The picture and the truth, blurred.
    smooth: [Vec<f32>; 2],
}

impl Level {
    fn new(picture: Vec<f32>, truth: Vec<f32>, mask: Vec<f32>, side: usize) -> Self {
        let smooth = [blurred(&picture, side, BLUR), blurred(&truth, side, BLUR)];
        Self { side, picture, truth, mask, smooth }
    }

    fn half(&self) -> Self {
        let half = |values: &[f32]| halved(values, self.side);
        Self::new(half(&self.picture), half(&self.truth), half(&self.mask), self.side / 2)
    }

    /// Pixels of the mask: x, y, and the truth there.
    fn inside(&self) -> impl Iterator<Item = (usize, usize, f32)> + '_ {
        let there = self.mask.iter().enumerate().filter(|(_, mask)| **mask > 0.5);
        there.map(|(n, _)| (n % self.side, n / self.side, self.smooth[1][n]))
    }

    /// The whole shift within `reach` with the highest correlation; of two equals the shorter.
    fn whole_pixels(&self, reach: i32) -> Option<Point> {
        let inside: Vec<(usize, usize, f32)> = self.inside().collect();
        let last = self.side as i32 - 1;
        let correlation = |dx: i32, dy: i32| {
            let at = |x: usize, d: i32| (x as i32 + d).clamp(0, last) as usize;
            let (mut n, mut a, mut b, mut aa, mut bb, mut ab) = (0f64, 0f64, 0f64, 0f64, 0f64, 0f64);
            for &(x, y, truth) in &inside {
                let (p, t) = (f64::from(self.smooth[0][at(y, dy) * self.side + at(x, dx)]), f64::from(truth));
                (n, a, b, aa, bb, ab) = (n + 1.0, a + p, b + t, aa + p * p, bb + t * t, ab + p * t);
            }
            let (va, vb) = (aa - a * a / n, bb - b * b / n);
            (ab - a * b / n) / (va * vb).max(1e-12).sqrt()
        };
        let mut tried: Vec<(i32, i32)> = (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (x, y))).collect();
        tried.sort_by_key(|(x, y)| x * x + y * y);
        let first = (f64::NEG_INFINITY, (0, 0));
        let best = tried.into_iter().fold(first, |best, (x, y)| {
            let found = correlation(x, y);
            if found > best.0 + 1e-9 { (found, (x, y)) } else { best }
        });
        (!inside.is_empty()).then_some(Point::new(best.1.0 as f32, best.1.1 as f32))
    }

    /// Steps from `start` to where the correlation no longer rises, within `reach`.
    fn refined(&self, start: Point, reach: f32) -> Point {
        const STEPS: usize = 12;
        let mut shift = start;
        for _ in 0..STEPS {
            let Some((dx, dy)) = self.step(shift) else { return start };
            let (dx, dy) = (dx.clamp(-1.0, 1.0), dy.clamp(-1.0, 1.0));
            shift = Point::new(shift.x + dx, shift.y + dy);
            if shift.x.abs() > reach || shift.y.abs() > reach {
                return start;
            }
            if dx.hypot(dy) < 0.005 {
                break;
            }
        }
        shift
    }

    /// Least squares for gain, bias and the rest of the shift.
    fn step(&self, shift: Point) -> Option<(f32, f32)> {
        let last = self.side as f32 - 1.001;
        let (mut normal, mut right) = ([[0f64; 4]; 4], [0f64; 4]);
        for (x, y, truth) in self.inside() {
            let (px, py) = (x as f32 + shift.x, y as f32 + shift.y);
            if px < 1.0 || py < 1.0 || px > last - 1.0 || py > last - 1.0 {
                continue;
            }
            let at = |dx: f32, dy: f32| bilinear(&self.smooth[0], self.side, px + dx, py + dy);
            let gradient = [(at(1.0, 0.0) - at(-1.0, 0.0)) / 2.0, (at(0.0, 1.0) - at(0.0, -1.0)) / 2.0];
            let row = [at(0.0, 0.0), 1.0, gradient[0], gradient[1]].map(f64::from);
            for i in 0..4 {
                right[i] += row[i] * f64::from(truth);
                for j in 0..4 {
                    normal[i][j] += row[i] * row[j];
                }
            }
        }
        let [gain, _, x, y] = solved(normal, right)?;
        (gain > 0.05).then_some(((x / gain) as f32, (y / gain) as f32))
    }
}

/// Between the four pixels about (x, y), in px from the middle of the first one; within the picture.
pub(super) fn bilinear(values: &[f32], side: usize, x: f32, y: f32) -> f32 {
    let last = side as f32 - 1.0;
    let (x, y) = (x.clamp(0.0, last), y.clamp(0.0, last));
    let (i, j) = ((x as usize).min(side - 2), (y as usize).min(side - 2));
    let (fx, fy) = (x - i as f32, y - j as f32);
    let at = j * side + i;
    let (top, below) = (&values[at..at + 2], &values[at + side..at + side + 2]);
    let (a, b) = (top[0] + (top[1] - top[0]) * fx, below[0] + (below[1] - below[0]) * fx);
    a + (b - a) * fy
}

/// Gauss-Jordan with pivots; `None` where the equations do not determine everything.
fn solved(mut m: [[f64; 4]; 4], mut b: [f64; 4]) -> Option<[f64; 4]> {
    for i in 0..4 {
        let pivot = (i..4).max_by(|&p, &q| m[p][i].abs().total_cmp(&m[q][i].abs()))?;
        (m[i], m[pivot]) = (m[pivot], m[i]);
        b.swap(i, pivot);
        if m[i][i].abs() < 1e-9 {
            return None;
        }
        let (row, right) = (m[i], b[i]);
        for k in (0..4).filter(|&k| k != i) {
            let factor = m[k][i] / row[i];
            m[k].iter_mut().zip(row).for_each(|(value, above)| *value -= factor * above);
            b[k] -= factor * right;
        }
    }
    Some(std::array::from_fn(|i| b[i] / m[i][i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture without periods that lies `by` px to the right and below, and is `gain` as bright.
    fn blobs(side: usize, by: Point, gain: f32) -> Vec<f32> {
        let at = |n: usize| {
            let (x, y) = ((n % side) as f32 - by.x, (n / side) as f32 - by.y);
            let blob = |cx: f32, cy: f32, r: f32| (-((x - cx).powi(2) + (y - cy).powi(2)) / (r * r)).exp();
            let s = side as f32;
            0.4 + 0.3 * blob(0.35 * s, 0.4 * s, 0.07 * s) + 0.2 * blob(0.6 * s, 0.55 * s, 0.1 * s)
                - 0.3 * blob(0.5 * s, 0.7 * s, 0.05 * s)
        };
        (0..side * side).map(|n| gain * at(n)).collect()
    }

    fn middle(side: usize) -> Vec<f32> {
        let inside = |v: usize| v > side / 5 && v < side - side / 5;
        (0..side * side).map(|n| f32::from(u8::from(inside(n % side) && inside(n / side)))).collect()
    }

    #[test]
    fn a_shifted_copy_gives_the_shift_and_is_alike_once_moved_back() {
        for (side, by) in [(90, Point::new(2.3, -3.6)), (260, Point::new(-9.4, 12.7)), (64, Point::new(0.0, 0.0))] {
            let (truth, mask) = (blobs(side, Point::default(), 1.0), middle(side));
            let picture = blobs(side, by, 1.0);
            let found = registered(&picture, &truth, side, &mask, side as f32 / 160.0);
            let found = found.unwrap_or(Registered { shift: Point::new(99.0, 99.0), ssim: 0.0 });
            assert!(found.shift.distance(by) < 0.1, "{side}: {found:?} for {by:?}");
            assert!(found.ssim > 0.998, "{found:?}");
        }
        // The shift is what makes the difference.
        let (truth, picture) = (blobs(90, Point::default(), 1.0), blobs(90, Point::new(5.0, 4.0), 1.0));
        assert!(ssim(&picture, &truth, 90, &middle(90)).is_some_and(|plain| plain < 0.9));
    }

    #[test]
    fn brightness_and_contrast_do_not_move_it() {
        let (truth, by) = (blobs(120, Point::default(), 1.0), Point::new(4.5, -2.5));
        let found = best_shift(&blobs(120, by, 0.6), &truth, 120, &middle(120), 12.0);
        assert!(found.is_some_and(|found| found.distance(by) < 0.1), "{found:?}");
    }

    #[test]
    fn a_flat_picture_stays_and_an_empty_mask_is_none() {
        let flat = vec![0.5; 64 * 64];
        assert_eq!(best_shift(&flat, &flat, 64, &middle(64), 6.0), Some(Point::default()));
        assert_eq!(registered(&flat, &flat, 64, &vec![0.0; 64 * 64], 0.4), None);
    }
}
