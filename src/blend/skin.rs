//! Which pixels tell the colours of a face: those that are skin, in the same light, in the driver's crop and in the
//! generated face alike. Hair, brows, an open mouth, glasses and highlights are much darker or brighter than the mean
//! of their face, or in one of the two pictures only, and do not count.

use super::plan::Region;
use super::planes::Planes;
use super::space::Space;
use super::statistics::sum;

/// Luminance over the face's mean at which a pixel begins to count, and from which it counts fully.
const LIT: (f32, f32) = (0.25, 0.4);
/// Luminance over the face's mean up to which a pixel counts fully, and from which it does not count.
const CLIPPED: (f32, f32) = (2.0, 2.5);
/// How alike the two pictures must be, the darker over the brighter, for a pixel to begin to count, and to count fully.
const ALIKE: (f32, f32) = (0.5, 0.7);
/// Added to both before they are compared, so that what is dark in both is alike.
const FLOOR: f32 = 0.02;
/// A darker mean is taken for this.
const LEAST_MEAN: f32 = 1e-4;

/// Fills `region` of `weights` (`resolution`² values; 0 elsewhere) with `mask` times how far each pixel of `driver` and
/// `face`, two crops in one space, is skin.
pub fn skin(driver: &Planes, face: &Planes, mask: &[f32], resolution: usize, region: &Region, weights: &mut Vec<f32>) {
    weights.clear();
    weights.resize(resolution * resolution, 0.0);
    match driver.space {
        Space::Linear => fill(driver, face, mask, resolution, region, weights, luminance_of_linear),
        Space::Lab => fill(driver, face, mask, resolution, region, weights, luminance_of_lab),
    }
}

#[inline(always)]
fn fill(
    driver: &Planes,
    face: &Planes,
    mask: &[f32],
    resolution: usize,
    region: &Region,
    weights: &mut [f32],
    luminance: impl Fn([f32; 3]) -> f32,
) {
    let of = |Planes { channels: [a, b, c], .. }: &Planes, n: usize| luminance([a[n], b[n], c[n]]);
    let mut sums = [0f64; 3];
    for j in region.y0..region.y1 {
        let (start, count) = (j * resolution + region.x0, region.width());
        sums[0] += f64::from(sum(count, |i| mask[start + i] * of(driver, start + i)));
        sums[1] += f64::from(sum(count, |i| mask[start + i] * of(face, start + i)));
        sums[2] += f64::from(sum(count, |i| mask[start + i]));
    }
    let per_mean = |sum: f64| 1.0 / ((sum / sums[2].max(1e-6)) as f32).max(LEAST_MEAN);
    let (driver_scale, face_scale) = (per_mean(sums[0]), per_mean(sums[1]));
    for j in region.y0..region.y1 {
        let start = j * resolution + region.x0;
        let row = start..start + region.width();
        for (i, (weight, mask)) in weights[row.clone()].iter_mut().zip(&mask[row]).enumerate() {
            *weight = mask * counts(of(driver, start + i) * driver_scale, of(face, start + i) * face_scale);
        }
    }
}

/// How far a pixel counts, 0..1, that has so many times the mean luminance of its picture.
#[inline(always)]
fn counts(driver: f32, face: f32) -> f32 {
    let (dark, bright) = (driver.min(face), driver.max(face));
    let lit = ((dark - LIT.0) * (1.0 / (LIT.1 - LIT.0))).clamp(0.0, 1.0);
    let clipped = ((CLIPPED.1 - bright) * (1.0 / (CLIPPED.1 - CLIPPED.0))).clamp(0.0, 1.0);
    let alike = (((dark + FLOOR) / (bright + FLOOR) - ALIKE.0) * (1.0 / (ALIKE.1 - ALIKE.0))).clamp(0.0, 1.0);
    lit * clipped * alike
}

/// Rec. 709's luminance.
#[inline(always)]
fn luminance_of_linear([r, g, b]: [f32; 3]) -> f32 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// The cube that L is the root of, which leaves the line near black out: nothing counts there.
#[inline(always)]
fn luminance_of_lab([l, ..]: [f32; 3]) -> f32 {
    let root = (l + 16.0) * (1.0 / 116.0);
    root * root * root
}
