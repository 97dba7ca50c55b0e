//! What runs a swap network, whatever it runs on.

use super::not_finite::not_finite;

/// A network that failed on one frame, or gave no picture.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The network could not be run.
    #[error("the swap network failed: {0}")]
    Run(String),
    /// The network gave NaN or an infinity.
    #[error("the swap network gave a value that is not a number in output '{0}'")]
    NotFinite(&'static str),
}

/// What the network made of one crop. All pictures are `resolution` × `resolution`, row-major from the top left.
#[derive(Debug, Clone, Copy)]
pub struct Generated<'a> {
    /// Side in pixels.
    pub resolution: usize,
    /// The crop that went in: blue, green, red, 0..1, interleaved.
    pub driver: &'a [f32],
    /// The generated face: blue, green, red, nominally 0..1, interleaved.
    pub face: &'a [f32],
    /// Mask of the face in the crop that went in, 0..1.
    pub driver_mask: &'a [f32],
    /// Mask of the generated face, 0..1.
    pub face_mask: &'a [f32],
}

/// Decoder B on some device. One engine serves one frame at a time; two frames in flight need two.
pub trait Engine: Send {
    /// Side of the square crop, in pixels.
    fn resolution(&self) -> usize;

    /// Room for the crop: blue, green, red, 0..1, interleaved, row-major, `resolution`² pixels.
    fn crop_mut(&mut self) -> &mut [f32];

    /// Runs the network on the crop. `morph` (0..1) is used by models that have it.
    ///
    /// # Errors
    /// [`EngineError`] where the run fails or the outcome is not finite.
    fn run(&mut self, morph: f32) -> Result<Generated<'_>, EngineError>;

    /// Whether the device that it runs on is gone for good: another engine is needed.
    fn is_lost(&self) -> bool {
        false
    }
}

/// Copies an output, clamped to 0..1.
pub(super) fn take(output: &[f32], into: &mut [f32], name: &'static str) -> Result<(), EngineError> {
    if not_finite(output) > 0 {
        return Err(EngineError::NotFinite(name));
    }
    for (into, &value) in into.iter_mut().zip(output) {
        *into = value.clamp(0.0, 1.0);
    }
    Ok(())
}
