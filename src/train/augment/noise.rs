//! A sensor's noise on the input.

use rand::{Rng, RngExt};

use super::AugmentSettings;
use super::draw::{between, chance};

/// Standard deviation of the sum of four uniform bytes: 2·√((256² − 1)/12).
const DEVIATION: f32 = 147.8;
/// Its mean.
const MEAN: f32 = 510.0;

/// Adds noise to `planes`, where that is drawn: about normal (the sum of four uniform numbers, within 3.5 deviations),
/// more or less of it common to all three colours, more or less of its variance in proportion to the value. Values stay
/// in 0..1.
pub(super) fn noise(settings: &AugmentSettings, planes: &mut [f32], side: usize, rng: &mut impl Rng) {
    let (drawn, share, common) = (chance(rng, settings.noise_chance), between(rng, 0.1, 1.0), rng.random::<f32>());
    let growth = settings.noise_growth * rng.random::<f32>();
    if !drawn {
        return;
    }
    let strength = share * settings.noise / DEVIATION;
    let (grey, colour) = (strength * common.sqrt(), strength * (1.0 - common).sqrt());
    let (blue, others) = planes.split_at_mut(side * side);
    let (green, red) = others.split_at_mut(side * side);
    for ((b, g), r) in blue.iter_mut().zip(green).zip(red) {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        let draw = |n: usize| bytes[4 * n..4 * n + 4].iter().map(|&v| f32::from(v)).sum::<f32>() - MEAN;
        let all = grey * draw(3);
        for (n, value) in [b, g, r].into_iter().enumerate() {
            // The same at a value of a half, whatever the growth.
            let deviation = (1.0 + growth * (2.0 * *value - 1.0)).max(0.0).sqrt();
            *value = (*value + deviation * (all + colour * draw(n))).clamp(0.0, 1.0);
        }
    }
}
