//! The expression network: what a face does, whoever it is.

use std::collections::HashMap;

use burn::tensor::{Device, Tensor};

use super::blocks::{SLOPE, down};
use super::blueprint::walk;
use super::forward::{Forward, Value};
use super::{BlueprintError, Layer, ParameterShape, Shape, first_weights};
use crate::train::random::Purpose;
use crate::train::weights::Weights;

/// Prefix of its parameters.
const PART: &str = "expression";
/// Channels and kernels at a half, a quarter and so on of the crop's side.
const CONVOLUTIONS: [(usize, usize); 5] = [(16, 5), (32, 3), (64, 3), (96, 3), (128, 3)];
/// Features between the pictures and the numbers.
const FEATURES: usize = 128;

/// Gives some numbers for a crop: convolutions of stride 2, then two dense layers. The second reads places off the
/// first, so that where a lid or an iris lies is not lost.
#[derive(Debug, Clone)]
pub struct ExpressionNetwork {
    layers: Vec<Layer>,
    parameters: Vec<ParameterShape>,
    places: HashMap<String, usize>,
    side: usize,
}

impl ExpressionNetwork {
    /// For crops of `side` px, a multiple of 32.
    ///
    /// # Errors
    /// [`BlueprintError::Misfit`] for another side.
    pub fn new(side: usize, outputs: usize) -> Result<Self, BlueprintError> {
        let bend = Layer::LeakyRelu { slope: SLOPE };
        let mut layers: Vec<Layer> =
            CONVOLUTIONS.into_iter().flat_map(|(out, kernel)| down(out, kernel, &bend)).collect();
        layers.extend([Layer::Flatten, Layer::Dense { out: FEATURES }, bend, Layer::Dense { out: outputs }]);
        let mut parameters = Vec::new();
        walk(PART, &layers, Shape::Picture { channels: 3, side }, 0, &mut parameters)?;
        let places = parameters.iter().enumerate().map(|(i, parameter)| (parameter.name.clone(), i)).collect();
        Ok(Self { layers, parameters, places, side })
    }

    /// Side of the crops in px.
    pub fn side(&self) -> usize {
        self.side
    }

    /// What its parameters are called and how large they are, in the order of [`Weights`].
    pub fn parameters(&self) -> &[ParameterShape] {
        &self.parameters
    }

    /// First weights.
    pub fn init(&self, seed: u64, device: &Device) -> Weights {
        first_weights(&self.parameters, &[], (seed, Purpose::Expression), device)
    }

    /// For crops `[N, 3, S, S]` (blue, green, red, 0..1) the numbers, `[N, outputs]`.
    pub fn read(&self, weights: &Weights, crops: Tensor<4>) -> Tensor<2> {
        let forward = Forward { places: &self.places, weights, person: 0 };
        // Grey is 0 to the first layer, as its zero padding is.
        forward.layers(PART, &self.layers, Value::Picture(crops - 0.5)).flat()
    }
}
