//! How much of the crop the mask covers, as it is put into the frame. Too little hides nobody.

use super::statistics::sum;

/// The mean of `mask`, `resolution`² values of 0..1; 0 where there are none.
pub fn covered(mask: &[f32]) -> f32 {
    sum(mask.len(), |i| mask[i]) / mask.len().max(1) as f32
}
