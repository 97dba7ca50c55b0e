//! How much the edge of the visible face moves while the head does not.

use super::OCCLUSION_SIDE;
use crate::face::OcclusionNetwork;
use crate::train::augment::draw::normal;
use crate::train::mask::{MaskError, MaskShot};
use crate::train::random::{Purpose, stream};

/// Standard deviation of a sensor's noise in a lit room, of 0..1.
const NOISE: f32 = 0.01;

/// How far the edge moves between two maps of one still head, in px of the crop: the change of the map over the
/// length of its edge. 0 where there is no edge.
pub fn edge_movement(before: &[f32], after: &[f32]) -> f64 {
    let change: f64 = before.iter().zip(after).map(|(a, b)| f64::from((a - b).abs())).sum();
    let inside = |n: usize| before[n] > 0.5;
    let side = OCCLUSION_SIDE;
    let crossings = |n: usize| {
        usize::from(n % side + 1 < side && inside(n) != inside(n + 1))
            + usize::from(n + side < before.len() && inside(n) != inside(n + side))
    };
    let crossed: usize = (0..before.len()).map(crossings).sum();
    // A straight edge crosses 4 / π as many pairs of neighbours as it is px long, over all its directions.
    let length = crossed as f64 * std::f64::consts::FRAC_PI_4;
    if length > 0.0 { change / length } else { 0.0 }
}

/// The movement between two pictures of the same head that differ by a sensor's noise.
///
/// # Errors
/// [`MaskError::Run`].
pub fn still(network: &mut OcclusionNetwork, shot: &MaskShot, seed: u64) -> Result<f64, MaskError> {
    let mut look = |take: u64| {
        let mut rng = stream(seed, Purpose::Augmentation, take, 0);
        let noisy = |v: &u8| (f32::from(*v) / 255.0 + NOISE * normal(&mut rng)).clamp(0.0, 1.0);
        let crop: Vec<f32> = shot.source().bgr().iter().map(noisy).collect();
        network.look(&crop, OCCLUSION_SIDE).map(<[f32]>::to_vec)
    };
    let (before, after) = (look(0)?, look(1)?);
    Ok(edge_movement(&before, &after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_moves_by_two_pixels_is_said_to() {
        let disc = |x: f32| -> Vec<f32> {
            let distance = |n: usize| {
                let (i, j) = ((n % OCCLUSION_SIDE) as f32 - x, (n / OCCLUSION_SIDE) as f32 - 64.0);
                i.hypot(j)
            };
            (0..OCCLUSION_SIDE * OCCLUSION_SIDE).map(|n| (40.5 - distance(n)).clamp(0.0, 1.0)).collect()
        };
        assert_eq!(edge_movement(&disc(64.0), &disc(64.0)), 0.0);
        // Of a disc that is shifted by 2, the edge moves along its normal by 2 · |cos|, whose mean is 4 / π.
        let moved = edge_movement(&disc(64.0), &disc(66.0));
        assert!((moved - 4.0 / std::f64::consts::PI).abs() < 0.12, "{moved}");
    }
}
