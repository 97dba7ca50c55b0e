//! Another skin on the input: every tone of mankind on every head.
//!
//! Pigment absorbs, so another tone multiplies the light of each colour by a factor and keeps the shading, but for
//! highlights, which are not the pigment's. The factors take the mean of the skin in the picture to a tone that is
//! drawn evenly by its lightness. Eyes and the open mouth are not skin; lips follow for the most part.

use rand::Rng;

use super::AugmentSettings;
use super::anchors::Anchors;
use super::bounds::Bounds;
use super::box_blur::box_blur;
use super::draw::{between, chance, symmetric};
use super::picture::byte_at;
use super::source::Source;
use crate::blend::lab::{to_lab, to_rgb};
use crate::geometry::Point;

/// Tones in daylight from the darkest to the fairest: L, a, b. Their individual typology angles,
/// arctan((L − 50) / b), are −57° to 63°, the range from dark to very light (A. Chardon, I. Cretois, C. Hourseau, "Skin
/// colour typology and suntanning pathways", 1991).
const TONES: [[f32; 3]; 7] = [
    [27.0, 12.0, 15.0],
    [36.0, 14.0, 19.0],
    [44.0, 14.0, 20.5],
    [52.0, 13.0, 20.5],
    [60.0, 12.0, 19.0],
    [68.0, 9.5, 16.0],
    [76.0, 7.0, 13.0],
];
/// Most that one person's a and b differ from the tone of that lightness: more or less blood, more or less yellow.
const SPREAD: [f32; 2] = [2.5, 3.0];
/// How much of the picture's own deviation from these tones stays: it is the light's as well as the person's.
const KEPT: f32 = 0.35;
/// Factors of encoded values, at most: a face in the dark must not become noise.
const FACTORS: (f32, f32) = (0.15, 8.0);
/// How much of a highlight stays when skin becomes darker; when it becomes fairer, white stays white.
const GLOSS: f32 = 0.35;
/// Widest fall towards the face's edge, over the crop's side. A mask that ends on the forehead needs a wide one;
/// where it ends with the face, a rim of the old skin would show, so half of the edges are narrow.
const FALL: f32 = 0.06;
/// How much lips change with the skin.
const LIPS: f32 = 0.9;
/// Every so many pixels along both axes make the mean.
const STRIDE: usize = 4;
/// Softness of the edges of eyes and mouth, over the crop's side.
const SOFT: f32 = 0.015;

/// Gives the face in `planes` (blue, green, red, 0..1) another skin, where that is drawn. `places` has the point of the
/// source for each pixel, `mask` the face; `weights` is a buffer.
pub(super) fn change(
    settings: &AugmentSettings,
    source: &Source,
    (places, mask): (&[Point], &[f32]),
    planes: &mut [f32],
    rng: &mut impl Rng,
    [weights, buffer]: &mut [Vec<f32>; 2],
) {
    let drawn = chance(rng, settings.skin_chance);
    let lightness = between(rng, TONES[0][0], TONES[TONES.len() - 1][0]);
    let spread = SPREAD.map(|most| most * symmetric(rng));
    let fall = FALL * symmetric(rng);
    if !drawn || settings.skin <= 0.0 {
        return;
    }
    let side = mask.len().isqrt();
    edge(mask, side, (fall * side as f32).round() as usize, weights, buffer);
    part(source, places, weights);
    let Some(own) = mean(planes, weights, side) else { return };
    let target = target(own, lightness, spread, settings.skin);
    for ((plane, own), target) in planes.chunks_exact_mut(mask.len()).zip(own).zip(target) {
        let Curve { factor, bend } = Curve::through(own, target);
        for (value, weight) in plane.iter_mut().zip(&*weights) {
            let new = factor * *value / (1.0 + bend * *value);
            *value = (*value + weight * (new - *value)).clamp(0.0, 1.0);
        }
    }
}

/// `factor · v / (1 + bend · v)`: a factor in the dark, less of a change in the light.
struct Curve {
    factor: f32,
    bend: f32,
}

