//! What is measured on a crop: sharpness, exposure, and a hash of its look.

/// Side in px at which crops are measured, so that figures of large and small faces can be compared.
pub const SIDE: usize = 128;

/// Luma (Y' of BT.601, 0..255) of a crop of blue, green, red, 0..1, interleaved.
pub fn luma(crop: &[f32], luma: &mut Vec<f32>) {
    luma.clear();
    luma.extend(crop.chunks_exact(3).map(|p| 255.0 * (0.114 * p[0] + 0.587 * p[1] + 0.299 * p[2])));
}

/// Variance of the Laplacian (4 neighbours) of [`SIDE`]² luma values where `inside` says so; 0 where it never does.
///
/// J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study", ICPR 2000.
pub fn sharpness(luma: &[f32], inside: impl Fn(usize, usize) -> bool) -> f32 {
    let (mut sum, mut squares, mut count) = (0f64, 0f64, 0u32);
    for y in 1..SIDE - 1 {
        for x in 1..SIDE - 1 {
            if !inside(x, y) {
                continue;
            }
            let at = y * SIDE + x;
            let around = luma[at - 1] + luma[at + 1] + luma[at - SIDE] + luma[at + SIDE];
            let laplacian = f64::from(around - 4.0 * luma[at]);
            sum += laplacian;
            squares += laplacian * laplacian;
            count += 1;
        }
    }
    if count == 0 {
        return 0.0;
    }
    let mean = sum / f64::from(count);
    (squares / f64::from(count) - mean * mean).max(0.0) as f32
}

/// Mean of [`SIDE`]² luma values, 0..1, where `inside` says so; 0 where it never does.
pub fn exposure(luma: &[f32], inside: impl Fn(usize, usize) -> bool) -> f32 {
    let (mut sum, mut count) = (0f64, 0u32);
    for (at, &value) in luma.iter().enumerate() {
        if inside(at % SIDE, at / SIDE) {
            sum += f64::from(value);
            count += 1;
        }
    }
    if count == 0 { 0.0 } else { (sum / f64::from(count) / 255.0) as f32 }
}

/// Difference hash: whether each of 8x8 places is brighter than its right neighbour, of a picture reduced to 9x8
/// means. Knows nothing of who is shown: two people in one pose and light may look alike to it, and one person in two
/// will not.
pub fn difference_hash(luma: &[f32]) -> u64 {
    let mean = |i: usize, j: usize| -> f32 {
        let (columns, rows) = (i * SIDE / 9..(i + 1) * SIDE / 9, j * SIDE / 8..(j + 1) * SIDE / 8);
        let count = columns.len() * rows.len();
        rows.map(|y| luma[y * SIDE..][columns.clone()].iter().sum::<f32>()).sum::<f32>() / count as f32
    };
    let mut hash = 0;
    for j in 0..8 {
        for i in 0..8 {
            hash = hash << 1 | u64::from(mean(i, j) > mean(i + 1, j));
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        (0..SIDE * SIDE).map(|at| value(at % SIDE, at / SIDE)).collect()
    }

    #[test]
    fn sharpness_is_the_variance_of_the_laplacian_within_the_mask() {
        let left = |x: usize, _: usize| x < 64;
        // A checkerboard of ±1 about 100 has a Laplacian of ±8 everywhere.
        let board = picture(|x, y| if (x + y) % 2 == 0 { 101.0 } else { 99.0 });
        assert!((sharpness(&board, left) - 64.0).abs() < 1e-3);
        let right_only = picture(|x, y| if x > 64 && (x + y) % 2 == 0 { 101.0 } else { 99.0 });
        assert!(sharpness(&right_only, left) < 1e-3);
        // A slope has none at all.
        assert!(sharpness(&picture(|x, y| (x + 2 * y) as f32 / 2.0), |_, _| true) < 1e-3);
        assert_eq!(sharpness(&board, |_, _| false), 0.0);
    }

    #[test]
    fn exposure_is_the_mean_within_the_mask() {
        let halves = picture(|x, _| if x < 64 { 51.0 } else { 255.0 });
        assert!((exposure(&halves, |x, _| x < 64) - 0.2).abs() < 1e-6);
        assert_eq!(exposure(&halves, |_, _| false), 0.0);
    }

    #[test]
    fn the_hash_sees_structure_but_not_brightness() {
        let falling = picture(|x, _| 200.0 - x as f32);
        assert_eq!(difference_hash(&falling), u64::MAX);
        assert_eq!(difference_hash(&picture(|x, _| x as f32)), 0);
        let waves =
            |gain: f32| picture(move |x, y| gain * (100.0 + 50.0 * (x as f32 / 9.0).sin() * (y as f32 / 7.0).cos()));
        assert_eq!(difference_hash(&waves(1.0)), difference_hash(&waves(0.5)));
        assert!((difference_hash(&waves(1.0)) ^ difference_hash(&falling)).count_ones() > 16);
    }
}
