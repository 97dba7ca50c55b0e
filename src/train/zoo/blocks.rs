//! What models have in common.

use super::Layer;

/// Slope of the activations between layers.
pub(super) const SLOPE: f32 = 0.1;
/// Slope inside and after residual blocks.
const RESIDUAL_SLOPE: f32 = 0.2;

/// Half the side: convolution with stride 2, then the activation.
pub(super) fn down(out: usize, kernel: usize, activation: &Layer) -> Vec<Layer> {
    vec![Layer::Conv { out, kernel, stride: 2 }, activation.clone()]
}

/// Twice the side: convolution, the activation, pixel shuffle.
pub(super) fn up(out: usize, activation: &Layer) -> Vec<Layer> {
    vec![Layer::Conv { out: out * 4, kernel: 3, stride: 1 }, activation.clone(), Layer::PixelShuffle]
}

/// A residual block of two convolutions, and its activation.
pub(super) fn residual(channels: usize) -> Vec<Layer> {
    let conv = Layer::Conv { out: channels, kernel: 3, stride: 1 };
    let slope = Layer::LeakyRelu { slope: RESIDUAL_SLOPE };
    vec![Layer::Residual(vec![conv.clone(), slope.clone(), conv]), slope]
}

/// Dense layers through a code of `ae` numbers, back to a picture.
pub(super) fn code(ae: usize, channels: usize, side: usize) -> Vec<Layer> {
    vec![Layer::Dense { out: ae }, Layer::Dense { out: channels * side * side }, Layer::Unflatten { channels, side }]
}

/// The last convolution of a head, to `out` channels through a sigmoid.
pub(super) fn head(out: usize, kernel: usize) -> Vec<Layer> {
    vec![Layer::Conv { out, kernel, stride: 1 }, Layer::Sigmoid]
}

/// The last convolution of a head at `1 / 2^doublings` of the resolution.
pub(super) fn head_at(out: usize, kernel: usize, doublings: u32) -> Vec<Layer> {
    let mut layers = vec![Layer::Conv { out: out * 4_usize.pow(doublings), kernel, stride: 1 }];
    layers.extend((0..doublings).map(|_| Layer::PixelShuffle));
    layers.push(Layer::Sigmoid);
    layers
}
