//! Times one face, from crop to composite.

use std::time::{Duration, Instant};

use crate::blend::{BlendError, BlendSettings, Blender};
use crate::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
use crate::geometry::{Point, Similarity};
use crate::swap::Generated;

/// Side of the face in the frame, and of the model's crop.
const FACE: f32 = 320.0;
const RESOLUTION: usize = 128;

/// Blends that do not count, because buffers grow and caches are cold, and blends of which the best counts.
const WARM_UPS: usize = 2;
const BLENDS: usize = 5;

/// A rival that takes so many times as long even when warm needs no further rounds.
const HOPELESS: u32 = 3;

/// How long `blender` takes for a 320-pixel face in a 1280×720 I420 frame and a model of 128 pixels; the best of
/// several, or the second where that is hopeless against `rival`.
pub(super) fn trial(blender: &mut dyn Blender, rival: Option<Duration>) -> Result<Duration, BlendError> {
    let layout = Layout {
        format: PixelFormat::I420,
        width: 1280,
        height: 720,
        matrix: Matrix::Bt709,
        range: Range::Limited,
        transfer: Default::default(),
    };
    let mut owned = OwnedFrame::new(layout);
    for plane in 0..layout.format.planes() {
        owned.bytes_mut(plane).fill(120);
    }
    let refused = |e| BlendError::Gpu(format!("the trial's frame cannot be used: {e}"));
    let mut frame = owned.frame_mut().map_err(refused)?;
    let to_crop = Similarity::taking(Point::new(640.0, 360.0), Point::new(0.5, 0.5), 1.0 / FACE, 0.1);
    let pixels = RESOLUTION * RESOLUTION;
    let mut crop = vec![0.0; pixels * 3];
    let face: Vec<f32> = (0..pixels * 3).map(|i| (i % 251) as f32 / 251.0).collect();
    let mask = vec![1.0; pixels];
    let mut best = Duration::MAX;
    for round in 0..WARM_UPS + BLENDS {
        let start = Instant::now();
        blender.crop(&frame.as_frame(), &to_crop, RESOLUTION, &mut crop)?;
        let generated =
            Generated { resolution: RESOLUTION, driver: &crop, face: &face, driver_mask: &mask, face_mask: &mask };
        blender.composite(&mut frame, &to_crop, &generated, &[], &BlendSettings::default(), None)?;
        let took = start.elapsed();
        // The first round compiles.
        if round > 0 && rival.is_some_and(|rival| took > HOPELESS * rival) {
            return Ok(best.min(took));
        }
        if round >= WARM_UPS {
            best = best.min(took);
        }
    }
    Ok(best)
}
