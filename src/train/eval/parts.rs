//! Eyes and mouth by themselves: a whole face's figures hide them, and they are what one looks at.

use super::picture::{Picture, Square, masked_mean};
use super::similarity::ssim;
use crate::frame::Frame;
use crate::geometry::{Point, Rect};

/// Rows of the mesh along the lids, the subject's right eye first, corners included.
const EYES: [[usize; 16]; 2] = [
    [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246],
    [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466],
];
/// Rows of the mesh along the outer edge of the lips.
const LIPS: [usize; 20] = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185];
/// How much larger than the contour a box is: lashes, and the shadow of the lips.
const MARGIN: f32 = 1.3;
/// Least height of a box as a part of its width: a closed eye is as large as an open one, and a closed mouth has lips.
const FLATTEST: f32 = 0.5;
/// How much more than the box is cut out, for windows that reach over its edge.
const AROUND: f32 = 1.3;

/// The boxes of right eye, left eye and mouth in frame px; `None` for a mesh with too few points.
pub fn boxes(landmarks: &[Point]) -> Option<[Rect; 3]> {
    let about = |rows: &[usize]| {
        let points: Option<Vec<Point>> = rows.iter().map(|&row| landmarks.get(row).copied()).collect();
        let tight = Rect::around(&points?);
        let centre = tight.centre();
        let (w, h) = (MARGIN * tight.w, MARGIN * tight.h.max(FLATTEST * tight.w));
        Some(Rect { x: centre.x - w / 2.0, y: centre.y - h / 2.0, w, h })
    };
    Some([about(&EYES[0])?, about(&EYES[1])?, about(&LIPS)?])
}

/// The square about a box, and the box within it: 1 inside, else 0.
pub fn piece(part: &Rect) -> (Square, Vec<f32>) {
    let square = Square::about(part, AROUND);
    let step = 1.0 / square.side as f32;
    let inside = |n: usize| {
        let (i, j) = ((n % square.side) as f32 + 0.5, (n / square.side) as f32 + 0.5);
        let p = square.to_frame.apply(Point::new(i * step, j * step));
        p.x >= part.x && p.x < part.x + part.w && p.y >= part.y && p.y < part.y + part.h
    };
    let mask = (0..square.side * square.side).map(|n| f32::from(u8::from(inside(n)))).collect();
    (square, mask)
}

/// How unlike one part is to the truth's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unlike {
    /// Mean absolute difference of red, green and blue, codes (0..255).
    pub difference: f32,
    /// SSIM of luma.
    pub ssim: f32,
}

/// Compares one part of two frames; `None` for an empty box.
pub fn unlike(output: &Frame<'_>, truth: &Frame<'_>, part: &Rect) -> Option<Unlike> {
    let (square, mask) = piece(part);
    compare(&square.cut(output), &square.cut(truth), &mask)
}

fn compare(output: &Picture, truth: &Picture, mask: &[f32]) -> Option<Unlike> {
    let pixels = output.bgr.chunks_exact(3).zip(truth.bgr.chunks_exact(3));
    let apart = pixels.map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / 3.0);
    let difference = 255.0 * masked_mean(apart, mask)?;
    Some(Unlike { difference, ssim: ssim(&output.luma(), &truth.luma(), output.side, mask)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_eye_has_a_box_too_and_only_the_box_counts() {
        let mut landmarks = vec![Point::default(); 478];
        for (i, row) in EYES[0].into_iter().enumerate() {
            landmarks[row] = Point::new(100.0 + 2.5 * i as f32, 50.0);
        }
        let [right, ..] = boxes(&landmarks).unwrap_or_default();
        assert!((right.w - 48.75).abs() < 0.01 && (right.h - 24.375).abs() < 0.01, "{right:?}");
        assert!((right.centre().y - 50.0).abs() < 0.01);
        assert!(boxes(&landmarks[..100]).is_none());

        let (square, mask) = piece(&right);
        let part = mask.iter().sum::<f32>() / mask.len() as f32;
        assert!((0.25..0.35).contains(&part), "{part}");
        let n = square.side * square.side;
        let grey = Picture { side: square.side, bgr: vec![0.5; 3 * n] };
        // Outside of the box by a lot, inside by a fifth.
        let bgr = (0..3 * n).map(|i| if mask[i / 3] > 0.0 { 0.7 } else { 0.0 }).collect();
        let other = Picture { side: square.side, bgr };
        let found = compare(&grey, &other, &mask);
        assert!(found.is_some_and(|found| (found.difference - 51.0).abs() < 0.01 && found.ssim < 0.95), "{found:?}");
    }
}
