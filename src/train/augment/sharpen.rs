//! A camera's sharpening on the input: edges with halos.

use rand::Rng;

use super::AugmentSettings;
use super::draw::{between, chance};

/// Buffers of [`sharpen`].
#[derive(Debug, Default)]
pub(super) struct SharpenBuffers {
    luma: Vec<f32>,
    soft: Vec<f32>,
}

/// Adds to `planes` (blue, green, red, 0..1) what their luma differs from its blur, where that is drawn.
pub(super) fn sharpen(
    settings: &AugmentSettings,
    planes: &mut [f32],
    side: usize,
    rng: &mut impl Rng,
    buffers: &mut SharpenBuffers,
) {
    let (drawn, amount) = (chance(rng, settings.sharpen_chance), settings.sharpen * between(rng, 0.2, 1.0));
    let reach = ((between(rng, 0.003, 0.012) * side as f32).round() as usize).max(1);
    if !drawn || amount <= 0.0 {
        return;
    }
    let SharpenBuffers { luma, soft } = buffers;
    let (blue, others) = planes.split_at_mut(side * side);
    let (green, red) = others.split_at_mut(side * side);
    luma.clear();
    luma.extend(blue.iter().zip(&*green).zip(&*red).map(|((b, g), r)| 0.114 * b + 0.587 * g + 0.299 * r));
    // A quarter, a half, a quarter along each axis.
    soft.clear();
    for row in luma.chunks_exact(side) {
        soft.extend(
            (0..side).map(|i| 0.5 * row[i] + 0.25 * (row[i.saturating_sub(reach)] + row[(i + reach).min(side - 1)])),
        );
    }
    let rows = |j: usize| &soft[j * side..(j + 1) * side];
    for (j, luma) in luma.chunks_exact_mut(side).enumerate() {
        let near = rows(j).iter().zip(rows(j.saturating_sub(reach))).zip(rows((j + reach).min(side - 1)));
        for (luma, ((here, above), below)) in luma.iter_mut().zip(near) {
            *luma = amount * (*luma - 0.5 * here - 0.25 * (above + below));
        }
    }
    for plane in [blue, green, red] {
        for (value, more) in plane.iter_mut().zip(&*luma) {
            *value = (*value + more).clamp(0.0, 1.0);
        }
    }
}
