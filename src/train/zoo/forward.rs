//! Layers, run.

use std::collections::HashMap;

use burn::tensor::module::{avg_pool2d, conv2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions};
use burn::tensor::{DType, Tensor};

use super::Layer;
use crate::train::kernels::{convolution, dense, leaky_relu, pixel_shuffle, sigmoid};
use crate::train::weights::Weights;

/// Keeps the root of a pixel norm from 0.
const NORM_EPSILON: f32 = 1e-6;

/// What is between two layers.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Picture(Tensor<4>),
    Vector(Tensor<2>),
}

/// Runs layers with the weights that they are named after.
#[derive(Clone, Copy)]
pub(super) struct Forward<'a> {
    /// Where each parameter is among the weights.
    pub(super) places: &'a HashMap<String, usize>,
    pub(super) weights: &'a Weights,
    /// Row of the gains and biases of a base's decoder.
    pub(super) person: usize,
}

impl Forward<'_> {
    /// Runs `layers`, whose parameters begin with `part`.
    pub(super) fn layers(&self, part: &str, layers: &[Layer], value: Value) -> Value {
        self.layers_from(part, 0, layers, value)
    }

    /// The same for those of a part from place `first` on.
    pub(super) fn layers_from(&self, part: &str, first: usize, layers: &[Layer], mut value: Value) -> Value {
        let mut i = 0;
        while let Some(layer) = layers.get(i) {
            let place = format!("{part}.{}", first + i);
            value = match (layer, layers.get(i + 1), value) {
                // One pass where there would be two.
                (&Layer::Conv { stride, .. }, Some(&Layer::LeakyRelu { slope }), Value::Picture(x)) => {
                    i += 1;
                    Value::Picture(self.convolve(&place, x, stride, Some(slope)))
                }
                (_, _, value) => self.layer(&place, layer, value),
            };
            i += 1;
        }
        value
    }

    fn layer(&self, place: &str, layer: &Layer, value: Value) -> Value {
        use Value::{Picture, Vector};
        match (layer, value) {
            (&Layer::Conv { stride, .. }, Picture(x)) => Picture(self.convolve(place, x, stride, None)),
            (&Layer::Depthwise { kernel, stride }, Picture(x)) => {
                let options = ConvOptions::new([stride; 2], [kernel / 2; 2], [1; 2], x.dims()[1]);
                Picture(conv2d(x, self.parameter(place, "weight"), Some(self.parameter(place, "bias")), options))
            }
            (Layer::Dense { .. }, Vector(x)) => {
                Vector(dense(x, self.parameter(place, "weight"), self.parameter(place, "bias")))
            }
            (Layer::Flatten, Picture(x)) => Vector(x.flatten(1, 3)),
            (&Layer::Unflatten { channels, side }, Vector(x)) => {
                let n = x.dims()[0];
                Picture(x.reshape([n, channels, side, side]))
            }
            (Layer::PixelShuffle, Picture(x)) => Picture(pixel_shuffle(x)),
            (Layer::Halve, Picture(x)) => Picture(avg_pool2d(x, AvgPoolOptions::new([2, 2]).with_stride([2, 2]))),
            (&Layer::LeakyRelu { slope }, Picture(x)) => Picture(leaky_relu(x, slope)),
            (&Layer::LeakyRelu { slope }, Vector(x)) => Vector(leaky_relu(x, slope)),
            (Layer::Cosine, Picture(x)) => Picture(x.clone() * x.cos()),
            (Layer::Cosine, Vector(x)) => Vector(x.clone() * x.cos()),
            // Near 1, bf16 has steps of 1/256: what goes out has 32 bits.
            (Layer::Sigmoid, Picture(x)) => Picture(sigmoid(x.cast(DType::F32))),
            (Layer::Sigmoid, Vector(x)) => Vector(sigmoid(x.cast(DType::F32))),
            (Layer::PixelNorm, Vector(x)) => {
                let square = x.clone().cast(DType::F32).powi_scalar(2);
                let length = (square.mean_dim(1) + NORM_EPSILON).sqrt();
                Vector(x.clone() / length.cast(x.dtype()))
            }
            (Layer::Residual(layers), value) => match (value.clone(), self.layers(place, layers, value)) {
                (Picture(x), Picture(change)) => Picture(x + change),
                (Vector(x), Vector(change)) => Vector(x + change),
                (_, other) => other,
            },
            // The blueprint was checked: nothing else comes.
            (_, value) => value,
        }
    }

    fn convolve(&self, place: &str, x: Tensor<4>, stride: usize, slope: Option<f32>) -> Tensor<4> {
        let weight: Tensor<4> = self.parameter(place, "weight");
        if !self.places.contains_key(&format!("{place}.gain")) {
            return convolution(x, weight, self.parameter(place, "bias"), stride, slope);
        }
        let own = |kind: &str| self.parameter::<2>(place, kind).narrow(0, self.person, 1);
        let out = weight.dims()[0];
        let (gain, bias) = (own("gain").reshape([out, 1, 1, 1]), own("bias").reshape([out]));
        convolution(x, weight * gain, bias, stride, slope)
    }

    /// The parameter in its shape.
    fn parameter<const D: usize>(&self, place: &str, kind: &str) -> Tensor<D> {
        let i = self.places.get(&format!("{place}.{kind}")).copied().unwrap_or_default();
        let parameter = &self.weights.0[i];
        let mut shape = [1; D];
        shape.iter_mut().zip(&parameter.shape).for_each(|(to, from)| *to = *from);
        parameter.value.clone().reshape(shape)
    }
}

impl Value {
    /// The first `count` samples, and the others.
    pub(super) fn parted(self, count: usize) -> [Self; 2] {
        match self {
            Self::Picture(x) => {
                let others = x.dims()[0] - count;
                [(0, count), (count, others)].map(|(from, count)| Self::Picture(x.clone().narrow(0, from, count)))
            }
            Self::Vector(x) => {
                let others = x.dims()[0] - count;
                [(0, count), (count, others)].map(|(from, count)| Self::Vector(x.clone().narrow(0, from, count)))
            }
        }
    }

    /// The channels of this one, then those of `other`.
    pub(super) fn beside(self, other: Self) -> Self {
        match (self, other) {
            (Self::Picture(x), Self::Picture(y)) => Self::Picture(Tensor::cat(vec![x, y], 1)),
            (_, other) => other,
        }
    }

    /// The picture; `None` for a vector.
    pub(super) fn into_picture(self) -> Option<Tensor<4>> {
        match self {
            Self::Picture(x) => Some(x),
            Self::Vector(_) => None,
        }
    }

    /// Every sample as one row.
    pub(super) fn flat(self) -> Tensor<2> {
        match self {
            Self::Picture(x) => x.flatten(1, 3),
            Self::Vector(x) => x,
        }
    }

    /// As a picture; a vector's numbers are channels of one pixel.
    pub(super) fn picture(self) -> Tensor<4> {
        match self {
            Self::Picture(x) => x,
            Self::Vector(x) => {
                let [n, features] = x.dims();
                x.reshape([n, features, 1, 1])
            }
        }
    }
}
