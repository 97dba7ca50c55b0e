//! Shrinks or grows the mask: minimum or maximum over a square, in log₂(width) steps along each axis.

/// Minimum over a square of `radius` pixels to every side (maximum over −`radius` where negative), what lies outside
/// the crop not counting; then sets the ring of `border` pixels to 0. `mask` holds `resolution`² values, 0..1.
pub fn erode(mask: &mut [f32], resolution: usize, radius: i32, border: usize, scratch: &mut Vec<f32>) {
    let reach = radius.unsigned_abs() as usize;
    if radius > 0 {
        // Outside never wins: larger than any mask, or smaller.
        rows(mask, resolution, reach, f32::INFINITY, lesser, scratch);
        columns(mask, resolution, reach, f32::INFINITY, lesser, scratch);
    } else if radius < 0 {
        rows(mask, resolution, reach, f32::NEG_INFINITY, greater, scratch);
        columns(mask, resolution, reach, f32::NEG_INFINITY, greater, scratch);
    }
    zero_ring(mask, resolution, border);
}

#[inline(always)]
fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Each value becomes the pick of `2 reach + 1` along its row. Windows of 1, 2, 4… are picked from two half as wide;
/// the last step overlaps two of them.
fn rows(
    mask: &mut [f32],
    side: usize,
    reach: usize,
    outside: f32,
    pick: impl Fn(f32, f32) -> f32 + Copy,
    scratch: &mut Vec<f32>,
) {
    let (width, padded) = (2 * reach + 1, side + 2 * reach);
    scratch.clear();
    scratch.resize(2 * padded, outside);
    let (mut line, mut next) = scratch.split_at_mut(padded);
    for row in mask.chunks_exact_mut(side) {
        line[..reach].fill(outside);
        line[reach..reach + side].copy_from_slice(row);
        line[reach + side..].fill(outside);
        let mut window = 1;
        while 2 * window <= width {
            for ((n, &a), &b) in next.iter_mut().zip(&*line).zip(&line[window..]) {
                *n = pick(a, b);
            }
            std::mem::swap(&mut line, &mut next);
            window *= 2;
        }
        for ((m, &a), &b) in row.iter_mut().zip(&*line).zip(&line[width - window..]) {
            *m = pick(a, b);
        }
    }
}

/// As [`rows`], along columns.
fn columns(
    mask: &mut [f32],
    side: usize,
    reach: usize,
    outside: f32,
    pick: impl Fn(f32, f32) -> f32 + Copy,
    scratch: &mut Vec<f32>,
) {
    let (width, padded) = (2 * reach + 1, side + 2 * reach);
    scratch.clear();
    scratch.resize(padded * side, outside);
    scratch[reach * side..(reach + side) * side].copy_from_slice(mask);
    let mut window = 1;
    while 2 * window <= width {
        for j in 0..padded - window {
            let (above, below) = scratch.split_at_mut((j + window) * side);
            for (a, &b) in above[j * side..][..side].iter_mut().zip(&*below) {
                *a = pick(*a, b);
            }
        }
        window *= 2;
    }
    for (j, row) in mask.chunks_exact_mut(side).enumerate() {
        let (first, last) = (&scratch[j * side..], &scratch[(j + width - window) * side..]);
        for ((m, &a), &b) in row.iter_mut().zip(first).zip(last) {
            *m = pick(a, b);
        }
    }
}

fn zero_ring(mask: &mut [f32], side: usize, border: usize) {
    let border = border.min(side);
    for (j, row) in mask.chunks_exact_mut(side).enumerate() {
        if j < border || j + border >= side {
            row.fill(0.0);
        } else {
            row[..border].fill(0.0);
            row[side - border..].fill(0.0);
        }
    }
}
