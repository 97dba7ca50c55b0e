//! Another light on the whole picture, common to input and target: tone curve, light from one side, the edge of a
//! shadow.

use rand::Rng;

use super::AugmentSettings;
use super::draw::{between, chance, factor, symmetric};

/// Exponent that takes a factor of light to one of encoded values, about.
const ENCODING: f32 = 1.0 / 2.2;

/// The light of one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    /// Exponent of the tone curve.
    gamma: f32,
    /// Stops that are gained from the middle of the crop to its right and its lower edge.
    slope: Option<[f32; 2]>,
    shadow: Option<Shadow>,
}

/// Less light on one side of a soft line.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shadow {
    /// Points into the shadow.
    normal: [f32; 2],
    /// Of the line from the middle of the crop.
    offset: f32,
    /// Of the edge.
    width: f32,
    /// Factor of encoded values within.
    floor: f32,
}

impl Light {
    /// Draws one.
    pub fn draw(settings: &AugmentSettings, rng: &mut impl Rng) -> Self {
        let gamma = if chance(rng, settings.gamma_chance) { factor(rng, settings.gamma) } else { 1.0 };
        let slope = chance(rng, settings.light_chance)
            .then(|| direction(rng).map(|d| d * settings.light * symmetric(rng).abs()));
        let shadow = chance(rng, settings.shadow_chance).then(|| Shadow {
            normal: direction(rng),
            offset: 0.3 * symmetric(rng),
            width: between(rng, 0.02, 0.3),
            floor: (-between(rng, 0.2, 1.0) * settings.shadow * ENCODING).exp2(),
        });
        Self { gamma, slope, shadow }
    }

    /// The tone curve of bytes: 0..1.
    pub(super) fn curve(&self) -> [f32; 256] {
        std::array::from_fn(|byte| {
            let v = byte as f32 / 255.0;
            if self.gamma == 1.0 { v } else { v.powf(self.gamma) }
        })
    }

    /// Whether it differs from place to place.
    pub(super) fn is_even(&self) -> bool {
        self.slope.is_none() && self.shadow.is_none()
    }

    /// The factors of encoded values along row `j` of a crop of `side` pixels.
    pub(super) fn row(&self, j: usize, side: usize, gains: &mut [f32]) {
        let place = |i: usize| (i as f32 + 0.5) / side as f32 - 0.5;
        gains.fill(1.0);
        if let Some([sx, sy]) = self.slope {
            // From pixel to pixel the same factor: one exponential a row.
            let step = (2.0 * sx / side as f32 * ENCODING).exp2();
            let mut gain = ((2.0 * sx * place(0) + 2.0 * sy * place(j)) * ENCODING).exp2();
            for g in &mut *gains {
                *g = gain;
                gain *= step;
            }
        }
        if let Some(Shadow { normal: [nx, ny], offset, width, floor }) = self.shadow {
            let y = ny * place(j) - offset;
            for (i, g) in gains.iter_mut().enumerate() {
                let t = ((nx * place(i) + y) / width + 0.5).clamp(0.0, 1.0);
                *g *= 1.0 + (floor - 1.0) * t * t * (3.0 - 2.0 * t);
            }
        }
    }
}

/// A vector of length 1.
fn direction(rng: &mut impl Rng) -> [f32; 2] {
    let angle = std::f32::consts::PI * symmetric(rng);
    [angle.cos(), angle.sin()]
}
