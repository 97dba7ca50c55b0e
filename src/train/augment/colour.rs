//! Colours of the whole picture, common to input and target: L*a*b* lines, HSV, and the other side's colours.

use rand::Rng;

use super::AugmentSettings;
use super::draw::{between, chance, factor, symmetric};
use crate::blend::lab::{to_lab, to_rgb};
use crate::blend::statistics::ColourStatistics;
use crate::blend::transfer::LabLine;

/// Contrast that a colour transfer may take or give, so that a flat face does not become noise.
const CONTRAST: (f32, f32) = (0.6, 1.6);

/// Lightness below which a shift fades, so that black stays black.
const KNEE: f32 = 30.0;

/// `x · ratio + shift` for L, a and b; the shift fades below [`KNEE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabLines {
    /// Factors.
    pub ratio: [f32; 3],
    /// Offsets.
    pub shift: [f32; 3],
}

impl LabLines {
    /// Nothing changes.
    pub const IDENTITY: Self = Self { ratio: [1.0; 3], shift: [0.0; 3] };

    /// Takes colours from `own` as far as `strength` (0..1) towards `other`: mean and deviation of each channel, see
    /// [`LabLine::new`].
    pub fn transfer(own: &ColourStatistics, other: &ColourStatistics, strength: f32) -> Self {
        let ratio = LabLine::new(own, other).ratio.map(|r| 1.0 + strength * (r.clamp(CONTRAST.0, CONTRAST.1) - 1.0));
        let shift = [0, 1, 2].map(|c| {
            let mean = own.mean[c] + strength * (other.mean[c] - own.mean[c]);
            mean - own.mean[c] * ratio[c]
        });
        Self { ratio, shift }
    }

    /// Draws a change: lightness and contrast about `middle` (the mean L), tint, distance from grey.
    fn draw(settings: &AugmentSettings, middle: f32, rng: &mut impl Rng) -> Self {
        let contrast = factor(rng, settings.contrast);
        let chroma = factor(rng, settings.chroma);
        let lightness = middle * (1.0 - contrast) + settings.lightness * symmetric(rng);
        let tint = [settings.tint * symmetric(rng), settings.tint * symmetric(rng)];
        Self { ratio: [contrast, chroma, chroma], shift: [lightness, tint[0], tint[1]] }
    }

    /// These first, then `next`.
    fn then(&self, next: &Self) -> Self {
        Self {
            ratio: [0, 1, 2].map(|c| self.ratio[c] * next.ratio[c]),
            shift: [0, 1, 2].map(|c| self.shift[c] * next.ratio[c] + next.shift[c]),
        }
    }
}

/// Changes in HSV (A. R. Smith, "Color gamut transform pairs", 1978).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HsvChange {
    /// Turn of the hue, in degrees.
    pub hue: f32,
    /// Factor of the saturation.
    pub saturation: f32,
    /// Factor of the value.
    pub value: f32,
}

impl HsvChange {
    /// Of red, green, blue in 0..1; the result is in 0..1.
    #[inline]
    pub fn apply(&self, [r, g, b]: [f32; 3]) -> [f32; 3] {
        let value = r.max(g).max(b);
        let range = value - r.min(g).min(b);
        let sixth = if range <= 0.0 {
            0.0
        } else if value == r {
            (g - b) / range
        } else if value == g {
            (b - r) / range + 2.0
        } else {
            (r - g) / range + 4.0
        };
        let sixth = sixth + self.hue / 60.0;
        let saturation = if value > 0.0 { (range / value * self.saturation).min(1.0) } else { 0.0 };
        let value = (value * self.value).min(1.0);
        [5.0f32, 3.0, 1.0].map(|n| {
            let k = (n + sixth).rem_euclid(6.0);
            value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)
        })
    }
}

/// What happens to the colours of one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColourChange {
    lab: Option<LabLines>,
    hsv: Option<HsvChange>,
}

impl ColourChange {
    /// Draws one for a face whose colours are `own`, where a face of the other side has the colours `other`.
    pub fn draw(
        settings: &AugmentSettings,
        own: Option<&ColourStatistics>,
        other: Option<&ColourStatistics>,
        rng: &mut impl Rng,
    ) -> Self {
        let (transfer, strength) = (chance(rng, settings.transfer_chance), between(rng, 0.3, 1.0));
        let transfer = match (own, other) {
            (Some(own), Some(other)) if transfer => Some(LabLines::transfer(own, other, strength)),
            _ => None,
        };
        let middle = own.map_or(50.0, |own| own.mean[0]);
        let middle = transfer.map_or(middle, |lines| middle * lines.ratio[0] + lines.shift[0]);
        let jitter = chance(rng, settings.lab_chance).then(|| LabLines::draw(settings, middle, rng));
        let lab = match (transfer, jitter) {
            (Some(first), Some(next)) => Some(first.then(&next)),
            (one, other) => one.or(other),
        };
        let hsv = chance(rng, settings.hsv_chance).then(|| HsvChange {
            hue: settings.hue * symmetric(rng),
            saturation: factor(rng, settings.saturation),
            value: factor(rng, settings.value),
        });
        Self { lab, hsv }
    }

    /// Changes a row of blue, green and red, 0..1.
    pub(super) fn apply(&self, [blue, green, red]: &mut [Vec<f32>; 3]) {
        if let Some(LabLines { ratio, shift }) = self.lab {
            for ((r, g), b) in red.iter_mut().zip(&mut *green).zip(&mut *blue) {
                let [l, x, y] = to_lab([*r, *g, *b]);
                let whole = (l / KNEE).min(1.0);
                let lab = [0, 1, 2].map(|c| [l, x, y][c] * ratio[c] + shift[c] * whole);
                // Darker than black has a negative root, which is no colour.
                [*r, *g, *b] = to_rgb([lab[0].max(0.0), lab[1], lab[2]]);
            }
        }
        if let Some(change) = self.hsv {
            for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
                [*r, *g, *b] = change.apply([*r, *g, *b]);
            }
        }
    }
}
