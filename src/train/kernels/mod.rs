//! What burn's processor back end computes too slowly for training, forwards and above all back: convolutions, dense
//! layers, the leaky ReLU, the sigmoid, the pixel shuffle, structural similarity. Each is one function on tensors that
//! differentiates. On the processor it is this module's own pass over host memory, with a way back by hand; on other
//! devices, or with gradient checkpointing, the same in burn's operations (for the similarity in
//! [`dssim`](crate::train::losses::dssim)). `examples/train_speed.rs` times both of each layer.

mod convolution;
mod dense;
mod flex;
mod matrix;
mod pixels;
mod similarity;
mod window;

pub(super) use similarity::WINDOW;

use burn::tensor::module::{conv2d, linear};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, activation};

/// A convolution `[N, C, H, W]` with `weight` `[O, C, K, K]` (K odd) and `bias` `[O]`, zero padding of K / 2 and
/// `stride`, to `[N, O, ⌈H / stride⌉, ⌈W / stride⌉]`; then `max(x, slope · x)` where there is a `slope` (0..1).
pub fn convolution(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, stride: usize, slope: Option<f32>) -> Tensor<4> {
    if let Some(y) = flex::convolution(&x, &weight, &bias, stride, slope) {
        return y;
    }
    let padding = weight.dims()[2] / 2;
    let y = conv2d(x, weight, Some(bias), ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1));
    match slope {
        Some(slope) => leaky_relu(y, slope),
        None => y,
    }
}

/// `x · weight + bias`: `[N, I]` with `weight` `[I, O]` and `bias` `[O]` to `[N, O]`.
pub fn dense(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    flex::dense(&x, &weight, &bias).unwrap_or_else(|| linear(x, weight, Some(bias)))
}

/// `max(x, slope · x)` for a slope of 0..1.
pub fn leaky_relu<const D: usize>(x: Tensor<D>, slope: f32) -> Tensor<D> {
    let elsewhere = |x: Tensor<D>| x.clone() * ((1.0 + slope) / 2.0) + x.abs() * ((1.0 - slope) / 2.0);
    flex::leaky_relu(&x, slope).unwrap_or_else(|| elsewhere(x))
}

/// `1 / (1 + exp(−x))`.
pub fn sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    flex::sigmoid(&x).unwrap_or_else(|| activation::sigmoid(x))
}

/// `[N, 4 C, H, W]` to `[N, C, 2 H, 2 W]`; channel `4 c + 2 y + x` goes to place (x, y) of channel `c`.
pub fn pixel_shuffle(x: Tensor<4>) -> Tensor<4> {
    if let Some(y) = flex::pixel_shuffle(&x) {
        return y;
    }
    let [n, channels, h, w] = x.dims();
    let out = channels / 4;
    x.reshape([n, out, 2, 2, h, w]).permute([0, 1, 4, 2, 5, 3]).reshape([n, out, h * 2, w * 2])
}

/// Mean structural similarity of pictures `[N, C, H, W]` over `scales` scales, each half of the one before, with a
/// symmetric `window` along both axes and the `constants` of luminance and contrast; differentiable in `x`. `None`
/// where there is no pass of this module's own for it.
pub(super) fn similarity(
    x: &Tensor<4>,
    y: &Tensor<4>,
    scales: usize,
    window: [f32; WINDOW],
    constants: [f32; 2],
) -> Option<Tensor<1>> {
    let [_, _, height, width] = x.dims();
    flex::similarity(x, y, similarity::Similarity { height, width, scales, window, constants })
}
