//! Tells a hard cut from movement, by the luma of a coarse grid of points.

use crate::frame::Frame;

/// Points across and down.
const GRID: (usize, usize) = (24, 16);
/// Mean change of the points' luma, in codes, from which two frames are different scenes. A performer who moves
/// changes a part of the points, a cut nearly all.
const CUT: u32 = 24;

/// Compares each frame with the one before.
#[derive(Debug, Default)]
pub struct SceneCut {
    before: Option<[u8; GRID.0 * GRID.1]>,
}

impl SceneCut {
    /// Forgets the frame before.
    pub fn reset(&mut self) {
        self.before = None;
    }

    /// Whether `frame` shows another scene than the frame before.
    pub fn is_cut(&mut self, frame: &Frame<'_>) -> bool {
        let layout = frame.layout();
        // Luma, or what is most of it.
        let component = if layout.format.is_yuv() { 0 } else { 1 };
        let beyond = layout.format.depth().bits() - 8;
        let mut points = [0; GRID.0 * GRID.1];
        for (i, point) in points.iter_mut().enumerate() {
            let middle = |n: usize, of: usize, length: usize| (2 * n + 1) * length / (2 * of);
            let (x, y) = (middle(i % GRID.0, GRID.0, layout.width), middle(i / GRID.0, GRID.1, layout.height));
            *point = (frame.code(component, x, y) >> beyond) as u8;
        }
        let change = |before: &[u8; GRID.0 * GRID.1]| -> u32 {
            before.iter().zip(&points).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
        };
        let cut = self.before.as_ref().is_some_and(|before| change(before) > CUT * points.len() as u32);
        self.before = Some(points);
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};

    fn frame(format: PixelFormat, shade: impl Fn(usize) -> u8) -> OwnedFrame {
        let layout = Layout {
            format,
            width: 97,
            height: 61,
            matrix: Matrix::Bt709,
            range: Range::Limited,
            transfer: Default::default(),
        };
        let mut frame = OwnedFrame::new(layout);
        frame.bytes_mut(0).iter_mut().enumerate().for_each(|(i, byte)| *byte = shade(i));
        frame
    }

    #[test]
    fn another_scene_is_a_cut_and_the_same_with_something_moved_is_not() {
        for format in PixelFormat::ALL {
            let mut cut = SceneCut::default();
            let dark = frame(format, |_| 40);
            let moved = frame(format, |i| if i % 97 < 20 { 120 } else { 40 });
            let bright = frame(format, |_| 90);
            let seen: Vec<bool> = [&dark, &moved, &dark, &bright, &bright]
                .map(|frame| frame.frame().is_ok_and(|frame| cut.is_cut(&frame)))
                .into();
            assert_eq!(seen, [false, false, false, true, false], "{format:?}");
        }
    }
}
