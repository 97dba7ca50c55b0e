//! What a lens out of focus and a small face in its frame take from the input.

use rand::Rng;

use super::AugmentSettings;
use super::draw::{between, chance};
use super::picture::value_at;
use crate::geometry::Point;

/// Buffers of both.
#[derive(Debug, Default)]
pub(super) struct FocusBuffers {
    line: Vec<f32>,
    plane: Vec<f32>,
}

/// Blurs `planes` (`side`² values each) by a Gaussian, where that is drawn.
pub(super) fn blur(
    settings: &AugmentSettings,
    planes: &mut [f32],
    side: usize,
    rng: &mut impl Rng,
    buffers: &mut FocusBuffers,
) {
    let (drawn, share) = (chance(rng, settings.blur_chance), between(rng, 0.2, 1.0));
    let sigma = share * settings.blur * side as f32;
    if !drawn || sigma < 0.1 {
        return;
    }
    let weights = gaussian(sigma, side);
    for plane in planes.chunks_exact_mut(side * side) {
        for row in plane.chunks_exact_mut(side) {
            let line = &mut buffers.line;
            line.clear();
            line.extend_from_slice(row);
            for (i, value) in row.iter_mut().enumerate() {
                *value = weights
                    .iter()
                    .enumerate()
                    .fold(0.0, |sum, (k, w)| sum + w * (line[i.saturating_sub(k)] + line[(i + k).min(side - 1)]));
            }
        }
        buffers.plane.clear();
        buffers.plane.extend_from_slice(plane);
        let rows = |j: usize| &buffers.plane[j * side..(j + 1) * side];
        for (j, out) in plane.chunks_exact_mut(side).enumerate() {
            out.fill(0.0);
            for (k, w) in weights.iter().enumerate() {
                for ((out, above), below) in
                    out.iter_mut().zip(rows(j.saturating_sub(k))).zip(rows((j + k).min(side - 1)))
                {
                    *out += w * (above + below);
                }
            }
        }
    }
}

/// Weights from the centre outwards, the centre's halved: with their mirror image they sum to 1.
fn gaussian(sigma: f32, side: usize) -> Vec<f32> {
    let radius = ((3.0 * sigma).ceil() as usize).min(side - 1);
    let mut weights: Vec<f32> = (0..=radius).map(|k| (-0.5 * (k as f32 / sigma).powi(2)).exp()).collect();
    weights[0] *= 0.5;
    let sum = 2.0 * weights.iter().sum::<f32>();
    weights.iter_mut().for_each(|w| *w /= sum);
    weights
}

/// Takes `planes` down to a smaller size and up again, where that is drawn.
pub(super) fn shrink(
    settings: &AugmentSettings,
    planes: &mut [f32],
    side: usize,
    rng: &mut impl Rng,
    buffers: &mut FocusBuffers,
) {
    let (drawn, share) = (chance(rng, settings.shrink_chance), between(rng, settings.shrink, 1.0));
    let small = ((share * side as f32).round() as usize).max(1);
    if !drawn || small >= side {
        return;
    }
    // About one tap for each pixel that is lost, evenly spread.
    let taps = side.div_ceil(small);
    let step = 1.0 / (small * taps) as f32;
    let at = |n: usize| (n as f32 + 0.5) * step;
    for plane in planes.chunks_exact_mut(side * side) {
        let shrunk = &mut buffers.plane;
        shrunk.clear();
        for j in 0..small {
            for i in 0..small {
                let mut sum = 0.0;
                for (v, u) in (0..taps).flat_map(|v| (0..taps).map(move |u| (v, u))) {
                    sum += value_at(plane, side, Point::new(at(i * taps + u), at(j * taps + v)));
                }
                shrunk.push(sum / (taps * taps) as f32);
            }
        }
        for (n, value) in plane.iter_mut().enumerate() {
            let centre = |n: usize| (n as f32 + 0.5) / side as f32;
            *value = value_at(shrunk, small, Point::new(centre(n % side), centre(n / side)));
        }
    }
}
