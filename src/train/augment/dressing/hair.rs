//! Colour and strands of hair.

use rand::{Rng, RngExt};

use super::super::draw::between;

/// Values of the texture.
const VALUES: usize = 256;

/// Blue, green, red of hair in good light: from black by brown to blond, sometimes red, grey or white.
pub(super) fn colour(rng: &mut impl Rng) -> [f32; 3] {
    const DARK: [f32; 3] = [0.04, 0.045, 0.055];
    const BROWN: [f32; 3] = [0.12, 0.2, 0.3];
    const BLOND: [f32; 3] = [0.38, 0.58, 0.72];
    const RED: [f32; 3] = [0.12, 0.26, 0.52];
    const WHITE: [f32; 3] = [0.78, 0.8, 0.8];
    let (kind, t) = (rng.random::<f32>(), rng.random::<f32>());
    let (from, to) = match kind {
        v if v < 0.6 => (DARK, BROWN),
        v if v < 0.78 => (BROWN, BLOND),
        v if v < 0.88 => (DARK, WHITE),
        _ => (BROWN, RED),
    };
    [0, 1, 2].map(|c| from[c] + t * (to[c] - from[c]))
}

/// Strands: noise that is long one way and thin the other.
pub(super) struct Strands {
    values: [f32; VALUES],
    /// Strands over the unit square.
    thin: f32,
    /// Changes along one over the unit square.
    long: f32,
    /// How far strands sway.
    sway: f32,
}

impl Strands {
    /// Draws some: `thin` of them side by side over the unit square, with about `long` changes along each.
    pub(super) fn draw(thin: f32, long: f32, rng: &mut impl Rng) -> Self {
        let values = std::array::from_fn(|_| rng.random());
        Self { values, thin, long, sway: between(rng, 0.0, 0.02) }
    }

    /// At `across` and `along`, 0..1.
    pub(super) fn at(&self, across: f32, along: f32) -> f32 {
        let across = across + self.sway * (self.noise(across * 9.0, along * 9.0 + 40.0) - 0.5);
        let (coarse, fine) = (
            self.noise(across * self.thin * 0.37, along * self.long * 0.6 + 17.0),
            self.noise(across * self.thin, along * self.long),
        );
        0.4 * coarse + 0.6 * fine
    }

    /// Value noise, smooth, 0..1.
    pub(super) fn noise(&self, x: f32, y: f32) -> f32 {
        let (column, row) = (x.floor(), y.floor());
        let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
        let (fx, fy) = (smooth(x - column), smooth(y - row));
        let (i, j) = (column as i32, row as i32);
        let value = |i: i32, j: i32| {
            let mixed = i.wrapping_mul(0x3c6e_f35f) ^ j.wrapping_mul(0x5851_f42d);
            self.values[((mixed >> 11) as usize) % VALUES]
        };
        let (right, below) = (i.wrapping_add(1), j.wrapping_add(1));
        let upper = value(i, j) + (value(right, j) - value(i, j)) * fx;
        let lower = value(i, below) + (value(right, below) - value(i, below)) * fx;
        upper + (lower - upper) * fy
    }
}
