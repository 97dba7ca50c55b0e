//! The swap on one GPU: the face's region goes up, is swapped in one submission and comes back.

use std::time::{Duration, Instant};

use super::{StepTimes, SwapError, Swapped, Swapper, enough};
use crate::blend::gpu::GpuBlender;
use crate::blend::{BlendError, BlendRequest};
use crate::frame::FrameMut;
use crate::gpu::GpuError;
use crate::swap::{GpuEngine, GpuNetwork};

/// A network and a blender on one device.
pub struct GpuSwapper {
    network: GpuNetwork,
    blender: GpuBlender,
}

impl GpuSwapper {
    /// One of each of a model's engines, on their device.
    ///
    /// # Errors
    /// [`GpuError`] where the device has failed or refuses a pass of the blend.
    pub fn several(engines: Vec<GpuEngine>) -> Result<Vec<Self>, GpuError> {
        let Some(first) = engines.first() else { return Ok(Vec::new()) };
        let blenders = GpuBlender::several(first.network().gpu(), engines.len())?;
        let networks = engines.into_iter().map(GpuEngine::into_network);
        Ok(networks.zip(blenders).map(|(network, blender)| Self { network, blender }).collect())
    }
}

impl Swapper for GpuSwapper {
    fn swap(&mut self, frame: &mut FrameMut<'_>, request: &BlendRequest<'_>, morph: f32) -> Result<Swapped, SwapError> {
        if self.network.gpu().is_lost() {
            return Err(SwapError::Lost);
        }
        let begun = Instant::now();
        let blended = self.blender.swap(frame, &self.network, request, morph);
        match &blended {
            Ok(Some(_)) => self.network.note(true),
            Err(BlendError::NotFinite) => self.network.note(false),
            _ => {}
        }
        let blended = blended?;
        let blended = blended.map(|blended| enough(blended, request)).transpose()?;
        let ms = |time: Duration| time.as_secs_f32() * 1e3;
        let (all, waited) = (begun.elapsed(), self.blender.waited());
        let times = StepTimes { network: ms(all.saturating_sub(waited)), device: ms(waited), ..StepTimes::default() };
        Ok(Swapped { blended, times })
    }

    fn is_lost(&self) -> bool {
        self.network.gpu().is_lost() || self.network.has_too_few_bits()
    }
}
