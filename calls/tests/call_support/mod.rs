//! A desktop's worth of PipeWire without a desktop, a camera in it, and somebody who looks.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails may stop")]

pub(crate) mod camera;
pub(crate) mod desktop;
mod exit_code;
pub(crate) mod http_server;
pub(crate) mod listener;
pub(crate) mod looker;
#[path = "../../../plugins/faceswap/tests/common/models.rs"]
pub(crate) mod models;
#[path = "../../../tests/common/onnx.rs"]
pub(crate) mod onnx;
pub(crate) mod portal;
pub(crate) mod screen_backend;
pub(crate) mod webcam;

/// Pixels of the pictures of these tests.
pub(crate) const WIDTH: u32 = 640;
/// Likewise.
pub(crate) const HEIGHT: u32 = 360;
/// Side of a square that is one bit of the counter.
const BIT: usize = 16;
/// Bits of the counter.
const BITS: usize = 12;

/// Burns `number` into the lower right corner of a YUY2 picture.
fn burn(picture: &mut [u8], number: u64) {
    for bit in 0..BITS {
        let luma = if number >> bit & 1 == 1 { 220 } else { 30 };
        for row in HEIGHT as usize - BIT..HEIGHT as usize {
            let begin = (row * WIDTH as usize + left(bit)) * 2;
            picture[begin..begin + BIT * 2].chunks_exact_mut(2).for_each(|pixel| pixel.copy_from_slice(&[luma, 128]));
        }
    }
}

/// The left edge of a bit's square. The label is in the other corner.
fn left(bit: usize) -> usize {
    WIDTH as usize - (bit + 1) * BIT
}

/// The number that is burnt in.
fn number(picture: &[u8]) -> u64 {
    let row = HEIGHT as usize - BIT / 2;
    let luma = |bit: usize| picture[(row * WIDTH as usize + left(bit) + BIT / 2) * 2];
    (0..BITS).map(|bit| u64::from(luma(bit) > 125) << bit).sum()
}

/// Numbers begin anew after so many.
pub(crate) const NUMBERS: u64 = 1 << BITS;
