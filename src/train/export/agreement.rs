//! What a written file gives beside what the trained network gives.

use burn::tensor::Tensor;

use super::ExportError;
use super::wiring::OUTPUTS;
use crate::runtime::{Network as OnnxNetwork, NetworkError, NetworkOptions, Runtime, SharedWeights};
use crate::train::weights::Weights;
use crate::train::zoo::Network;

/// How far a file is from the network; values are 0..1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Largest difference in the face and both masks.
    pub max: f32,
    /// Mean difference over them.
    pub mean: f32,
    /// Structural similarity of the faces, mean over crops, windows and channels; 1 where they are the same.
    pub ssim: f32,
}

impl std::fmt::Display for Agreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { max, mean, ssim } = self;
        write!(f, "max {max:.1e}, mean {mean:.1e}, SSIM {ssim:.4}")
    }
}

/// Runs the file in ONNX Runtime and the network in burn on crops `[N, 3, S, S]` (blue, green, red, 0..1).
///
/// # Errors
/// [`ExportError`] where there are no crops of the model's size, there is no ONNX Runtime, or it does not take the
/// file.
pub fn verify(bytes: &[u8], network: &Network, weights: &Weights, crops: &Tensor<4>) -> Result<Agreement, ExportError> {
    let rows = crop_rows(crops, network)?;
    let side = network.blueprint().resolution;
    let mut engine =
        OnnxNetwork::as_written(&Runtime::load(None)?, bytes, engine_options(), &SharedWeights::default())?;
    let missing = |name: &str| NetworkError::Runtime(format!("it has no output '{name}'"));
    let mut places = [0; 3];
    for (place, (name, channels)) in places.iter_mut().zip(OUTPUTS.into_iter().zip([1, 3, 1])) {
        *place = engine.output_named(name).ok_or_else(|| missing(name))?;
        engine.expect_output(*place, side * side * channels);
    }
    let (mut sum, mut count, mut max, mut ssim) = (0.0_f64, 0_usize, 0.0_f32, 0.0_f64);
    for (i, row) in rows.iter().enumerate() {
        engine.input_mut(0).copy_from_slice(row);
        engine.run()?;
        let output = network.swap(weights, crops.clone().narrow(0, i, 1));
        let driver_mask = output.driver_mask.ok_or_else(|| missing("driver mask in burn"))?;
        let expected = [driver_mask, output.face, output.mask].map(channels_last);
        for (place, expected) in places.into_iter().zip(&expected) {
            let found = engine.output(place);
            if found.len() != expected.len() {
                let (name, got) = (OUTPUTS[place.min(2)].to_owned(), found.len());
                return Err(NetworkError::OutputSize { name, got, expected: expected.len() }.into());
            }
            for (found, expected) in found.iter().zip(expected) {
                let difference = (found - expected).abs();
                // `max` alone would overlook what is not a number.
                max = if difference.is_nan() { f32::INFINITY } else { max.max(difference) };
                sum += f64::from(difference);
            }
            count += found.len();
        }
        ssim += similarity(engine.output(places[1]), &expected[1], side);
    }
    let mean = (sum / count.max(1) as f64) as f32;
    Ok(Agreement { max, mean, ssim: (ssim / rows.len() as f64) as f32 })
}

/// The crops, each as a file takes it: channels last.
pub(super) fn crop_rows(crops: &Tensor<4>, network: &Network) -> Result<Vec<Vec<f32>>, ExportError> {
    let side = network.blueprint().resolution;
    let found = crops.dims();
    if found[0] == 0 || found[1..] != [3, side, side] {
        return Err(ExportError::Crops { found, side });
    }
    Ok(channels_last(crops.clone()).chunks_exact(side * side * 3).map(<[f32]>::to_vec).collect())
}

/// As many threads as there are processors: nothing else is going on.
pub(super) fn engine_options() -> NetworkOptions {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    NetworkOptions { threads, ..NetworkOptions::default() }
}

fn channels_last(pictures: Tensor<4>) -> Vec<f32> {
    pictures.permute([0, 2, 3, 1]).into_data().convert::<f32>().try_into_vec().unwrap_or_default()
}

/// SSIM of two pictures of three channels over square windows of 8 px, every 4 px: Z. Wang et al., "Image quality
/// assessment: from error visibility to structural similarity", IEEE Transactions on Image Processing 13(4), 2004.
fn similarity(a: &[f32], b: &[f32], side: usize) -> f64 {
    const WINDOW: usize = 8;
    const C1: f64 = 0.01 * 0.01;
    const C2: f64 = 0.03 * 0.03;
    let starts = || (0..=side.saturating_sub(WINDOW)).step_by(WINDOW / 2);
    let (mut total, mut windows) = (0.0, 0_usize);
    for (top, left, channel) in starts().flat_map(|y| starts().flat_map(move |x| (0..3).map(move |c| (y, x, c)))) {
        let (mut sum_a, mut sum_b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for y in top..top + WINDOW {
            for x in left..left + WINDOW {
                let place = (y * side + x) * 3 + channel;
                let (a, b) = (f64::from(a[place]), f64::from(b[place]));
                (sum_a, sum_b, aa, bb, ab) = (sum_a + a, sum_b + b, aa + a * a, bb + b * b, ab + a * b);
            }
        }
        let n = (WINDOW * WINDOW) as f64;
        let (mean_a, mean_b) = (sum_a / n, sum_b / n);
        let (var_a, var_b, both) = (aa / n - mean_a * mean_a, bb / n - mean_b * mean_b, ab / n - mean_a * mean_b);
        total += (2.0 * mean_a * mean_b + C1) * (2.0 * both + C2)
            / ((mean_a * mean_a + mean_b * mean_b + C1) * (var_a + var_b + C2));
        windows += 1;
    }
    total / windows.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::similarity;

    #[test]
    fn similarity_falls_with_noise() {
        let picture: Vec<f32> =
            (0..32 * 32 * 3).map(|i| ((i / 3 % 32) as f32 / 31.0 + (i % 3) as f32 / 3.0) / 2.0).collect();
        let noisy: Vec<f32> =
            picture.iter().enumerate().map(|(i, v)| v + if i % 7 < 3 { 0.05 } else { -0.05 }).collect();
        assert!((similarity(&picture, &picture, 32) - 1.0).abs() < 1e-9);
        let less = similarity(&picture, &noisy, 32);
        assert!(less > 0.2 && less < 0.95, "{less}");
    }
}
