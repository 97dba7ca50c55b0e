//! Times a swapper on one face.

use std::time::{Duration, Instant};

use crate::blend::{BlendRequest, BlendSettings};
use crate::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
use crate::geometry::{Point, Similarity};
use crate::swapper::Swapper;

/// Side of the face in the frame.
const FACE: f32 = 320.0;
/// Swaps that do not count, because buffers grow, and swaps of which the best counts.
const WARM_UPS: usize = 1;
const SWAPS: usize = 3;

/// Whether `swapper` takes less time than `rival`; not where it fails.
pub(super) fn is_faster(swapper: &mut dyn Swapper, rival: &mut dyn Swapper) -> bool {
    match (trial(swapper), trial(rival)) {
        (Some(time), Some(rival)) => time < rival,
        (time, _) => time.is_some(),
    }
}

/// How long a swap of a 320-pixel face in a grey 1280×720 I420 frame takes, the best of several; `None` where one
/// fails.
fn trial(swapper: &mut dyn Swapper) -> Option<Duration> {
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
    let mut frame = owned.frame_mut().ok()?;
    let to_crop = Similarity::taking(Point::new(640.0, 360.0), Point::new(0.5, 0.5), 1.0 / FACE, 0.1);
    let settings = BlendSettings::default();
    let request = BlendRequest::new(&to_crop, &settings);
    let mut times = [Duration::MAX; WARM_UPS + SWAPS];
    for time in &mut times {
        let begun = Instant::now();
        swapper.swap(&mut frame, &request, 0.5).ok()?;
        *time = begun.elapsed();
    }
    times[WARM_UPS..].iter().min().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::FrameMut;
    use crate::swapper::{StepTimes, SwapError, Swapped};

    /// Fails after so many swaps, each of which takes so many milliseconds.
    struct Scripted(usize, u64);

    impl Swapper for Scripted {
        fn swap(&mut self, _: &mut FrameMut<'_>, _: &BlendRequest<'_>, _: f32) -> Result<Swapped, SwapError> {
            self.0 = self.0.checked_sub(1).ok_or(SwapError::Lost)?;
            std::thread::sleep(Duration::from_millis(self.1));
            Ok(Swapped { blended: None, times: StepTimes::default() })
        }
    }

    #[test]
    fn the_faster_one_is_taken_and_what_fails_is_not() {
        let many = usize::MAX;
        let all = WARM_UPS + SWAPS;
        assert!(is_faster(&mut Scripted(many, 1), &mut Scripted(many, 200)));
        assert!(!is_faster(&mut Scripted(many, 200), &mut Scripted(many, 1)));
        assert!(!is_faster(&mut Scripted(all - 1, 0), &mut Scripted(many, 200)));
        assert!(!is_faster(&mut Scripted(0, 0), &mut Scripted(0, 0)));
        assert!(is_faster(&mut Scripted(all, 0), &mut Scripted(0, 0)));
    }
}
