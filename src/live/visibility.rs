//! What hides a face, taken out of the mask that the generated one is put in with.

use crossbeam_channel::Receiver;

use crate::blend::BlendSettings;
use crate::blend::crop::{CropSums, crop};
use crate::blend::mask::hide;
use crate::face::{OCCLUSION_SIDE, OcclusionNetwork};
use crate::frame::Frame;
use crate::geometry::Similarity;
use crate::runtime::NetworkError;
use crate::swap::Generated;

/// The occlusion network of one swap stage, with its buffers.
#[derive(Debug)]
pub struct Visibility {
    network: Option<OcclusionNetwork>,
    inbox: Receiver<OcclusionNetwork>,
    sums: CropSums,
    crop: Vec<f32>,
    mask: Vec<f32>,
}

impl Visibility {
    /// With the network that comes through `inbox`; until then nothing hides a face.
    pub fn new(inbox: Receiver<OcclusionNetwork>) -> Self {
        Self { network: None, inbox, sums: CropSums::default(), crop: Vec::new(), mask: Vec::new() }
    }

    /// Takes over a network that has come.
    pub fn receive(&mut self) {
        if let Ok(network) = self.inbox.try_recv() {
            self.network = Some(network);
        }
    }

    /// What the network made of the crop, with the driver's mask where the face is visible, and the settings by which that
    /// counts: as they were where there is no network.
    ///
    /// # Errors
    /// [`NetworkError`] where the run fails.
    pub fn apply<'a>(
        &'a mut self,
        generated: &Generated<'a>,
        settings: &BlendSettings,
    ) -> Result<(Generated<'a>, BlendSettings), NetworkError> {
        let Some(network) = &mut self.network else { return Ok((*generated, *settings)) };
        let visible = network.look(generated.driver, generated.resolution)?;
        self.mask.clear();
        if settings.driver_mask {
            self.mask.extend_from_slice(generated.driver_mask);
        } else {
            self.mask.resize(generated.resolution * generated.resolution, 1.0);
        }
        hide(&mut self.mask, generated.resolution, visible);
        Ok((Generated { driver_mask: &self.mask, ..*generated }, BlendSettings { driver_mask: true, ..*settings }))
    }

    /// How visible the face is that `to_frame` (from the crop's unit square to frame px) places, [`OCCLUSION_SIDE`]² values of 0..1; `None` where
    /// there is no network. For crops that are on a GPU: the frame is looked at here.
    ///
    /// # Errors
    /// [`NetworkError`] where the run fails.
    pub fn look(&mut self, frame: &Frame<'_>, to_frame: &Similarity) -> Result<Option<&[f32]>, NetworkError> {
        let Some(network) = &mut self.network else { return Ok(None) };
        self.crop.resize(3 * OCCLUSION_SIDE * OCCLUSION_SIDE, 0.0);
        crop(frame, to_frame, OCCLUSION_SIDE, &mut self.crop, &mut self.sums);
        network.look(&self.crop, OCCLUSION_SIDE).map(Some)
    }
}
