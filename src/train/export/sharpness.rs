//! How far drawn faces are to be sharpened to have the detail of the subject's own pictures.

use burn::tensor::Tensor;

use super::ExportError;
use super::picture::{framed, pixels};
use crate::blend::sharpen::sharpen;
use crate::frame::VideoBuffer;
use crate::geometry::{Point, Similarity};
use crate::train::eval::detail::Usual;
use crate::train::weights::Weights;
use crate::train::zoo::Network;

/// Strengths that are tried: tenths, up to so many. Beyond, the halos of edges are seen before the detail is.
const MOST: u16 = 15;

/// Crops `[N, 3, S, S]` (blue, green, red, 0..1) and the landmarks of each (unit square of the crop).
#[derive(Debug)]
pub struct Crops<'a> {
    /// The crops.
    pub pictures: &'a Tensor<4>,
    /// Their landmarks.
    pub landmarks: &'a [Vec<Point>],
}

/// The least strength of [`sharpen`], up to 1.5, with which the eyes of faces that the model draws over `drivers`
/// have as much detail as the `subject`'s own. `None` where they have it as they are, or where eyes are too small to
/// tell.
///
/// # Errors
/// [`ExportError::Crops`] for crops without pixels.
pub fn sharpness(
    network: &Network,
    weights: &Weights,
    drivers: &Crops<'_>,
    subject: &Crops<'_>,
) -> Result<Option<f32>, ExportError> {
    let mut usual = Usual::default();
    for (i, landmarks) in subject.landmarks.iter().enumerate() {
        add(&mut usual, &pixels(&subject.pictures.clone().narrow(0, i, 1)), landmarks)?;
    }
    let drawn = drivers.landmarks.iter().enumerate().map(|(i, landmarks)| {
        let crop = drivers.pictures.clone().narrow(0, i, 1);
        (pixels(&network.swap(weights, crop).face), landmarks.as_slice())
    });
    least(drawn, &usual)
}

/// The least strength with which faces, each with its landmarks, have the `usual` detail.
fn least<'a>(faces: impl Iterator<Item = (Vec<f32>, &'a [Point])>, usual: &Usual) -> Result<Option<f32>, ExportError> {
    let mut details = vec![Usual::default(); usize::from(MOST) + 1];
    let mut scratch = Vec::new();
    for (face, landmarks) in faces {
        for (tenths, detail) in (0..=MOST).zip(&mut details) {
            let mut sharp = face.clone();
            sharpen(&mut sharp, side_of(&face), strength(tenths), &mut scratch);
            add(detail, &sharp, landmarks)?;
        }
    }
    let enough = (0..=MOST).zip(&details).find(|(_, detail)| detail.over(usual).is_none_or(|share| share >= 1.0));
    let tenths = enough.map_or(MOST, |(tenths, _)| tenths);
    Ok((tenths > 0).then(|| strength(tenths)))
}

fn strength(tenths: u16) -> f32 {
    f32::from(tenths) / 10.0
}

fn side_of(pixels: &[f32]) -> usize {
    (pixels.len() / 3).isqrt()
}

fn add(detail: &mut Usual, pixels: &[f32], landmarks: &[Point]) -> Result<(), ExportError> {
    let side = side_of(pixels);
    let frame = framed(pixels, side);
    let view = frame.frame().map_err(|_| ExportError::Crops { found: [1, 3, side, side], side })?;
    let to_px = Similarity { a: side as f32, ..Similarity::IDENTITY };
    let landmarks: Vec<Point> = landmarks.iter().map(|&p| to_px.apply(p)).collect();
    detail.add(&view, &landmarks);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 128;

    /// Two eyes with hard edges, blurred so many times by [1 2 1].
    fn eyes(blurred: usize) -> Vec<f32> {
        let mut luma: Vec<f32> = (0..SIDE * SIDE)
            .map(|n| {
                let (x, y) = ((n % SIDE) as f32, (n / SIDE) as f32);
                match (x - 32.5).abs().min((x - 95.5).abs()).hypot(y - 60.5) {
                    r if r < 3.0 => 0.05,
                    r if r < 6.0 => 0.3,
                    r if r < 12.0 => 0.9,
                    _ => 0.6,
                }
            })
            .collect();
        for step in [1, SIDE].repeat(blurred) {
            let sharp = luma.clone();
            for n in SIDE..SIDE * (SIDE - 1) {
                luma[n] = (sharp[n - step] + 2.0 * sharp[n] + sharp[n + step]) / 4.0;
            }
        }
        luma.into_iter().flat_map(|v| [v; 3]).collect()
    }

    /// Landmarks whose eyes are those: all else lies at the face's edge.
    fn landmarks() -> Vec<Point> {
        let mut points: Vec<Point> = (0..468)
            .map(|n| Point::new(if n % 2 == 0 { 0.05 } else { 0.95 }, if n % 4 < 2 { 0.1 } else { 0.9 }))
            .collect();
        for (rows, x) in [
            ([33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246], 32.5),
            ([263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466], 95.5),
        ] {
            for (n, row) in (0u8..).zip(rows) {
                let angle = f32::from(n) * std::f32::consts::TAU / 16.0;
                let (dy, dx) = angle.sin_cos();
                points[row] = Point::new((x + 13.0 * dx) / SIDE as f32, (60.5 + 13.0 * dy) / SIDE as f32);
            }
        }
        points
    }

    fn asked(blurred: usize) -> Option<f32> {
        let landmarks = landmarks();
        let mut usual = Usual::default();
        add(&mut usual, &eyes(0), &landmarks).ok()?;
        least([(eyes(blurred), landmarks.as_slice())].into_iter(), &usual).ok()?
    }

    #[test]
    fn a_softer_face_asks_for_more_and_a_sharp_one_for_nothing() {
        let [sharp, soft, lost] = [0, 1, 40].map(asked);
        assert_eq!((sharp, lost), (None, Some(1.5)));
        assert!(soft > Some(0.0) && soft < lost, "{soft:?}");
    }
}