impl Curve {
    /// That takes the value `from` to `to`, as far as [`FACTORS`] lets it.
    fn through(from: f32, to: f32) -> Self {
        let kept = if to > from { 1.0 } else { GLOSS };
        let factor = to * (1.0 - kept * from) / (from * (1.0 - kept * to));
        let factor = factor.clamp(FACTORS.0, FACTORS.1);
        Self { factor, bend: (factor - 1.0) * kept }
    }
}

/// Fills `weights` with the mask: whole to its very edge, or falling within `reach` pixels of it.
fn edge(mask: &[f32], side: usize, reach: usize, weights: &mut Vec<f32>, buffer: &mut Vec<f32>) {
    weights.clear();
    if reach == 0 {
        weights.extend(mask.iter().map(|face| (2.0 * face).min(1.0)));
        return;
    }
    weights.extend_from_slice(mask);
    box_blur(weights, side, reach, buffer);
    // The mean is a half where a straight edge is.
    for (weight, face) in weights.iter_mut().zip(mask) {
        *weight = face * (2.0 * *weight - 1.0).clamp(0.0, 1.0);
    }
}

/// Takes what is not skin from `weights`.
fn part(source: &Source, places: &[Point], weights: &mut [f32]) {
    let Some(Anchors { eyes: [right, left], lips, mouth, .. }) = source.anchors() else {
        for (weight, &p) in weights.iter_mut().zip(places) {
            *weight *= 1.0 - byte_at(source.priority(), source.side(), p);
        }
        return;
    };
    for (part, change) in [(right, 0.0), (left, 0.0), (mouth, 0.0), (lips, LIPS)] {
        let within = Bounds::around(&part.points(), SOFT);
        for (weight, &p) in weights.iter_mut().zip(places) {
            if within.holds(p) {
                *weight *= 1.0 - (1.0 - change) * part.cover(p, SOFT);
            }
        }
    }
}

/// Mean blue, green and red of the skin; `None` where there is hardly any.
fn mean(planes: &[f32], weights: &[f32], side: usize) -> Option<[f32; 3]> {
    let (mut sum, mut total) = ([0.0; 3], 0.0);
    for j in (STRIDE / 2..side).step_by(STRIDE) {
        for n in (STRIDE / 2..side).step_by(STRIDE).map(|i| j * side + i) {
            total += weights[n];
            for (sum, plane) in sum.iter_mut().zip(planes.chunks_exact(weights.len())) {
                *sum += weights[n] * plane[n];
            }
        }
    }
    (total > 1.0).then(|| sum.map(|sum| (sum / total).clamp(1e-3, 0.98)))
}

/// Blue, green and red of skin of the mean colour `own` that went as far as `share` towards the tone of this lightness.
fn target(own: [f32; 3], lightness: f32, spread: [f32; 2], share: f32) -> [f32; 3] {
    let [blue, green, red] = own;
    let [l, a, b] = to_lab([red, green, blue]);
    let lightness = l + share * (lightness - l);
    let (here, there) = (tone(l), tone(lightness));
    // Differences of colour shrink with the light.
    let kept = KEPT * (lightness / l.max(1.0)).min(1.0);
    let lab = [lightness, there[0] + kept * (a - here[0]) + spread[0], there[1] + kept * (b - here[1]) + spread[1]];
    let [r, g, b] = to_rgb(lab);
    [b, g, r].map(|v| v.clamp(1e-3, 0.98))
}

/// a and b of skin of this lightness.
fn tone(lightness: f32) -> [f32; 2] {
    let above = TONES.partition_point(|tone| tone[0] < lightness).clamp(1, TONES.len() - 1);
    let ([l0, a0, b0], [l1, a1, b1]) = (TONES[above - 1], TONES[above]);
    let t = ((lightness - l0) / (l1 - l0)).clamp(0.0, 1.0);
    [a0 + t * (a1 - a0), b0 + t * (b1 - b0)]
}
