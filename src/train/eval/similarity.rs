//! How like two pictures of the same thing are, under a mask. Nothing here was learned from pictures: where a learned
//! distance (LPIPS) is usual, [`ms_gmsd`] stands in for it.

use super::picture::{Picture, masked_mean};

/// Standard deviation and reach of SSIM's Gaussian window, in px.
const WINDOW: (f32, usize) = (1.5, 5);

/// Mean structural similarity of luma, −1..1, 1 for equal pictures.
///
/// Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to
/// structural similarity", TIP 13(4), 2004: 11×11 Gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03; the map is
/// averaged under the mask. `None` where the mask covers nothing.
pub fn ssim(a: &[f32], b: &[f32], side: usize, mask: &[f32]) -> Option<f32> {
    const C1: f32 = 0.01 * 0.01;
    const C2: f32 = 0.03 * 0.03;
    let smooth = |values: &[f32]| blurred(values, side, WINDOW);
    let product = |x: &[f32], y: &[f32]| smooth(&x.iter().zip(y).map(|(x, y)| x * y).collect::<Vec<f32>>());
    let (mean_a, mean_b) = (smooth(a), smooth(b));
    let (aa, bb, ab) = (product(a, a), product(b, b), product(a, b));
    let map = (0..a.len()).map(|i| {
        let (ma, mb) = (mean_a[i], mean_b[i]);
        let (va, vb, cov) = (aa[i] - ma * ma, bb[i] - mb * mb, ab[i] - ma * mb);
        (2.0 * ma * mb + C1) * (2.0 * cov + C2) / ((ma * ma + mb * mb + C1) * (va + vb + C2))
    });
    masked_mean(map, mask)
}

/// Gaussian blur with this standard deviation and reach in px; edge samples repeated.
pub(super) fn blurred(values: &[f32], side: usize, (sigma, reach): (f32, usize)) -> Vec<f32> {
    let mut kernel: Vec<f32> =
        (0..=2 * reach).map(|i| (-0.5 * ((i as f32 - reach as f32) / sigma).powi(2)).exp()).collect();
    let sum: f32 = kernel.iter().sum();
    kernel.iter_mut().for_each(|k| *k /= sum);
    let mut rows = vec![0.0; values.len()];
    let mut padded = vec![0.0; side + 2 * reach];
    for (out, row) in rows.chunks_exact_mut(side).zip(values.chunks_exact(side)) {
        padded[..reach].fill(row[0]);
        padded[reach..reach + side].copy_from_slice(row);
        padded[reach + side..].fill(row[side - 1]);
        for (t, &k) in kernel.iter().enumerate() {
            for (o, &v) in out.iter_mut().zip(&padded[t..]) {
                *o += k * v;
            }
        }
    }
    let mut blurred = vec![0.0; values.len()];
    for (j, out) in blurred.chunks_exact_mut(side).enumerate() {
        for (t, &k) in kernel.iter().enumerate() {
            let from = (j + t).saturating_sub(reach).min(side - 1) * side;
            for (o, &v) in out.iter_mut().zip(&rows[from..from + side]) {
                *o += k * v;
            }
        }
    }
    blurred
}

/// Peak signal-to-noise ratio over red, green and blue in dB, at most 100; `None` where the mask covers nothing.
pub fn psnr(a: &Picture, b: &Picture, mask: &[f32]) -> Option<f32> {
    let squares = a.bgr.chunks_exact(3).zip(b.bgr.chunks_exact(3));
    let error = squares.map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>() / 3.0);
    masked_mean(error, mask).map(|error| (-10.0 * error.log10()).min(100.0))
}

/// Weights of the scales of [`ms_gmsd`], finest first.
const SCALES: [f32; 4] = [0.096, 0.596, 0.289, 0.019];

/// Multi-scale gradient magnitude similarity deviation of luma: 0 for equal pictures, about 0.2 for bad ones.
///
/// B. Zhang, P. V. Sander, A. Bermak, "Gradient magnitude similarity deviation on multiple scales for color image
/// quality assessment", ICASSP 2017; the deviation is taken under the mask. `None` where the mask covers nothing.
pub fn ms_gmsd(a: &[f32], b: &[f32], side: usize, mask: &[f32]) -> Option<f32> {
    let (mut a, mut b, mut mask, mut side) = (a.to_vec(), b.to_vec(), mask.to_vec(), side);
    let mut sum = 0.0;
    for weight in SCALES {
        sum += weight * gmsd_squared(&a, &b, side, &mask)?;
        (a, b, mask) = (halved(&a, side), halved(&b, side), halved(&mask, side));
        side /= 2;
        if side < 3 {
            break;
        }
    }
    Some(sum.sqrt())
}

