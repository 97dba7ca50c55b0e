//! The network's bare output, caught where it is handed to the blend.

use crossbeam_channel::Sender;

use super::picture::{Picture, Square};
use crate::blend::place::place;
use crate::blend::{BlendError, BlendRequest, Blended, Blender, CpuBlender};
use crate::frame::{Frame, FrameMut};
use crate::geometry::{Point, Similarity};
use crate::swap::Generated;

/// What the network drew for one face, where the blend puts it: before mask, colour transfer and composite.
#[derive(Debug, Clone, PartialEq)]
pub struct Bare {
    /// Frame px to the unit square of the crop.
    pub to_crop: Similarity,
    /// The drawn face, as large as the model draws it.
    pub picture: Picture,
}

impl Bare {
    /// Its place in the frame; `None` for a crop without a size.
    pub fn square(&self) -> Option<Square> {
        Some(Square { to_frame: self.to_crop.inverse()?, side: self.picture.side })
    }

    /// These points of the frame, in px of the picture.
    pub fn points(&self, frame: &[Point]) -> Vec<Point> {
        let side = self.picture.side as f32;
        let scaled = |p: Point| Point::new(p.x * side, p.y * side);
        frame.iter().map(|&p| scaled(self.to_crop.apply(p))).collect()
    }
}

/// Blends on the processor, and sends what it was given.
#[derive(Debug)]
pub struct Catch {
    blender: CpuBlender,
    outlet: Sender<Bare>,
}

impl Catch {
    /// Sends a [`Bare`] through `outlet` for each face that was blended, in their order.
    pub fn new(outlet: Sender<Bare>) -> Self {
        Self { blender: CpuBlender::default(), outlet }
    }
}

impl Blender for Catch {
    fn crop(
        &mut self,
        frame: &Frame<'_>,
        to_crop: &Similarity,
        resolution: usize,
        crop: &mut [f32],
    ) -> Result<(), BlendError> {
        self.blender.crop(frame, to_crop, resolution, crop)
    }

    fn composite(
        &mut self,
        frame: &mut FrameMut<'_>,
        generated: &Generated<'_>,
        request: &BlendRequest<'_>,
    ) -> Result<Blended, BlendError> {
        let blended = self.blender.composite(frame, generated, request)?;
        if request.is_met_by(blended.covered) {
            let side = generated.resolution;
            let (mut bgr, mut mask) = (vec![0.0; side * side * 3], vec![1.0; side * side]);
            place(generated, request.settings, &mut bgr, &mut mask);
            let _ = self.outlet.send(Bare { to_crop: *request.to_crop, picture: Picture { side, bgr } });
        }
        Ok(blended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blend::BlendSettings;
    use crate::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};

    #[test]
    fn what_is_blended_is_caught_in_place() -> Result<(), Box<dyn std::error::Error>> {
        let layout = Layout {
            format: PixelFormat::Rgbx,
            width: 32,
            height: 32,
            matrix: Matrix::Bt709,
            range: Range::Full,
            transfer: Default::default(),
        };
        let mut frame = OwnedFrame::new(layout);
        let (outlet, caught) = crossbeam_channel::unbounded();
        let (driver, mask) = (vec![0.5; 8 * 8 * 3], vec![1.0; 64]);
        let face: Vec<f32> = (0..8 * 8 * 3).map(|n| n as f32 / 150.0).collect();
        let generated = Generated { resolution: 8, driver: &driver, face: &face, driver_mask: &mask, face_mask: &mask };
        let to_crop = Similarity { a: 1.0 / 16.0, b: 0.0, tx: -0.5, ty: -0.25 };
        let settings = BlendSettings::default();
        let request = BlendRequest::new(&to_crop, &settings);
        Catch::new(outlet).composite(&mut frame.frame_mut()?, &generated, &request)?;
        let bare = caught.try_recv()?;
        assert_eq!((bare.to_crop, bare.picture.side), (to_crop, 8));
        // Clamped to what a picture can hold, and else untouched.
        assert!(bare.picture.bgr.iter().zip(&face).all(|(got, drawn)| *got == drawn.min(1.0)));
        assert_eq!(bare.points(&[Point::new(16.0, 12.0)]), [Point::new(4.0, 4.0)]);
        Ok(())
    }
}
