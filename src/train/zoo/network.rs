//! A blueprint, run.

use std::collections::HashMap;
use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use super::forward::{Forward, Value};
use super::{Blueprint, BlueprintError, Inter, Layer, Shape, first_weights};
use crate::train::random::Purpose;
use crate::train::weights::Weights;

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
    /// A side's, in a model of two sides; of a subject beside a troupe, side B's.
    Side(Side),
    /// A person's of a base or a troupe, from 0.
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
    /// The code that it was drawn from, flattened: `[N, …]`.
    pub code: Tensor<2>,
}

/// A blueprint whose layers fit.
#[derive(Debug, Clone)]
pub struct Network {
    blueprint: Blueprint,
    parameters: Vec<super::ParameterShape>,
    places: Arc<HashMap<String, usize>>,
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

    /// First weights: uniform with variance `2 / ((1 + 0.1²) · fan-in)` (K. He et al., "Delving deep into
    /// rectifiers", ICCV 2015, for the leaky ReLU), biases 0. The layers before the sigmoids, and the last of each
    /// residual block, start ten times smaller: pictures begin grey, and blocks begin as the identity, nearly.
    pub fn init(&self, seed: u64, device: &Device) -> Weights {
        first_weights(&self.parameters, &self.last_weights(), (seed, Purpose::Weights), device)
    }

    /// The code of crops `[N, 3, S, S]` (blue, green, red, 0..1), flattened to `[N, …]`: what the swap hands to
    /// decoder B.
    pub fn code(&self, weights: &Weights, crops: Tensor<4>) -> Tensor<2> {
        self.run(weights).code(crops, Side::B).flat()
    }

    /// What the encoder's first `levels` convolutions give for crops `[N, 3, S, S]`, after what follows each: finer
    /// first.
    pub fn features(&self, weights: &Weights, crops: Tensor<4>, levels: usize) -> Vec<Tensor<4>> {
        let layers = &self.blueprint.encoder;
        let starts: Vec<usize> = (0..layers.len()).filter(|&i| matches!(layers[i], Layer::Conv { .. })).collect();
        let ends = starts.iter().skip(1).copied().chain([layers.len()]).take(levels);
        let forward = self.run(weights).forward;
        let (mut value, mut from, mut found) = (Value::Picture(crops), 0, Vec::new());
        for to in ends {
            value = forward.layers_from("encoder", from, &layers[from..to], value);
            from = to;
            found.extend(value.clone().into_picture());
        }
        found
    }

    fn run<'a>(&'a self, weights: &'a Weights) -> Run<'a> {
        Run { network: self, forward: Forward { places: &self.places, weights, person: 0 } }
    }

    /// Draws crops `[N, 3, S, S]` (blue, green, red, 0..1) as the faces of a side or a person.
    pub fn reconstruct(&self, weights: &Weights, crops: Tensor<4>, whose: impl Into<Whose>) -> Output {
        let run = self.run(weights);
        let whose = whose.into();
        let side = if whose == Whose::Side(Side::A) { Side::A } else { Side::B };
        run.output(run.code(crops, side), whose)
    }

    /// [`Network::reconstruct`] for two batches, with one pass through what they share.
    pub fn reconstruct_both(&self, weights: &Weights, crops: [Tensor<4>; 2], whose: [Whose; 2]) -> [Output; 2] {
        let run = self.run(weights);
        let count = crops[0].dims()[0];
        let encoded =
            run.forward.layers("encoder", &self.blueprint.encoder, Value::Picture(Tensor::cat(crops.into(), 0)));
        let codes = match &self.blueprint.inter {
            Inter::Shared(layers) => run.forward.layers("inter", layers, encoded).parted(count),
            Inter::Split(layers) => {
                let both = run.forward.layers("inter_ab", layers, encoded.clone()).parted(count);
                let [first, second] = encoded.parted(count);
                let [of_first, of_second] = both;
                let beside = |own: Value, both: Value, whose| match whose {
                    Whose::Side(Side::A) => run.forward.layers("inter_a", layers, own).beside(both),
                    _ => both.clone().beside(both),
                };
                [beside(first, of_first, whose[0]), beside(second, of_second, whose[1])]
            }
        };
        let [first, second] = codes;
        [run.output(first, whose[0]), run.output(second, whose[1])]
    }

    /// Draws codes of [`Output::code`] again, as the faces of somebody else.
    pub fn redraw(&self, weights: &Weights, code: Tensor<2>, whose: impl Into<Whose>) -> Output {
        let [count, features] = code.dims();
        let code = match self.blueprint.code_shape() {
            Some(Shape::Picture { channels, side }) if channels * side * side == features => {
                Value::Picture(code.reshape([count, channels, side, side]))
            }
            _ => Value::Vector(code),
        };
        self.run(weights).output(code, whose.into())
    }

    /// Swaps: crops `[N, 3, S, S]` of side A as faces of side B. `driver_mask` is always there.
    pub fn swap(&self, weights: &Weights, crops: Tensor<4>) -> Output {
        let run = self.run(weights);
        let code = run.code(crops.clone(), Side::B);
        let (face, mask) = run.decode(self.decoder(Side::B), code.clone());
        let drawn_from = code.clone().flat();
        let driver_mask = run.driver_mask(code.clone()).unwrap_or_else(|| {
            let own = if let Inter::Split(_) = self.blueprint.inter { run.code(crops, Side::A) } else { code };
            run.mask(self.decoder(Side::A), own)
        });
        Output { face, mask, driver_mask: Some(driver_mask), code: drawn_from }
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
    forward: Forward<'a>,
}

impl Run<'_> {
    fn code(&self, crops: Tensor<4>, side: Side) -> Value {
        let blueprint = &self.network.blueprint;
        let encoded = self.forward.layers("encoder", &blueprint.encoder, Value::Picture(crops));
        match &blueprint.inter {
            Inter::Shared(layers) => self.forward.layers("inter", layers, encoded),
            Inter::Split(layers) => {
                let both = self.forward.layers("inter_ab", layers, encoded.clone());
                let first =
                    if side == Side::A { self.forward.layers("inter_a", layers, encoded) } else { both.clone() };
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
            Whose::Person(person) => (self.network.decoder(Side::A), person),
        };
        let drawing = Self { forward: Forward { person, ..self.forward }, ..*self };
        let (face, mask) = drawing.decode(decoder, code.clone());
        Output { face, mask, driver_mask: self.driver_mask(code.clone()), code: code.flat() }
    }

    fn decode(&self, decoder: &str, code: Value) -> (Tensor<4>, Tensor<4>) {
        let layers = &self.network.blueprint.decoder;
        let trunk = self.forward.layers(&format!("{decoder}.trunk"), &layers.trunk, code);
        let face = self.forward.layers(&format!("{decoder}.face"), &layers.face, trunk.clone());
        let mask = self.forward.layers(&format!("{decoder}.mask"), &layers.mask, trunk);
        (face.picture(), mask.picture())
    }

    fn mask(&self, decoder: &str, code: Value) -> Tensor<4> {
        let layers = &self.network.blueprint.decoder;
        let trunk = self.forward.layers(&format!("{decoder}.trunk"), &layers.trunk, code);
        self.forward.layers(&format!("{decoder}.mask"), &layers.mask, trunk).picture()
    }

    fn driver_mask(&self, code: Value) -> Option<Tensor<4>> {
        let layers = self.network.blueprint.driver_mask.as_ref()?;
        Some(self.forward.layers("driver_mask", layers, code).picture())
    }
}
