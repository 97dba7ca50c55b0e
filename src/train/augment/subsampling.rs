//! Video keeps colour at fewer places than light: the input's colour is averaged over blocks.

use rand::{Rng, RngExt};

use super::AugmentSettings;
use super::draw::chance;
use super::picture::value_at;
use crate::geometry::Point;

/// Averages the colour differences of `planes` (blue, green, red, 0..1) over blocks and interpolates them, where that
/// is drawn; luma (ITU-R BT.601) stays, but where the colour it belongs to is none. `buffer` is one.
pub(super) fn subsample(
    settings: &AugmentSettings,
    planes: &mut [f32],
    side: usize,
    rng: &mut impl Rng,
    buffer: &mut [Vec<f32>; 2],
) {
    let (drawn, share) = (chance(rng, settings.subsampling_chance), rng.random::<f32>());
    let most = settings.subsampling * side as f32;
    let block = (2.0 + share * (most - 2.0).max(0.0)).round() as usize;
    if !drawn || settings.subsampling <= 0.0 || side < 2 {
        return;
    }
    let luma = |b: f32, g: f32, r: f32| 0.114 * b + 0.587 * g + 0.299 * r;
    let small = side.div_ceil(block);
    let (blue, others) = planes.split_at_mut(side * side);
    let (green, red) = others.split_at_mut(side * side);
    buffer.iter_mut().for_each(Vec::clear);
    for j in 0..small {
        let rows = j * block..((j + 1) * block).min(side);
        for i in 0..small {
            let columns = i * block..((i + 1) * block).min(side);
            let count = (rows.len() * columns.len()) as f32;
            let mut sums = [0.0; 2];
            for n in rows.clone().flat_map(|row| columns.clone().map(move |column| row * side + column)) {
                let y = luma(blue[n], green[n], red[n]);
                sums = [sums[0] + blue[n] - y, sums[1] + red[n] - y];
            }
            buffer[0].push(sums[0] / count);
            buffer[1].push(sums[1] / count);
        }
    }
    let step = 1.0 / (small * block) as f32;
    for n in 0..side * side {
        let p = Point::new(((n % side) as f32 + 0.5) * step, ((n / side) as f32 + 0.5) * step);
        let y = luma(blue[n], green[n], red[n]);
        let (b, r) = (y + value_at(&buffer[0], small, p), y + value_at(&buffer[1], small, p));
        let g = (y - 0.114 * b - 0.299 * r) * (1.0 / 0.587);
        [blue[n], green[n], red[n]] = [b, g, r].map(|v| v.clamp(0.0, 1.0));
    }
}
