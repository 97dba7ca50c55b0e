//! Terms whose judge is a network: a frozen encoder, a discriminator, or the expression network.

use burn::tensor::Tensor;

use super::feather;
use crate::train::expression::ExpressionJudge;
use crate::train::weights::Weights;
use crate::train::zoo::{Discriminator, Network};

/// Keeps divisions finite where a network says nothing.
const EPSILON: f32 = 1e-6;
/// Convolutions of the encoder whose features are compared: lids and lips still have places of their own there.
const LEVELS: usize = 3;

/// The networks that judge; terms without their judge are left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Judges<'a> {
    /// A model with weights that no gradient goes into: its encoder judges.
    pub encoder: Option<(&'a Network, &'a Weights)>,
    /// A discriminator with weights that no gradient goes into.
    pub discriminator: Option<(&'a Discriminator, &'a Weights)>,
    /// The expression network.
    pub expression: Option<&'a ExpressionJudge>,
}

/// How different two pictures `[N, 3, S, S]` look to the encoder: mean absolute difference of its features over their
/// mean magnitude in `target`, and over levels (after J. Johnson et al., "Perceptual losses for real-time style
/// transfer and super-resolution", ECCV 2016). 0 for equal pictures. Differentiable in `drawn` alone.
pub fn perceptual((network, weights): (&Network, &Weights), drawn: Tensor<4>, target: Tensor<4>) -> Tensor<1> {
    let nothing = Tensor::zeros([1], &drawn.device());
    let [found, wanted] = [drawn, target].map(|picture| network.features(weights, picture, LEVELS));
    let level = |(found, wanted): (Tensor<4>, Tensor<4>)| {
        let wanted = wanted.detach();
        let magnitude = wanted.clone().abs().mean() + EPSILON;
        (found - wanted).abs().mean() / magnitude
    };
    let levels = found.len().max(1) as f32;
    found.into_iter().zip(wanted).map(level).fold(nothing, |sum, level| sum + level) / levels
}

/// How different two codes `[N, F]` are: mean squared difference over the mean square of `wanted`. Differentiable in
/// `found` alone.
pub fn code_distance(found: Tensor<2>, wanted: Tensor<2>) -> Tensor<1> {
    let wanted = wanted.detach();
    let square = (wanted.clone() * wanted.clone()).mean() + EPSILON;
    let difference = found - wanted;
    (difference.clone() * difference).mean() / square
}

/// How far what a drawn face does is from what the driver's does: mean of `sqrt(1 + d²) − 1` over the differences `d`
/// of the judge's numbers, in their deviations (P. Charbonnier et al., "Two deterministic half-quadratic
/// regularization algorithms for computed imaging", ICIP 1994: half the square of small differences, and large ones
/// themselves). Each number counts as far as it is to be trusted. Each face is a picture `[N, 3, S, S]` with the mask
/// `[N, 1, S, S]` of its face. 0 for equal ones. Differentiable in the drawn picture alone.
pub fn expression_distance(judge: &ExpressionJudge, drawn: [Tensor<4>; 2], driver: [Tensor<4>; 2]) -> Tensor<1> {
    let ([drawn, drawn_mask], [driver, driver_mask]) = (drawn, driver);
    let wanted = judge.read_faces(driver, driver_mask).detach();
    let difference = judge.read_faces(drawn, drawn_mask.detach()) - wanted;
    let [faces, _] = difference.dims();
    let far = (difference.clone() * difference + 1.0).sqrt() - 1.0;
    let counts = judge.counts(&far.device());
    (far * counts).sum() / faces as f32
}

/// What a model is to lower: how far verdicts on drawn faces are from those on photographs. X. Mao et al., "Least
/// squares generative adversarial networks", ICCV 2017.
pub fn generator_loss(verdicts: Tensor<4>) -> Tensor<1> {
    let short = verdicts - 1.0;
    (short.clone() * short).mean()
}

/// What a discriminator is to lower: how badly it tells photographs from drawn faces. Same source.
pub fn discriminator_loss(of_photographs: Tensor<4>, of_drawn: Tensor<4>) -> Tensor<1> {
    (generator_loss(of_photographs) + (of_drawn.clone() * of_drawn).mean()) * 0.5
}

/// The drawn face where `mask` `[N, 1, S, S]` is, feathered so that its edge does not show, and the other picture
/// elsewhere.
pub fn pasted(face: Tensor<4>, mask: Tensor<4>, onto: Tensor<4>) -> Tensor<4> {
    onto.clone() + (face - onto) * feather(mask)
}
