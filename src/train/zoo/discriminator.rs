//! A patch discriminator: which parts of a face look drawn.

use std::collections::HashMap;

use burn::tensor::{Device, Tensor};

use super::blocks::SLOPE;
use super::blueprint::walk;
use super::forward::{Forward, Value};
use super::{BlueprintError, Layer, ParameterShape, Shape, first_weights};
use crate::train::random::Purpose;
use crate::train::weights::Weights;

/// Channels of the first layer.
const WIDTH: usize = 32;
/// Prefix of its parameters.
const PART: &str = "discriminator";

/// Says of each patch of a face, some 30 px wide, whether it is a photograph's: P. Isola et al., "Image-to-image
/// translation with conditional adversarial networks", CVPR 2017. It has no norm layers, since its batches are small.
#[derive(Debug, Clone)]
pub struct Discriminator {
    layers: Vec<Layer>,
    parameters: Vec<ParameterShape>,
    places: HashMap<String, usize>,
}

impl Discriminator {
    /// For faces of `resolution` px, a multiple of 8.
    ///
    /// # Errors
    /// [`BlueprintError::Misfit`] for another resolution.
    pub fn new(resolution: usize) -> Result<Self, BlueprintError> {
        let mut layers = Vec::new();
        for (out, kernel) in [(WIDTH, 5), (2 * WIDTH, 3), (4 * WIDTH, 3)] {
            layers.extend([Layer::Conv { out, kernel, stride: 2 }, Layer::LeakyRelu { slope: SLOPE }]);
        }
        layers.push(Layer::Conv { out: 1, kernel: 3, stride: 1 });
        let mut parameters = Vec::new();
        walk(PART, &layers, Shape::Picture { channels: 3, side: resolution }, 0, &mut parameters)?;
        let places = parameters.iter().enumerate().map(|(i, parameter)| (parameter.name.clone(), i)).collect();
        Ok(Self { layers, parameters, places })
    }

    /// What its parameters are called and how large they are, in the order of [`Weights`].
    pub fn parameters(&self) -> &[ParameterShape] {
        &self.parameters
    }

    /// First weights.
    pub fn init(&self, seed: u64, device: &Device) -> Weights {
        first_weights(&self.parameters, &[], (seed, Purpose::Discriminator), device)
    }

    /// For faces `[N, 3, S, S]` (blue, green, red, 0..1) a number for each patch, `[N, 1, S / 8, S / 8]`: towards 1
    /// for a photograph's, towards 0 for a drawn one's.
    pub fn judge(&self, weights: &Weights, faces: Tensor<4>) -> Tensor<4> {
        let forward = Forward { places: &self.places, weights, person: 0 };
        forward.layers(PART, &self.layers, Value::Picture(faces)).picture()
    }
}
