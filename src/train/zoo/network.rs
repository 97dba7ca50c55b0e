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
    /// The code that it was drawn from, flattened, then what went past it: `[N, …]`.
    pub code: Tensor<2>,
}

/// What a face is drawn from.
#[derive(Debug, Clone)]
struct Code {
    value: Value,
    /// `[N, features]` of the [shortcut](Blueprint::shortcut).
    shortcut: Option<Tensor<2>>,
}

impl Code {
    fn flat(self) -> Tensor<2> {
        let value = self.value.flat();
        match self.shortcut {
            Some(shortcut) => Tensor::cat(vec![value, shortcut], 1),
            None => value,
        }
    }

    /// Of the first `count` samples, and of the others.
    fn parted(self, count: usize) -> [Self; 2] {
        let [first, second] = self.value.parted(count);
        let shortcut = |from: usize, count: usize| self.shortcut.as_ref().map(|all| all.clone().narrow(0, from, count));
        let others = self.shortcut.as_ref().map_or(0, |all| all.dims()[0] - count);
        [Self { value: first, shortcut: shortcut(0, count) }, Self { value: second, shortcut: shortcut(count, others) }]
    }
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
        let (encoded, shortcut) = run.encode(Tensor::cat(crops.into(), 0));
        let codes = match &self.blueprint.inter {
            Inter::Shared(layers) => {
                Code { value: run.forward.layers("inter", layers, encoded), shortcut }.parted(count)
            }
            Inter::Split(layers) => {
                let both = run.forward.layers("inter_ab", layers, encoded.clone()).parted(count);
                let [first, second] = encoded.parted(count);
                let [of_first, of_second] = both;
                let beside = |own: Value, both: Value, whose| match whose {
                    Whose::Side(Side::A) => run.forward.layers("inter_a", layers, own).beside(both),
                    _ => both.clone().beside(both),
                };
                [beside(first, of_first, whose[0]), beside(second, of_second, whose[1])]
                    .map(|value| Code { value, shortcut: None })
            }
        };
        let [first, second] = codes;
        [run.output(first, whose[0]), run.output(second, whose[1])]
    }

    /// Draws codes of [`Output::code`] again, as the faces of somebody else.
    pub fn redraw(&self, weights: &Weights, code: Tensor<2>, whose: impl Into<Whose>) -> Output {
        let past = self.blueprint.shortcut_features();
        let [count, features] = code.dims();
        let own = features.saturating_sub(past);
        let shortcut = (past > 0).then(|| code.clone().narrow(1, own, past));
        let code = if past > 0 { code.narrow(1, 0, own) } else { code };
        let value = match self.blueprint.code_shape() {
            Some(Shape::Picture { channels, side }) if channels * side * side == own => {
                Value::Picture(code.reshape([count, channels, side, side]))
            }
            _ => Value::Vector(code),
        };
        self.run(weights).output(Code { value, shortcut }, whose.into())
    }

    /// Swaps: crops `[N, 3, S, S]` of side A as faces of side B. `driver_mask` is always there.
    pub fn swap(&self, weights: &Weights, crops: Tensor<4>) -> Output {
        let run = self.run(weights);
        let code = run.code(crops.clone(), Side::B);
        let (face, mask) = run.decode(self.decoder(Side::B), code.clone());
        let drawn_from = code.clone().flat();
        let driver_mask = run.driver_mask(code.value.clone()).unwrap_or_else(|| {
            let own = if let Inter::Split(_) = self.blueprint.inter { run.code(crops, Side::A) } else { code };
            run.mask(self.decoder(Side::A), own.value)
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
            let head = [".face", ".mask", ".shortcut", "driver_mask"].iter().any(|end| own.ends_with(end));
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
    /// What the encoder gives, and what goes past the code.
    fn encode(&self, crops: Tensor<4>) -> (Value, Option<Tensor<2>>) {
        let layers = &self.network.blueprint.encoder;
        let Some(shortcut) = &self.network.blueprint.shortcut else {
            return (self.forward.layers("encoder", layers, Value::Picture(crops)), None);
        };
        let (first, later) = layers.split_at(shortcut.after);
        let fine = self.forward.layers("encoder", first, Value::Picture(crops));
        let vector = self.forward.layers("shortcut.read", &shortcut.read, fine.clone()).flat();
        (self.forward.layers_from("encoder", shortcut.after, later, fine), Some(vector))
    }

    fn code(&self, crops: Tensor<4>, side: Side) -> Code {
        let blueprint = &self.network.blueprint;
        let (encoded, shortcut) = self.encode(crops);
        let value = match &blueprint.inter {
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
        };
        Code { value, shortcut }
    }

    fn output(&self, code: Code, whose: Whose) -> Output {
        let (decoder, person) = match whose {
            Whose::Side(side) => (self.network.decoder(side), 0),
            Whose::Person(person) => (self.network.decoder(Side::A), person),
        };
        let drawing = Self { forward: Forward { person, ..self.forward }, ..*self };
        let (face, mask) = drawing.decode(decoder, code.clone());
        Output { face, mask, driver_mask: self.driver_mask(code.value.clone()), code: code.flat() }
    }

    fn decode(&self, decoder: &str, code: Code) -> (Tensor<4>, Tensor<4>) {
        let layers = &self.network.blueprint.decoder;
        let trunk = self.forward.layers(&format!("{decoder}.trunk"), &layers.trunk, code.value);
        let face = self.past(decoder, trunk.clone(), code.shortcut);
        let face = self.forward.layers(&format!("{decoder}.face"), &layers.face, face);
        let mask = self.forward.layers(&format!("{decoder}.mask"), &layers.mask, trunk);
        (face.picture(), mask.picture())
    }

    /// The end of a decoder's trunk with what went past the code added.
    fn past(&self, decoder: &str, trunk: Value, vector: Option<Tensor<2>>) -> Value {
        let (Some(shortcut), Some(vector)) = (&self.network.blueprint.shortcut, vector) else { return trunk };
        let map = self.forward.layers("shortcut.write", &shortcut.write, Value::Vector(vector));
        match (trunk, self.forward.layers(&format!("{decoder}.shortcut"), &shortcut.draw, map)) {
            (Value::Picture(trunk), Value::Picture(drawn)) => Value::Picture(trunk + drawn),
            (trunk, _) => trunk,
        }
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
