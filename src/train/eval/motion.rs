//! What moves from one frame to the next that should not: flicker of the skin, jitter of still landmarks.

use super::picture::{Square, masked_mean};
use crate::face::{Face, FaceType, align};
use crate::frame::Frame;
use crate::geometry::{Point, Similarity};

/// Side of the aligned crops that are compared, in px: coarse, so that what is sharp in one and soft in the other
/// counts little.
const SIDE: usize = 64;
/// Rows of the mesh that do not move with an expression: bridge of the nose and eye corners.
const STILL: [usize; 8] = [168, 6, 197, 195, 33, 133, 362, 263];

/// A face in the frame before.
#[derive(Debug)]
struct Before {
    track: u32,
    plate: Vec<f32>,
    output: Vec<f32>,
}

/// How much the aligned face changed, in luma codes (0..255) a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// In the output.
    pub output: f32,
    /// In the plate.
    pub plate: f32,
}

/// Compares each frame's face with the one before, aligned, so that the head's own motion does not count.
#[derive(Debug, Default)]
pub struct Flicker(Option<Before>);

impl Flicker {
    /// The change since the frame before; `None` for the first frame of a face.
    pub fn change(&mut self, face: &Face, plate: &Frame<'_>, output: &Frame<'_>) -> Option<Change> {
        let Some(to_frame) = crop_to_frame(face) else {
            self.0 = None;
            return None;
        };
        let square = Square { to_frame, side: SIDE };
        let now = Before { track: face.track, plate: square.cut(plate).luma(), output: square.cut(output).luma() };
        let before = self.0.take();
        let change = before.filter(|before| before.track == face.track).and_then(|before| {
            let mask = square.hull_mask(face);
            let apart = |a: &[f32], b: &[f32]| masked_mean(a.iter().zip(b).map(|(a, b)| 255.0 * (a - b).abs()), &mask);
            Some(Change { output: apart(&now.output, &before.output)?, plate: apart(&now.plate, &before.plate)? })
        });
        self.0 = Some(now);
        change
    }

    /// A frame without a swapped face.
    pub fn interrupt(&mut self) {
        self.0 = None;
    }
}

/// The unit square of the face's crop to frame px.
fn crop_to_frame(face: &Face) -> Option<Similarity> {
    let crop = crate::face::CropSettings { face_type: FaceType::Full, ..Default::default() };
    crop.to_crop(face).inverse()
}

/// Second differences of still landmarks: a head that moves evenly has none.
#[derive(Debug, Default)]
pub struct Jitter {
    earlier: [Option<[Point; STILL.len()]>; 2],
}

impl Jitter {
    /// Mean length of the second difference over the last three frames, in thousandths of a canonical unit.
    pub fn step(&mut self, face: &Face) -> Option<f32> {
        let scale = align(&face.landmarks).map(|to_canonical| to_canonical.scale());
        let now = STILL.map(|row| face.landmarks.get(row).copied().unwrap_or_default());
        let [last, before] = self.earlier;
        self.earlier = [Some(now), last];
        let (last, before, scale) = (last?, before?, scale?);
        let lengths = (0..STILL.len()).map(|i| {
            let second = |a: f32, b: f32, c: f32| a - 2.0 * b + c;
            second(now[i].x, last[i].x, before[i].x).hypot(second(now[i].y, last[i].y, before[i].y))
        });
        Some(1e3 * scale * lengths.sum::<f32>() / STILL.len() as f32)
    }

    /// A frame without the face, or a cut.
    pub fn interrupt(&mut self) {
        self.earlier = [None; 2];
    }
}
