//! Mean and spread of a face's colour where it counts.

use super::plan::{LEAST_WEIGHT, Region};
use super::planes::Planes;

/// Of the three channels of a [`super::space::Space`], weighted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ColourStatistics {
    /// Means.
    pub mean: [f32; 3],
    /// Standard deviations.
    pub deviation: [f32; 3],
}

/// Statistics of `planes` over `region` with `weights` (`resolution`² values); `None` where those sum to less than
/// [`LEAST_WEIGHT`].
///
/// Each row is summed about its own mean, and rows are merged in f64, so that nothing cancels: T. Chan, G. Golub,
/// R. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
pub fn statistics(planes: &Planes, weights: &[f32], resolution: usize, region: &Region) -> Option<ColourStatistics> {
    let mut moments = [Moments::default(); 3];
    for j in region.y0..region.y1 {
        let span = j * resolution + region.x0..j * resolution + region.x1;
        let weights = &weights[span.clone()];
        let weight = sum(weights.len(), |i| weights[i]);
        if weight <= 0.0 {
            continue;
        }
        for (moments, plane) in moments.iter_mut().zip(&planes.channels) {
            let values = &plane[span.clone()];
            let mean = sum(weights.len(), |i| weights[i] * values[i]) / weight;
            let squares = sum(weights.len(), |i| weights[i] * (values[i] - mean) * (values[i] - mean));
            moments.merge(&Moments { weight: weight.into(), mean: mean.into(), squares: squares.into() });
        }
    }
    (moments[0].weight >= f64::from(LEAST_WEIGHT)).then(|| ColourStatistics {
        mean: moments.map(|m| m.mean as f32),
        deviation: moments.map(|m| (m.squares / m.weight).sqrt() as f32),
    })
}

#[derive(Clone, Copy, Default)]
struct Moments {
    weight: f64,
    mean: f64,
    /// Weighted sum of squares about the mean.
    squares: f64,
}

impl Moments {
    fn merge(&mut self, other: &Self) {
        let weight = self.weight + other.weight;
        let apart = other.mean - self.mean;
        self.squares += other.squares + apart * apart * self.weight * other.weight / weight;
        self.mean += apart * other.weight / weight;
        self.weight = weight;
    }
}

/// Sum of `value(0..count)` in eight lanes, which compilers keep in vectors and which loses less than one sum would.
#[inline(always)]
pub(super) fn sum(count: usize, value: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0f32; 8];
    let whole = count - count % 8;
    for start in (0..whole).step_by(8) {
        for (l, lane) in lanes.iter_mut().enumerate() {
            *lane += value(start + l);
        }
    }
    (whole..count).map(&value).sum::<f32>() + lanes.iter().sum::<f32>()
}
