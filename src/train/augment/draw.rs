//! What is drawn from a stream, for all augmentations alike.

use rand::{Rng, RngExt};

/// True with this chance.
pub(in crate::train) fn chance(rng: &mut impl Rng, chance: f32) -> bool {
    rng.random::<f32>() < chance
}

/// Uniform in −1..1.
pub(in crate::train) fn symmetric(rng: &mut impl Rng) -> f32 {
    rng.random::<f32>() * 2.0 - 1.0
}

/// Uniform in `low..high`.
pub(in crate::train) fn between(rng: &mut impl Rng, low: f32, high: f32) -> f32 {
    low + rng.random::<f32>() * (high - low)
}

/// A factor from 1/(1 + most) to 1 + most, as likely up as down.
pub(in crate::train) fn factor(rng: &mut impl Rng, most: f32) -> f32 {
    (1.0 + most).powf(symmetric(rng))
}

/// Normal, mean 0, deviation 1: G. Box, M. Muller, "A note on the generation of random normal deviates", 1958.
pub(in crate::train) fn normal(rng: &mut impl Rng) -> f32 {
    // 1 − u is never 0.
    let (u, v) = (1.0 - rng.random::<f32>(), rng.random::<f32>());
    (-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos()
}
