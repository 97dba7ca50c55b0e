//! Structural dissimilarity.

use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use burn::tensor::{Device, Tensor, TensorData};

use crate::train::kernels::{WINDOW, similarity};

/// Standard deviation of the window's Gaussian in px.
const SIGMA: f32 = 1.5;
/// (0.01 · range)² and (0.03 · range)², range 1.
const C1: f32 = 1e-4;
const C2: f32 = 9e-4;

/// `(1 − SSIM) / 2` of pictures `[N, C, S, S]` with values 0..1: 0 for equal pictures, at most 1. Z. Wang et al.,
/// "Image quality assessment: from error visibility to structural similarity", IEEE Transactions on Image Processing
/// 2004: a Gaussian window of 11 px, windows wholly inside the picture.
///
/// With `scales` over 1 it is the mean over that many scales, each half the side of the one before; scales smaller than
/// the window are left out. The mean is taken rather than the product of multi-scale SSIM, whose gradient vanishes as
/// soon as one scale is bad. Differentiable in `predicted` alone.
///
/// # Panics
/// As tensors do, where the pictures differ in shape or are smaller than the window.
pub fn dssim(predicted: Tensor<4>, target: Tensor<4>, scales: usize) -> Tensor<1> {
    let [_, _, height, width] = predicted.dims();
    let side = height.min(width);
    let scales = (1..scales.max(1)).take_while(|scale| side >> scale >= WINDOW).count() + 1;
    assert_eq!(predicted.dims(), target.dims(), "pictures of one shape");
    assert!(side >= WINDOW, "pictures of at least {WINDOW} px");
    let found = similarity(&predicted, &target, scales, gaussian(), [C1, C2]);
    found.map_or_else(|| by_operations(predicted, target, scales), |similarity| (similarity - 1.0) * -0.5)
}

/// The same at one scale where `priority` `[N, 1, S, S]` is, over its area: windows reach 5 px beyond, so that a region
/// of few pixels counts more, by up to the area that they add. 0, but for rounding, where `priority` is 0 everywhere.
/// Differentiable in `predicted` alone.
///
/// # Panics
/// As [`dssim`].
pub fn emphasised_dssim(predicted: Tensor<4>, target: Tensor<4>, priority: Tensor<4>) -> Tensor<1> {
    let [count, _, height, width] = priority.dims();
    let area = priority.clone().mean() + 1.0 / (count * height * width) as f32;
    dssim(predicted * priority.clone(), target * priority, 1) / area
}

/// [`dssim`] in burn's operations, for devices without a pass of our own.
fn by_operations(predicted: Tensor<4>, target: Tensor<4>, scales: usize) -> Tensor<1> {
    let mut sum = one_scale(predicted.clone(), target.clone());
    let mut pair = (predicted, target);
    for _ in 1..scales {
        pair = (halve(pair.0), halve(pair.1));
        sum = sum + one_scale(pair.0.clone(), pair.1.clone());
    }
    sum / scales as f32
}

fn halve(picture: Tensor<4>) -> Tensor<4> {
    avg_pool2d(picture, AvgPoolOptions::new([2, 2]))
}

/// Written in the sum `s` and the difference `d` of both pictures, which needs four blurs instead of five:
/// 2 μx μy = (μs² − μd²) / 2, μx² + μy² = (μs² + μd²) / 2, and the same for (co)variances.
fn one_scale(x: Tensor<4>, y: Tensor<4>) -> Tensor<1> {
    let [count, channels, height, width] = x.dims();
    let window = Window::new(height, width, &x.device());
    let planes = |picture: Tensor<4>| picture.reshape([count * channels, height, width]);
    let (x, y) = (planes(x), planes(y));
    let (sum, difference) = (x.clone() + y.clone(), x - y);
    let squared = |values: &Tensor<3>| values.clone() * values.clone();

    let sum_mean = squared(&window.mean(sum.clone()));
    let difference_mean = squared(&window.mean(difference.clone()));
    let sum_variance = window.mean(squared(&sum)) - sum_mean.clone();
    let difference_variance = window.mean(squared(&difference)) - difference_mean.clone();

    let twice = |constant: f32| 2.0 * constant;
    let above = (sum_mean.clone() - difference_mean.clone() + twice(C1))
        * (sum_variance.clone() - difference_variance.clone() + twice(C2));
    let below = (sum_mean + difference_mean + twice(C1)) * (sum_variance + difference_variance + twice(C2));
    ((above / below).mean() - 1.0) * -0.5
}

/// Weighted means over a Gaussian window, as products with two banded matrices.
struct Window {
    rows: Tensor<3>,
    columns: Tensor<2>,
}

impl Window {
    fn new(height: usize, width: usize, device: &Device) -> Self {
        Self { rows: band(height, device).unsqueeze(), columns: band(width, device).transpose() }
    }

    /// `[P, H, W]` to `[P, H − 10, W − 10]`.
    fn mean(&self, planes: Tensor<3>) -> Tensor<3> {
        let [count, height, width] = planes.dims();
        let across = planes.reshape([count * height, width]).matmul(self.columns.clone());
        let inside = self.columns.dims()[1];
        self.rows.clone().matmul(across.reshape([count, height, inside]))
    }
}

/// `[side − 10, side]`: row `i` holds the window at `i`.
fn band(side: usize, device: &Device) -> Tensor<2> {
    let kernel = gaussian();
    let inside = (side + 1).saturating_sub(WINDOW);
    let mut values = vec![0.0; inside * side];
    for row in 0..inside {
        for (place, weight) in kernel.iter().enumerate() {
            values[row * side + row + place] = *weight;
        }
    }
    Tensor::from_data(TensorData::new(values, [inside, side]), &device.clone().inner())
}

fn gaussian() -> [f32; WINDOW] {
    let kernel: [f32; WINDOW] = std::array::from_fn(|place| {
        let x = place as f32 - (WINDOW / 2) as f32;
        (-x * x / (2.0 * SIGMA * SIGMA)).exp()
    });
    let sum: f32 = kernel.iter().sum();
    kernel.map(|weight| weight / sum)
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test that fails may stop")]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::train::random::{Purpose, stream};

    #[test]
    fn the_pass_over_host_memory_is_the_twin_of_the_operations() {
        let device = Device::flex().autodiff();
        for (shape, scales) in [([2, 3, 64, 64], 3), ([1, 1, 11, 11], 1), ([1, 2, 23, 37], 2), ([2, 1, 45, 27], 2)] {
            let mut rng = stream(1, Purpose::Weights, 0, 0);
            let mut picture = || {
                let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.random_range(0.0..1.0)).collect();
                Tensor::<4>::from_data(TensorData::new(values, shape), &device)
            };
            let (x, y) = (picture().require_grad(), picture().inner());
            let y = Tensor::from_inner(y);
            let both = [dssim(x.clone(), y.clone(), scales), by_operations(x.clone(), y, scales)];
            let [own, twin] = both.map(|value| {
                let gradient = x.grad(&(value.clone() * 3.0).backward()).expect("differentiable");
                (value.into_scalar::<f32>(), gradient.into_data().try_into_vec::<f32>().expect("floats"))
            });
            assert!((own.0 - twin.0).abs() < 1e-5, "{shape:?}: {} for {}", own.0, twin.0);
            let largest = twin.1.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
            let worst = own.1.iter().zip(&twin.1).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
            assert!(worst < 1e-3 * largest, "{shape:?}: gradients differ by {worst} of {largest}");
        }
    }
}
