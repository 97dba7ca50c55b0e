//! Whether the edge of the generated face shows.

use super::picture::masked_mean;
use super::similarity::gradient;
use crate::blend::erode::erode;

/// Difference of luma from which on a pixel counts as changed: one code of a frame.
const CHANGED: f32 = 0.75 / 255.0;
/// Width of the edge that is looked at, in canonical units: as far as the default feather reaches.
const BAND: f32 = 0.2;

/// The edge of the swap in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seam {
    /// Root of the mean square by which the output's gradient exceeds the plate's along the edge, in luma codes
    /// (0..255) a pixel. Squares, since the same step costs more the narrower it is.
    pub excess: f32,
    /// The output's mean gradient over the plate's.
    pub ratio: f32,
}

/// Looks at the band just inside of where `output` (luma, 0..1) begins to differ from `plate`. `canonical` is the
/// length of a px in canonical units. `None` where nothing differs.
pub fn seam(plate: &[f32], output: &[f32], side: usize, canonical: f32) -> Option<Seam> {
    let changed: Vec<f32> =
        plate.iter().zip(output).map(|(p, o)| f32::from(u8::from((p - o).abs() > CHANGED))).collect();
    let (mut scratch, mut region) = (Vec::new(), changed);
    // Pixels that happen to be the same colour are no edge.
    let close = (0.04 / canonical).round().max(1.0) as i32;
    erode(&mut region, side, -close, 0, &mut scratch);
    erode(&mut region, side, close, 0, &mut scratch);
    let mut inner = region.clone();
    erode(&mut inner, side, (BAND / canonical).round().max(1.0) as i32, 0, &mut scratch);
    let band: Vec<f32> = region.iter().zip(&inner).map(|(r, i)| r - i).collect();
    let (before, after) = (gradient(plate, side), gradient(output, side));
    // Prewitt's differences span two px.
    let excess = masked_mean(before.iter().zip(&after).map(|(b, a)| ((a - b).max(0.0) / 2.0).powi(2)), &band)?.sqrt();
    let (plate, output) = (masked_mean(before, &band)?, masked_mean(after, &band)?);
    Some(Seam { excess: 255.0 * excess, ratio: output / plate.max(1e-6) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 128;

    /// A grey disc on a ramp, its edge `soft` px wide.
    fn disc(soft: f32) -> (Vec<f32>, Vec<f32>) {
        let plate: Vec<f32> = (0..SIDE * SIDE).map(|n| 0.3 + 0.3 * (n % SIDE) as f32 / SIDE as f32).collect();
        let output = plate.iter().enumerate().map(|(n, &p)| {
            let (x, y) = ((n % SIDE) as f32 - 64.0, (n / SIDE) as f32 - 64.0);
            let m = ((40.0 - x.hypot(y)) / soft).clamp(0.0, 1.0);
            p + m * (0.8 - p)
        });
        let output = output.collect();
        (plate, output)
    }

    #[test]
    fn a_hard_edge_shows_more_than_a_soft_one() {
        let excess = |soft: f32| {
            let (plate, output) = disc(soft);
            seam(&plate, &output, SIDE, 0.02).map_or(0.0, |seam| seam.excess)
        };
        assert!(excess(1.0) > 1.5 * excess(20.0), "{} {}", excess(1.0), excess(20.0));
    }

    #[test]
    fn no_change_has_no_seam() {
        let (plate, _) = disc(1.0);
        assert_eq!(seam(&plate, &plate, SIDE, 0.02), None);
    }
}
