//! What a camera makes of the light it gets, on the input: white balance, exposure, tone curve, few levels.

use rand::Rng;

use super::AugmentSettings;
use super::draw::{between, chance, symmetric};

/// Exponent that takes a factor of light to one of encoded values, about.
const ENCODING: f32 = 1.0 / 2.2;
/// Least step between levels: video's 219 levels of luma.
const FINEST: f32 = 1.0 / 219.0;

/// Another white balance, exposure and tone curve on `planes` (blue, green, red, 0..1), where they are drawn.
pub(super) fn develop(settings: &AugmentSettings, planes: &mut [f32], side: usize, rng: &mut impl Rng) {
    let (cast, tone) = (chance(rng, settings.cast_chance), chance(rng, settings.tone_chance));
    let stops = [settings.exposure * symmetric(rng), settings.cast * symmetric(rng), settings.cast * symmetric(rng)];
    let (bend, lift) = (between(rng, -0.5, 1.0) * settings.tone, between(rng, 0.0, 1.0) * settings.lift);
    if !cast && !tone {
        return;
    }
    let [exposure, warm, green] = if cast { stops } else { [0.0; 3] };
    let (bend, lift) = if tone { (bend, lift) } else { (0.0, 0.0) };
    // Warm light has more red and less blue; lamps are greener or redder than the sun by less.
    let gains = [exposure - warm, exposure + 0.3 * green, exposure + warm].map(|stops| (stops * ENCODING).exp2());
    for (plane, gain) in planes.chunks_exact_mut(side * side).zip(gains) {
        for value in plane {
            let v = (*value * gain).min(1.0);
            // An S for a positive bend, its flat opposite for a negative one.
            let v = v + bend * (v * v * (3.0 - 2.0 * v) - v);
            *value = (lift + v * (1.0 - lift)).clamp(0.0, 1.0);
        }
    }
}

/// Leaves few levels, as video does that was dark or is of limited range, where that is drawn.
pub(super) fn band(settings: &AugmentSettings, planes: &mut [f32], rng: &mut impl Rng) {
    let (drawn, share) = (chance(rng, settings.banding_chance), between(rng, 0.0, 1.0));
    if !drawn || settings.banding <= 0.0 {
        return;
    }
    let step = FINEST + share * (settings.banding - FINEST).max(0.0);
    for value in planes {
        *value = ((*value / step).round() * step).min(1.0);
    }
}
