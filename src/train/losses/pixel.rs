//! Differences pixel by pixel, and masks.

use burn::tensor::Tensor;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;

/// Keeps the division by the sum of a map finite where the map is empty.
const EMPTY: f32 = 1e-6;

/// Mean absolute difference.
pub fn l1(predicted: Tensor<4>, target: Tensor<4>) -> Tensor<1> {
    (predicted - target).abs().mean()
}

/// Mean squared difference.
pub fn l2(predicted: Tensor<4>, target: Tensor<4>) -> Tensor<1> {
    let difference = predicted - target;
    (difference.clone() * difference).mean()
}

/// Mean absolute difference where `priority` `[N, 1, S, S]` is, weighted by it: a region counts the same whether it is
/// large or small. 0 where `priority` is 0 everywhere.
pub fn emphasised(predicted: Tensor<4>, target: Tensor<4>, priority: Tensor<4>) -> Tensor<1> {
    let [_, channels, ..] = predicted.dims();
    let area = priority.clone().sum() * channels as f32 + EMPTY;
    ((predicted - target).abs() * priority).sum() / area
}

/// [`emphasised`] of each picture alone, `[N]`.
pub fn emphasised_each(predicted: Tensor<4>, target: Tensor<4>, priority: Tensor<4>) -> Tensor<1> {
    let [count, channels, ..] = predicted.dims();
    let sums = |map: Tensor<4>| map.sum_dims(&[1, 2, 3]).reshape([count]);
    let area = sums(priority.clone()) * channels as f32 + EMPTY;
    sums((predicted - target).abs() * priority) / area
}

/// A picture as the losses see it: full inside the mask, `background` (0..1) of it far outside.
/// `mask` is `[N, 1, S, S]`, 0..1.
pub fn masked(picture: Tensor<4>, mask: Tensor<4>, background: f32) -> Tensor<4> {
    picture * (mask * (1.0 - background) + background)
}

/// A mask `[N, 1, S, S]` with a soft margin of a thirty-second of its side inside, from nothing at its edge, so that
/// this is no edge of the pictures under it; what is outside, hair above all, stays there.
pub fn feather(mask: Tensor<4>) -> Tensor<4> {
    let [_, _, _, side] = mask.dims();
    let reach = (side / 32).max(1);
    let blur = |kernel: [usize; 2]| {
        AvgPoolOptions::new(kernel)
            .with_stride([1, 1])
            .with_padding([kernel[0] / 2, kernel[1] / 2])
            .with_count_include_pad(false)
    };
    let blurred = avg_pool2d(avg_pool2d(mask.clone(), blur([2 * reach + 1, 1])), blur([1, 2 * reach + 1]));
    mask.min_pair((blurred * 2.0 - 1.0).clamp_min(0.0))
}
