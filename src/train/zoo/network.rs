//! A blueprint, run.

use std::collections::HashMap;
use std::sync::Arc;

use burn::tensor::module::{avg_pool2d, conv2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions};
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;

use super::{Blueprint, BlueprintError, Inter, Layer};
use crate::train::kernels::{convolution, dense, leaky_relu, pixel_shuffle, sigmoid};
use crate::train::random::{Purpose, stream};
use crate::train::weights::{Parameter, Weights};

/// Keeps the root of a pixel norm from 0.
const NORM_EPSILON: f32 = 1e-6;

/// Whose face a decoder gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The driver's: the performers.
    A,
    /// The subject's: who lent the face.
    B,
}

/// Whose face a batch is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// A side's, in a model of two sides.
    Side(Side),
    /// A person's of a base, from 0.
    Person(usize),
}

impl From<Side> for Whose {
    fn from(side: Side) -> Self {
        Self::Side(side)
    }
}

/// What a network gives for a batch; `[N, C, S, S]`, 0..1.
#[derive(Debug, Clone)]
pub struct Output {
    /// Blue, green, red.
    pub face: Tensor<4>,
    /// Mask of that face.
    pub mask: Tensor<4>,
    /// Mask of the face that went in, where the blueprint has a head for it.
    pub driver_mask: Option<Tensor<4>>,
}

/// A blueprint whose layers fit.
#[derive(Debug, Clone)]
pub struct Network {
    blueprint: Blueprint,
    parameters: Vec<super::ParameterShape>,
    places: Arc<HashMap<String, usize>>,
}

/// What is between two layers.
#[derive(Debug, Clone)]
enum Value {
    Picture(Tensor<4>),
    Vector(Tensor<2>),
}

impl Network {
    /// Checks a blueprint.
    ///
    /// # Errors
    /// [`BlueprintError`], naming the layer.
    pub fn new(blueprint: Blueprint) -> Result<Self, BlueprintError> {
        let parameters = blueprint.parameters()?;
        let places = parameters.iter().enumerate().map(|(i, parameter)| (parameter.name.clone(), i)).collect();
        Ok(Self { blueprint, parameters, places: Arc::new(places) })
    }

    /// What it is made of.
    pub fn blueprint(&self) -> &Blueprint {
        &self.blueprint
    }

    /// What its parameters are called and how large they are, in the order of [`Weights`].
    pub fn parameters(&self) -> &[super::ParameterShape] {
        &self.parameters
    }

    /// As [`Blueprint::values_between`].
    pub fn values_between(&self) -> usize {
        self.blueprint.values_between().unwrap_or_default()
    }

    /// First weights: uniform with variance `2 / ((1 + 0.1²) · fan-in)` (K. He et al., "Delving deep into rectifiers", ICCV
    /// 2015, for the leaky ReLU), biases 0. The layers before the sigmoids, and the last of each residual block, start ten
    /// times smaller: pictures begin grey, and blocks begin as the identity, nearly.
    pub fn init(&self, seed: u64, device: &Device) -> Weights {
        let last = self.last_weights();
        let parameter = |(i, wanted): (usize, &super::ParameterShape)| {
            let count = wanted.shape.iter().product::<usize>();
            let mut values = vec![if wanted.name.ends_with(".gain") { 1.0_f32 } else { 0.0 }; count];
            if wanted.name.ends_with(".weight") {
                let fan_in = if wanted.shape.len() == 4 { count / wanted.shape[0] } else { wanted.shape[0] };
                let bound = (6.0 / (1.01 * fan_in as f32)).sqrt() * if last.contains(&wanted.name) { 0.1 } else { 1.0 };
                let mut numbers = stream(seed, Purpose::Weights, i as u64, 0);
                values.iter_mut().for_each(|value| *value = numbers.random_range(-bound..bound));
            }
            let value = Tensor::from_data(TensorData::new(values, [count]), device);
            Parameter { name: wanted.name.clone(), shape: wanted.shape.clone(), value }
        };
        Weights(self.parameters.iter().enumerate().map(parameter).collect())
    }

