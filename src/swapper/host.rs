//! The swap in host memory, a step at a time.

use std::time::Instant;

use super::{StepTimes, SwapError, Swapped, Swapper, enough};
use crate::blend::{BlendRequest, Blender};
use crate::frame::FrameMut;
use crate::swap::Engine;

/// Cuts the crop, runs the network on it and blends what it gave.
pub struct HostSwapper {
    engine: Box<dyn Engine>,
    blender: Box<dyn Blender>,
}

impl HostSwapper {
    /// By `engine`'s network and `blender`'s passes.
    pub fn new(engine: Box<dyn Engine>, blender: Box<dyn Blender>) -> Self {
        Self { engine, blender }
    }
}

impl Swapper for HostSwapper {
    fn swap(&mut self, frame: &mut FrameMut<'_>, request: &BlendRequest<'_>, morph: f32) -> Result<Swapped, SwapError> {
        if self.is_lost() {
            return Err(SwapError::Lost);
        }
        let mut begun = Instant::now();
        let mut lap = || (begun.elapsed().as_secs_f32() * 1e3, begun = Instant::now()).0;
        let Self { engine, blender } = self;
        let resolution = engine.resolution();
        blender.crop(&frame.as_frame(), request.to_crop, resolution, engine.crop_mut())?;
        let crop = lap();
        let generated = engine.run(morph)?;
        let network = lap();
        let blended = blender.composite(frame, &generated, request)?;
        let times = StepTimes { crop, network, blend: lap(), device: 0.0 };
        Ok(Swapped { blended: Some(enough(blended, request)?), times })
    }

    fn is_lost(&self) -> bool {
        self.engine.is_lost() || self.blender.is_lost()
    }
}
