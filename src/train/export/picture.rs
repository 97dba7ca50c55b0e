//! A picture of a tensor as a frame, for what looks at frames.

use burn::tensor::Tensor;

use crate::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range};

/// Pixels of a picture `[1, 3, S, S]` (blue, green, red, 0..1), the three values of each side by side.
pub(super) fn pixels(picture: &Tensor<4>) -> Vec<f32> {
    let values: Vec<f32> = picture.to_data().convert::<f32>().try_into_vec().unwrap_or_default();
    let plane = values.len() / 3;
    (0..plane).flat_map(|n| [values[n], values[plane + n], values[2 * plane + n]]).collect()
}

/// `side`² such pixels as a frame.
pub(super) fn framed(pixels: &[f32], side: usize) -> OwnedFrame {
    let mut frame = OwnedFrame::new(Layout {
        format: PixelFormat::Bgrx,
        width: side,
        height: side,
        matrix: Matrix::Bt709,
        range: Range::Full,
        transfer: Default::default(),
    });
    for (to, from) in frame.bytes_mut(0).chunks_exact_mut(4).zip(pixels.chunks_exact(3)) {
        for (byte, value) in to.iter_mut().zip(from) {
            *byte = (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        }
    }
    frame
}
