//! Colours for pixels that have none, from those about them: smooth, and where a pixel is known its own. After S. J.
//! Gortler et al., "The lumigraph", SIGGRAPH 1996.

/// Blue, green and red, each times the fourth: how sure the colour is, 0..1.
pub(super) type Pixel = [f32; 4];

/// A picture and its halves, down to a single pixel.
#[derive(Debug, Default)]
pub(super) struct Pyramid {
    levels: Vec<Level>,
}

#[derive(Debug, Default)]
struct Level {
    side: usize,
    pixels: Vec<Pixel>,
}

impl Pyramid {
    /// Fills a picture of `side`² pixels of which some are known; black where none is.
    pub(super) fn fill(&mut self, side: usize, known: impl Iterator<Item = Pixel>) -> &[Pixel] {
        self.level(0, side).extend(known);
        let (mut top, mut side) = (0, side);
        while side > 1 {
            side = side.div_ceil(2);
            top += 1;
            self.level(top, side);
            let (finer, coarser) = self.levels.split_at_mut(top);
            pull(&finer[top - 1], &mut coarser[0]);
        }
        if let Some([sums @ .., weight]) = self.levels[top].pixels.first_mut().filter(|pixel| pixel[3] > 0.0) {
            sums.iter_mut().for_each(|sum| *sum /= *weight);
        }
        for finer in (0..top).rev() {
            let (finer, coarser) = self.levels.split_at_mut(finer + 1);
            push(&coarser[0], &mut finer[finer.len() - 1]);
        }
        &self.levels[0].pixels
    }

    /// The pixels of a level, emptied.
    fn level(&mut self, level: usize, side: usize) -> &mut Vec<Pixel> {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Level::default);
        }
        let found = &mut self.levels[level];
        found.side = side;
        found.pixels.clear();
        &mut found.pixels
    }
}

/// Sums up four pixels to one, which is no surer than a pixel can be.
fn pull(finer: &Level, coarser: &mut Level) {
    for j in 0..coarser.side {
        for i in 0..coarser.side {
            let mut sum = [0.0; 4];
            for (y, x) in [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(y, x)| (2 * j + y, 2 * i + x)) {
                if y < finer.side && x < finer.side {
                    let pixel = finer.pixels[y * finer.side + x];
                    sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
                }
            }
            let share = 1.0 / sum[3].max(1.0);
            coarser.pixels.push(sum.map(|value| value * share));
        }
    }
}

/// Completes each pixel, as far as it is not sure, from those above it (bilinear, edge pixels repeated).
fn push(coarser: &Level, finer: &mut Level) {
    let taps = |v: usize| {
        let last = coarser.side - 1;
        let (near, other) = (v / 2, if v.is_multiple_of(2) { (v / 2).saturating_sub(1) } else { v / 2 + 1 });
        [(near.min(last), 0.75), (other.min(last), 0.25)]
    };
    for j in 0..finer.side {
        for i in 0..finer.side {
            let pixel = &mut finer.pixels[j * finer.side + i];
            let missing = 1.0 - pixel[3];
            for (y, wy) in taps(j) {
                for (x, wx) in taps(i) {
                    let above = coarser.pixels[y * coarser.side + x];
                    (0..3).for_each(|k| pixel[k] += missing * wy * wx * above[k]);
                }
            }
            pixel[3] = 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_stays_and_the_rest_lies_between() {
        for side in [1, 2, 7, 160] {
            let known = (0..side * side).map(|n| match n % side {
                0 => [0.2, 0.4, 0.6, 1.0],
                i if i == side - 1 => [0.8, 0.4, 0.2, 1.0],
                _ => [0.0; 4],
            });
            let mut pyramid = Pyramid::default();
            // Once more over what the first left.
            pyramid.fill(9, [[1.0; 4]; 81].into_iter());
            let found = pyramid.fill(side, known);
            for (n, pixel) in found.iter().enumerate() {
                assert!((pixel[1] - 0.4).abs() < 1e-5, "{side}, pixel {n}: {pixel:?}");
                assert!((0.2 - 1e-5..0.8 + 1e-5).contains(&pixel[0]), "{side}, pixel {n}: {pixel:?}");
            }
            assert_eq!(found[0][0], 0.2, "{side}");
        }
        // A colour that is known at one edge alone is everybody's, however dark the unknown pixels are.
        let known = (0..64 * 64).map(|n| if n % 64 == 0 { [0.25, 0.5, 0.75, 1.0] } else { [0.0; 4] });
        for pixel in Pyramid::default().fill(64, known) {
            assert!(pixel.iter().zip([0.25, 0.5, 0.75]).all(|(a, b)| (a - b).abs() < 1e-5), "{pixel:?}");
        }
    }

    #[test]
    fn nothing_known_is_black() {
        assert!(Pyramid::default().fill(5, [[0.0; 4]; 25].into_iter()).iter().all(|pixel| pixel[..3] == [0.0; 3]));
    }
}
