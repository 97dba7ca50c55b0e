//! Puts a model's face on a face of a frame: crop, network and blend as one.
//!
//! [`Swapper`] says what is asked for and what comes of it. [`HostSwapper`] goes a step at a time through host
//! memory: the passes on the processor, the network by ONNX Runtime, whoever computes there. [`GpuSwapper`] does all
//! of it on one GPU, in one submission. Neither changes the frame where the swap fails or hides too little of the
//! face.

mod error;
mod gpu;
mod host;

pub use error::SwapError;
pub use gpu::GpuSwapper;
pub use host::HostSwapper;

use crate::blend::{BlendRequest, Blended};
use crate::frame::FrameMut;

/// Puts a model's face on faces. One swapper serves one frame at a time; two frames in flight need two.
pub trait Swapper: Send {
    /// Puts the model's face on the face that `request` places in the frame. `morph` (0..1) is used by models that
    /// have it.
    ///
    /// # Errors
    /// [`SwapError`] where a step fails, or where the mask covers less than the request asks for; the frame is then
    /// as it was.
    fn swap(&mut self, frame: &mut FrameMut<'_>, request: &BlendRequest<'_>, morph: f32) -> Result<Swapped, SwapError>;

    /// Whether another swapper is needed: the device that it runs on is gone for good, or computes with too few bits for
    /// the model.
    fn is_lost(&self) -> bool {
        false
    }
}

/// What came of one face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Swapped {
    /// What the mask covers and what was measured; `None` where the crop and the frame do not meet: nothing is to be
    /// done.
    pub blended: Option<Blended>,
    /// What it took.
    pub times: StepTimes,
}

/// Milliseconds of the steps; on a GPU, which does all of them at once, what the processor does for them counts as the
/// network's.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StepTimes {
    /// Frame to crop.
    pub crop: f32,
    /// The network.
    pub network: f32,
    /// Waiting for the GPU.
    pub device: f32,
    /// Masks to frame.
    pub blend: f32,
}

/// What was put into the frame, where it may be.
fn enough(blended: Blended, request: &BlendRequest<'_>) -> Result<Blended, SwapError> {
    if request.is_met_by(blended.covered) { Ok(blended) } else { Err(SwapError::Uncovered) }
}
