//! The occlusion network: what each pixel of an aligned crop is.

use std::collections::HashMap;

use burn::tensor::{Device, Tensor};

use super::blocks::SLOPE;
use super::blueprint::walk;
use super::forward::{Forward, Value};
use super::{BlueprintError, Layer, ParameterShape, Shape, first_weights};
use crate::train::random::Purpose;
use crate::train::weights::Weights;

/// Prefix of its parameters.
const PART: &str = "segmenter";
/// Channels at a half, a quarter, an eighth and a sixteenth of the crop's side. Multiples of 16, since ONNX Runtime
/// computes as many channels at once.
const WIDTHS: [usize; 4] = [16, 32, 64, 64];

/// Gives a number for each class and pixel: O. Ronneberger et al., "U-Net: convolutional networks for biomedical
/// image segmentation", MICCAI 2015, with sums in place of joined channels and a first layer of stride 2, so that a
/// run takes one core about as long as the face mesh does.
#[derive(Debug, Clone)]
pub struct Segmenter {
    layers: Vec<Layer>,
    parameters: Vec<ParameterShape>,
    places: HashMap<String, usize>,
    side: usize,
    classes: usize,
}

/// Down to half the side, what `inside` does there, and back up, beside what goes straight on.
fn level(width: usize, deeper: usize, inside: Vec<Layer>) -> Layer {
    let bend = Layer::LeakyRelu { slope: SLOPE };
    let mut layers = vec![Layer::Conv { out: deeper, kernel: 3, stride: 2 }, bend.clone()];
    layers.extend([Layer::Conv { out: deeper, kernel: 3, stride: 1 }, bend.clone()]);
    layers.extend(inside);
    layers.extend([Layer::Conv { out: 4 * width, kernel: 1, stride: 1 }, bend, Layer::PixelShuffle]);
    Layer::Residual(layers)
}

impl Segmenter {
    /// For crops of `side` px, a multiple of 16.
    ///
    /// # Errors
    /// [`BlueprintError::Misfit`] for another side.
    pub fn new(side: usize, classes: usize) -> Result<Self, BlueprintError> {
        let bend = || Layer::LeakyRelu { slope: SLOPE };
        let same = |out| [Layer::Conv { out, kernel: 3, stride: 1 }, bend()];
        let [half, quarter, eighth, sixteenth] = WIDTHS;
        let deepest = level(eighth, sixteenth, same(sixteenth).to_vec());
        let deep = level(quarter, eighth, [vec![deepest], same(eighth).to_vec()].concat());
        let shallow = level(half, quarter, [vec![deep], same(quarter).to_vec()].concat());
        let mut layers = vec![Layer::Conv { out: half, kernel: 5, stride: 2 }, bend(), shallow];
        layers.extend(same(half));
        layers.extend([Layer::Conv { out: 4 * classes, kernel: 1, stride: 1 }, Layer::PixelShuffle]);
        let mut parameters = Vec::new();
        walk(PART, &layers, Shape::Picture { channels: 3, side }, 0, &mut parameters)?;
        let places = parameters.iter().enumerate().map(|(i, parameter)| (parameter.name.clone(), i)).collect();
        Ok(Self { layers, parameters, places, side, classes })
    }

    /// Side of the crops in px.
    pub fn side(&self) -> usize {
        self.side
    }

    /// How many classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Its layers, whose parameters begin with [`Segmenter::part`].
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Prefix of its parameters.
    pub const fn part() -> &'static str {
        PART
    }

    /// What its parameters are called and how large they are, in the order of [`Weights`].
    pub fn parameters(&self) -> &[ParameterShape] {
        &self.parameters
    }

    /// First weights.
    pub fn init(&self, seed: u64, device: &Device) -> Weights {
        first_weights(&self.parameters, &[], (seed, Purpose::Weights), device)
    }

    /// For crops `[N, 3, S, S]` (blue, green, red, 0..1) a number for each class and pixel, `[N, classes, S, S]`: the
    /// class with the largest is the likeliest, and their softmax how likely each is.
    pub fn scores(&self, weights: &Weights, crops: Tensor<4>) -> Tensor<4> {
        let forward = Forward { places: &self.places, weights, person: 0 };
        forward.layers(PART, &self.layers, Value::Picture(crops)).picture()
    }
}
