//! What is looked for in the network's pictures before a frame may leave. The shader of the same name looks where
//! they are on a GPU.

/// How many values of a picture or mask are NaN or an infinity.
pub fn not_finite(picture: &[f32]) -> usize {
    // An integer comparison, unlike a float one, becomes vector instructions: not a number and infinity have the
    // largest exponents.
    const INFINITE: u32 = f32::INFINITY.to_bits();
    picture.iter().map(|value| usize::from(value.to_bits() & !(1 << 31) >= INFINITE)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_and_infinities_are_counted_and_the_largest_numbers_are_not() {
        assert_eq!(not_finite(&[0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN, f32::MAX, f32::MIN]), 4);
        assert_eq!(not_finite(&[]), 0);
    }
}
