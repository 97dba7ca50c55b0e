//! The blur of a head or a camera that moved during the exposure, on the input.

use rand::Rng;

use super::AugmentSettings;
use super::draw::{between, chance, symmetric};

/// Blurs `planes` (`side`² values each) along a line of random direction, where that is drawn. `buffer` is one.
pub(super) fn blur(
    settings: &AugmentSettings,
    planes: &mut [f32],
    side: usize,
    rng: &mut impl Rng,
    buffer: &mut Vec<f32>,
) {
    let (drawn, share) = (chance(rng, settings.motion_chance), between(rng, 0.2, 1.0));
    let angle = std::f32::consts::PI * symmetric(rng);
    let length = (share * settings.motion * side as f32).min(side as f32 - 1.0);
    if !drawn || length < 1.0 {
        return;
    }
    let taps = length.ceil() as usize + 1;
    let margin = length.ceil() as usize;
    let width = side + 2 * margin;
    let offset = |n: usize| {
        let along = length * (n as f32 / (taps - 1) as f32 - 0.5);
        ((along * angle.cos()).round() as isize, (along * angle.sin()).round() as isize)
    };
    let weight = 1.0 / taps as f32;
    for plane in planes.chunks_exact_mut(side * side) {
        buffer.clear();
        for row in plane.chunks_exact(side) {
            buffer.extend(std::iter::repeat_n(row[0], margin));
            buffer.extend_from_slice(row);
            buffer.extend(std::iter::repeat_n(row[side - 1], margin));
        }
        for (j, out) in plane.chunks_exact_mut(side).enumerate() {
            out.fill(0.0);
            for (dx, dy) in (0..taps).map(offset) {
                let from = j.saturating_add_signed(dy).min(side - 1) * width + margin.saturating_add_signed(dx);
                for (out, value) in out.iter_mut().zip(&buffer[from..from + side]) {
                    *out += weight * value;
                }
            }
        }
    }
    // Sums of rounded weights may lie a little above 1.
    planes.iter_mut().for_each(|value| *value = value.min(1.0));
}
