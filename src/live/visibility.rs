//! What hides a face, taken out of the mask that the generated one is put in with.

use crossbeam_channel::Receiver;

use crate::blend::crop::{CropSums, crop};
use crate::face::{OCCLUSION_SIDE, OcclusionNetwork};
use crate::frame::{Frame, Layout};
use crate::geometry::{Point, Similarity};
use crate::runtime::NetworkError;

/// Places along the crop's sides at which it is looked for the frame's edge.
const PLACES: usize = 16;
/// Radius of the circle that a face surely fills, of the crop's side.
const FACE: f32 = 0.25;
/// Least part of it that must be visible.
const LEAST_VISIBLE: f32 = 0.15;
/// Least part of a crop that must lie in the frame.
const INSIDE: f32 = 0.95;

/// The occlusion network of one swap stage, with its buffers.
#[derive(Debug)]
pub struct Visibility {
    network: Option<OcclusionNetwork>,
    inbox: Receiver<OcclusionNetwork>,
    sums: CropSums,
    crop: Vec<f32>,
}

impl Visibility {
    /// With the network that comes through `inbox`; until then nothing hides a face.
    pub fn new(inbox: Receiver<OcclusionNetwork>) -> Self {
        Self { network: None, inbox, sums: CropSums::default(), crop: Vec::new() }
    }

    /// Whether the network can be asked about a crop, whose unit square `to_frame` takes to frame px: beyond the
    /// frame's edge it would see a thing in front of the face, and the driver's own would show.
    pub fn tells(to_frame: &Similarity, layout: &Layout) -> bool {
        let inside = (0..PLACES * PLACES).filter(|i| {
            let place = |n: usize| (n as f32 + 0.5) / PLACES as f32;
            let Point { x, y } = to_frame.apply(Point::new(place(i % PLACES), place(i / PLACES)));
            (0.0..layout.width as f32).contains(&x) && (0.0..layout.height as f32).contains(&y)
        });
        inside.count() as f32 >= INSIDE * (PLACES * PLACES) as f32
    }

    /// Whether so little of the face was visible in the last crop that nothing tells a hand from a mistake: then the
    /// driver's own face could show.
    pub fn hides_all(&self) -> bool {
        let Some(network) = &self.network else { return false };
        let middle = |n: usize| (n as f32 + 0.5) / OCCLUSION_SIDE as f32 - 0.5;
        let within = |n: usize| middle(n % OCCLUSION_SIDE).powi(2) + middle(n / OCCLUSION_SIDE).powi(2) < FACE * FACE;
        let values = network.visible().iter().enumerate().filter(|(n, _)| within(*n));
        let (sum, count) = values.fold((0.0, 0.0), |(sum, count), (_, visible)| (sum + visible, count + 1.0));
        sum < LEAST_VISIBLE * count
    }

    /// Takes over a network that has come.
    pub fn receive(&mut self) {
        if let Ok(network) = self.inbox.try_recv() {
            self.network = Some(network);
        }
    }

    /// Looks at the crop whose unit square `to_frame` takes to frame px, where there is a network.
    ///
    /// # Errors
    /// [`NetworkError`] where the run fails.
    pub fn look(&mut self, frame: &Frame<'_>, to_frame: &Similarity) -> Result<(), NetworkError> {
        let Some(network) = &mut self.network else { return Ok(()) };
        self.crop.resize(3 * OCCLUSION_SIDE * OCCLUSION_SIDE, 0.0);
        crop(frame, to_frame, OCCLUSION_SIDE, &mut self.crop, &mut self.sums);
        network.look(&self.crop, OCCLUSION_SIDE).map(|_| ())
    }

    /// How visible the face was in the last crop, [`OCCLUSION_SIDE`]² values of 0..1; `None` where there is no network.
    pub fn visible(&self) -> Option<&[f32]> {
        self.network.as_ref().map(OcclusionNetwork::visible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Matrix, PixelFormat, Range};

    #[test]
    fn a_crop_that_the_frame_s_edge_cuts_is_not_asked_about() {
        let (format, matrix, range) = (PixelFormat::I420, Matrix::Bt709, Range::Limited);
        let layout = Layout { format, width: 640, height: 480, matrix, range, transfer: Default::default() };
        let at = |tx: f32, ty: f32| Similarity { a: 300.0, b: 0.0, tx, ty };
        assert!(Visibility::tells(&at(100.0, 100.0), &layout) && Visibility::tells(&at(340.0, 100.0), &layout));
        assert!(!Visibility::tells(&at(-50.0, 100.0), &layout) && !Visibility::tells(&at(100.0, 220.0), &layout));
    }
}
