//! What must be known of the network's pictures before a frame may leave. The shader of the same name says it where they are
//! on a GPU.

use super::Generated;
use crate::blend::BlendSettings;

/// How much of the crop the masks cover, 0..1, and whether all values are numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct SwapReport {
    /// Mean of the product of both masks.
    pub both: f32,
    /// Mean of the driver's mask.
    pub driver: f32,
    /// Mean of the generated mask.
    pub generated: f32,
    /// How many values of masks and face are not finite.
    pub not_finite: f32,
}

impl SwapReport {
    /// Of these pictures.
    pub fn of(generated: &Generated<'_>) -> Self {
        let Generated { driver_mask, face, face_mask, .. } = *generated;
        let unit = |v: f32| if v > 0.0 { v.min(1.0) } else { 0.0 };
        let mean = |sum: f32| sum / driver_mask.len().max(1) as f32;
        let bad = [driver_mask, face, face_mask].into_iter().flatten().filter(|value| !value.is_finite()).count();
        Self {
            both: mean(driver_mask.iter().zip(face_mask).map(|(&d, &f)| unit(d) * unit(f)).sum()),
            driver: mean(driver_mask.iter().map(|&d| unit(d)).sum()),
            generated: mean(face_mask.iter().map(|&f| unit(f)).sum()),
            not_finite: bad as f32,
        }
    }

    /// Whether the network gave numbers.
    pub fn is_finite(&self) -> bool {
        self.not_finite == 0.0
    }

    /// Part of the crop that the masks in use cover, 0..1; 1 where none is used.
    pub fn masked(&self, settings: &BlendSettings) -> f32 {
        match (settings.driver_mask, settings.generated_mask) {
            (true, true) => self.both,
            (true, false) => self.driver,
            (false, true) => self.generated,
            (false, false) => 1.0,
        }
    }
}