    /// Draws crops `[N, 3, S, S]` (blue, green, red, 0..1) as the faces of a side or a person.
    pub fn reconstruct(&self, weights: &Weights, crops: Tensor<4>, whose: impl Into<Whose>) -> Output {
        let run = Run { network: self, weights, person: 0 };
        let whose = whose.into();
        let side = if whose == Whose::Side(Side::A) { Side::A } else { Side::B };
        run.output(run.code(crops, side), whose)
    }

    /// [`Network::reconstruct`] for two batches, with one pass through what they share.
    pub fn reconstruct_both(&self, weights: &Weights, crops: [Tensor<4>; 2], whose: [Whose; 2]) -> [Output; 2] {
        let run = Run { network: self, weights, person: 0 };
        let count = crops[0].dims()[0];
        let encoded = run.layers("encoder", &self.blueprint.encoder, Value::Picture(Tensor::cat(crops.into(), 0)));
        let codes = match &self.blueprint.inter {
            Inter::Shared(layers) => run.layers("inter", layers, encoded).parted(count),
            Inter::Split(layers) => {
                let both = run.layers("inter_ab", layers, encoded.clone()).parted(count);
                let [first, second] = encoded.parted(count);
                let [of_first, of_second] = both;
                let beside = |own: Value, both: Value, whose| match whose {
                    Whose::Side(Side::A) => run.layers("inter_a", layers, own).beside(both),
                    _ => both.clone().beside(both),
                };
                [beside(first, of_first, whose[0]), beside(second, of_second, whose[1])]
            }
        };
        let [first, second] = codes;
        [run.output(first, whose[0]), run.output(second, whose[1])]
    }

    /// Swaps: crops `[N, 3, S, S]` of side A as faces of side B. `driver_mask` is always there.
    pub fn swap(&self, weights: &Weights, crops: Tensor<4>) -> Output {
        let run = Run { network: self, weights, person: 0 };
        let code = run.code(crops.clone(), Side::B);
        let (face, mask) = run.decode(self.decoder(Side::B), code.clone());
        let driver_mask = run.driver_mask(code.clone()).unwrap_or_else(|| {
            let own = if let Inter::Split(_) = self.blueprint.inter { run.code(crops, Side::A) } else { code };
            run.mask(self.decoder(Side::A), own)
        });
        Output { face, mask, driver_mask: Some(driver_mask) }
    }

    fn decoder(&self, side: Side) -> &'static str {
        match (self.blueprint.decoders(), side) {
            ([_, b], Side::B) => b,
            (decoders, _) => decoders[0],
        }
    }

    /// Weights that start small.
    fn last_weights(&self) -> Vec<String> {
        let names: Vec<&str> = self.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        let prefix = |name: &str| name.rsplitn(3, '.').nth(2).unwrap_or_default().to_owned();
        let weights: Vec<&str> = names.into_iter().filter(|name| name.ends_with(".weight")).collect();
        let ends = |i: usize| {
            let own = prefix(weights[i]);
            let head = [".face", ".mask", "driver_mask"].iter().any(|end| own.ends_with(end));
            let block = own.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
            (head || block) && !weights[i + 1..].iter().any(|later| prefix(later) == own)
        };
        (0..weights.len()).filter(|&i| ends(i)).map(|i| weights[i].to_owned()).collect()
    }
}

#[derive(Clone, Copy)]
struct Run<'a> {
    network: &'a Network,
    weights: &'a Weights,
    /// Row of the gains and biases of a base's decoder.
    person: usize,
}

