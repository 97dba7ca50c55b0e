//! Means over squares, as fast for large ones as for small.

/// Replaces each of `side`² values by the mean of the square that reaches `reach` beyond it; edge values are repeated.
/// `buffer` is one.
pub(super) fn box_blur(plane: &mut [f32], side: usize, reach: usize, buffer: &mut Vec<f32>) {
    let (last, share) = (side - 1, 1.0 / (2 * reach + 1) as f32);
    for row in plane.chunks_exact_mut(side) {
        buffer.clear();
        buffer.extend_from_slice(row);
        let mut sum = (0..=2 * reach).map(|k| buffer[k.saturating_sub(reach).min(last)]).sum::<f32>();
        for (i, value) in row.iter_mut().enumerate() {
            *value = sum * share;
            sum += buffer[(i + reach + 1).min(last)] - buffer[i.saturating_sub(reach)];
        }
    }
    buffer.clear();
    buffer.extend_from_slice(plane);
    buffer.resize(side * side + side, 0.0);
    let (rows, sums) = buffer.split_at_mut(side * side);
    let row = |j: usize| &rows[j.min(last) * side..][..side];
    for k in 0..=2 * reach {
        sums.iter_mut().zip(row(k.saturating_sub(reach))).for_each(|(sum, value)| *sum += value);
    }
    for (j, out) in plane.chunks_exact_mut(side).enumerate() {
        let (next, gone) = (row(j + reach + 1), row(j.saturating_sub(reach)));
        for (((out, sum), next), gone) in out.iter_mut().zip(&mut *sums).zip(next).zip(gone) {
            *out = *sum * share;
            *sum += next - gone;
        }
    }
}
