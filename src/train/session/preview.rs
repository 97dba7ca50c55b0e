//! The picture by which people judge a training.

use burn::tensor::Tensor;
use image::{Rgb, RgbImage};

use crate::train::samples::Batch;
use crate::train::weights::Weights;
use crate::train::zoo::{Network, Side};

/// For each fixed face a row: side A's picture, its reconstruction, its swap and the swap's mask; then side B's
/// picture, its reconstruction and its mask. A troupe's faces are reconstructed as the first of its people. `weights`
/// without a graph.
pub fn preview(network: &Network, weights: &Weights, a: &Batch, b: &Batch) -> RgbImage {
    let crops = |batch: &Batch| batch.target.clone().inner();
    let own = |batch: &Batch, side| network.reconstruct(weights, crops(batch), side);
    let (own_a, own_b) = (own(a, Side::A), own(b, Side::B));
    let swap = network.swap(weights, crops(a));
    let columns = [
        pictures(crops(a)),
        pictures(own_a.face),
        pictures(swap.face),
        pictures(swap.mask),
        pictures(crops(b)),
        pictures(own_b.face),
        pictures(own_b.mask),
    ];
    let side = network.blueprint().resolution as u32;
    let rows = columns.iter().map(Vec::len).min().unwrap_or(0) as u32;
    let mut sheet = RgbImage::new(columns.len() as u32 * side, rows * side);
    for (x, column) in (0..).zip(&columns) {
        for (y, picture) in (0..rows).zip(column) {
            image::imageops::replace(&mut sheet, picture, i64::from(x * side), i64::from(y * side));
        }
    }
    sheet
}

/// Pictures `[N, 1 or 3, S, S]`, blue, green, red or grey, 0..1.
fn pictures(tensor: Tensor<4>) -> Vec<RgbImage> {
    let [_, channels, height, width] = tensor.dims();
    let values: Vec<f32> = tensor.to_data().convert::<f32>().try_into_vec().unwrap_or_default();
    let plane = height * width;
    let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    values
        .chunks_exact(channels * plane)
        .map(|values| {
            RgbImage::from_fn(width as u32, height as u32, |x, y| {
                let place = y as usize * width + x as usize;
                let channel = |c: usize| byte(values[c.min(channels - 1) * plane + place]);
                Rgb([channel(2), channel(1), channel(0)])
            })
        })
        .collect()
}