impl Run<'_> {
    fn code(&self, crops: Tensor<4>, side: Side) -> Value {
        let blueprint = &self.network.blueprint;
        let encoded = self.layers("encoder", &blueprint.encoder, Value::Picture(crops));
        match &blueprint.inter {
            Inter::Shared(layers) => self.layers("inter", layers, encoded),
            Inter::Split(layers) => {
                let both = self.layers("inter_ab", layers, encoded.clone());
                let first = if side == Side::A { self.layers("inter_a", layers, encoded) } else { both.clone() };
                match (first, both) {
                    (Value::Picture(first), Value::Picture(both)) => Value::Picture(Tensor::cat(vec![first, both], 1)),
                    (_, both) => both,
                }
            }
        }
    }

    fn output(&self, code: Value, whose: Whose) -> Output {
        let (decoder, person) = match whose {
            Whose::Side(side) => (self.network.decoder(side), 0),
            Whose::Person(person) => (self.network.decoder(Side::B), person),
        };
        let (face, mask) = Self { person, ..*self }.decode(decoder, code.clone());
        Output { face, mask, driver_mask: self.driver_mask(code) }
    }

    fn decode(&self, decoder: &str, code: Value) -> (Tensor<4>, Tensor<4>) {
        let layers = &self.network.blueprint.decoder;
        let trunk = self.layers(&format!("{decoder}.trunk"), &layers.trunk, code);
        let face = self.layers(&format!("{decoder}.face"), &layers.face, trunk.clone());
        let mask = self.layers(&format!("{decoder}.mask"), &layers.mask, trunk);
        (face.picture(), mask.picture())
    }

    fn mask(&self, decoder: &str, code: Value) -> Tensor<4> {
        let layers = &self.network.blueprint.decoder;
        let trunk = self.layers(&format!("{decoder}.trunk"), &layers.trunk, code);
        self.layers(&format!("{decoder}.mask"), &layers.mask, trunk).picture()
    }

    fn driver_mask(&self, code: Value) -> Option<Tensor<4>> {
        let layers = self.network.blueprint.driver_mask.as_ref()?;
        Some(self.layers("driver_mask", layers, code).picture())
    }

    fn layers(&self, part: &str, layers: &[Layer], mut value: Value) -> Value {
        let mut i = 0;
        while let Some(layer) = layers.get(i) {
            let place = format!("{part}.{i}");
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
            (Layer::Sigmoid, Picture(x)) => Picture(sigmoid(x)),
            (Layer::Sigmoid, Vector(x)) => Vector(sigmoid(x)),
            (Layer::PixelNorm, Vector(x)) => {
                let mean = x.clone().powi_scalar(2).mean_dim(1);
                Vector(x / (mean + NORM_EPSILON).sqrt())
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
        if !self.network.places.contains_key(&format!("{place}.gain")) {
            return convolution(x, weight, self.parameter(place, "bias"), stride, slope);
        }
        let own = |kind: &str| self.parameter::<2>(place, kind).narrow(0, self.person, 1);
        let out = weight.dims()[0];
        let (gain, bias) = (own("gain").reshape([out, 1, 1, 1]), own("bias").reshape([out]));
        convolution(x, weight * gain, bias, stride, slope)
    }

    /// The parameter in its shape.
    fn parameter<const D: usize>(&self, place: &str, kind: &str) -> Tensor<D> {
        let i = self.network.places.get(&format!("{place}.{kind}")).copied().unwrap_or_default();
        let parameter = &self.weights.0[i];
        let mut shape = [1; D];
        shape.iter_mut().zip(&parameter.shape).for_each(|(to, from)| *to = *from);
        parameter.value.clone().reshape(shape)
    }
}

impl Value {
    /// The first `count` samples, and the others.
    fn parted(self, count: usize) -> [Self; 2] {
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
    fn beside(self, other: Self) -> Self {
        match (self, other) {
            (Self::Picture(x), Self::Picture(y)) => Self::Picture(Tensor::cat(vec![x, y], 1)),
            (_, other) => other,
        }
    }

    fn picture(self) -> Tensor<4> {
        match self {
            Self::Picture(x) => x,
            Self::Vector(x) => {
                let [n, features] = x.dims();
                x.reshape([n, features, 1, 1])
            }
        }
    }
}