/// W. Xue, L. Zhang, X. Mou, A. C. Bovik, "Gradient magnitude similarity deviation", TIP 23(2), 2014.
fn gmsd_squared(a: &[f32], b: &[f32], side: usize, mask: &[f32]) -> Option<f32> {
    const C: f32 = 170.0 / (255.0 * 255.0);
    let (ga, gb) = (gradient(a, side), gradient(b, side));
    let map: Vec<f32> = ga.iter().zip(&gb).map(|(a, b)| (2.0 * a * b + C) / (a * a + b * b + C)).collect();
    let mean = masked_mean(map.iter().copied(), mask)?;
    masked_mean(map.iter().map(|v| (v - mean) * (v - mean)), mask)
}

/// Magnitude of the gradient by Prewitt's filters, per px; 0 on the picture's edge.
pub fn gradient(values: &[f32], side: usize) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    for j in 1..side.saturating_sub(1) {
        let row = |k: usize| &values[(j + k - 1) * side..(j + k) * side];
        let (above, here, below) = (row(0), row(1), row(2));
        for i in 1..side - 1 {
            let dx = (above[i + 1] + here[i + 1] + below[i + 1] - above[i - 1] - here[i - 1] - below[i - 1]) / 3.0;
            let dy = (below[i - 1] + below[i] + below[i + 1] - above[i - 1] - above[i] - above[i + 1]) / 3.0;
            out[j * side + i] = dx.hypot(dy);
        }
    }
    out
}

/// Half the size, means of 2×2.
pub(super) fn halved(values: &[f32], side: usize) -> Vec<f32> {
    let half = side / 2;
    let at = |i: usize, j: usize| values[j * side + i];
    (0..half * half)
        .map(|n| {
            let (i, j) = (2 * (n % half), 2 * (n / half));
            (at(i, j) + at(i + 1, j) + at(i, j + 1) + at(i + 1, j + 1)) / 4.0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 48;

    fn texture(phase: f32) -> Vec<f32> {
        (0..SIDE * SIDE)
            .map(|n| 0.5 + 0.3 * ((n % SIDE) as f32 * 0.7 + (n / SIDE) as f32 * 0.3 + phase).sin())
            .collect()
    }

    #[test]
    fn equal_pictures_are_equal() {
        let (a, whole) = (texture(0.0), vec![1.0; SIDE * SIDE]);
        assert!((ssim(&a, &a, SIDE, &whole).unwrap_or(0.0) - 1.0).abs() < 1e-4);
        assert!(ms_gmsd(&a, &a, SIDE, &whole).unwrap_or(1.0) < 1e-4);
        let picture = Picture { side: 2, bgr: vec![0.25; 12] };
        assert_eq!(psnr(&picture, &picture, &[1.0; 4]), Some(100.0));
    }

    #[test]
    fn a_constant_shift_costs_what_the_formula_says() {
        // Flat pictures 0.4 and 0.6: only the luminance term is left.
        let (a, b, whole) = (vec![0.4; SIDE * SIDE], vec![0.6; SIDE * SIDE], vec![1.0; SIDE * SIDE]);
        let expected = (2.0 * 0.24 + 1e-4) / (0.16 + 0.36 + 1e-4);
        assert!((ssim(&a, &b, SIDE, &whole).unwrap_or(0.0) - expected).abs() < 1e-3);
        let flat = |v: f32| Picture { side: 2, bgr: vec![v; 12] };
        assert!((psnr(&flat(0.4), &flat(0.5), &[1.0; 4]).unwrap_or(0.0) - 20.0).abs() < 1e-3);
    }

    #[test]
    fn what_lies_outside_the_mask_does_not_count() {
        let a = texture(0.0);
        let mut b = a.clone();
        let mut left = vec![0.0; SIDE * SIDE];
        for n in 0..SIDE * SIDE {
            if n % SIDE >= 32 {
                b[n] = 1.0 - b[n];
            } else if n % SIDE < 8 {
                left[n] = 1.0;
            }
        }
        assert!((ssim(&a, &b, SIDE, &left).unwrap_or(0.0) - 1.0).abs() < 1e-4);
        let whole = vec![1.0; SIDE * SIDE];
        assert!(ssim(&a, &b, SIDE, &whole).unwrap_or(1.0) < 0.8);
        assert_eq!(ssim(&a, &b, SIDE, &vec![0.0; SIDE * SIDE]), None);
    }

    #[test]
    fn the_further_the_structure_moves_the_worse_the_figures() {
        let (a, whole) = (texture(0.0), vec![1.0; SIDE * SIDE]);
        let figures: Vec<(f32, f32)> = [0.2, 0.8, 1.6]
            .map(|phase| {
                let b = texture(phase);
                (ssim(&a, &b, SIDE, &whole).unwrap_or(0.0), ms_gmsd(&a, &b, SIDE, &whole).unwrap_or(0.0))
            })
            .to_vec();
        assert!(figures.windows(2).all(|pair| pair[1].0 < pair[0].0 && pair[1].1 > pair[0].1), "{figures:?}");
    }
}
