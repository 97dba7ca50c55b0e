//! A step by tensor operations: the twin of [`super::host`], for devices whose memory is elsewhere.

use burn::tensor::Tensor;

use super::settings::{Kind, Numbers};

/// The state of one parameter; no graph.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    pub(super) first: Tensor<1>,
    pub(super) second: Tensor<1>,
    pub(super) average: Option<Tensor<1>>,
}

/// Sum of squares, on the device.
pub(super) fn squares(values: Tensor<1>) -> Tensor<1> {
    (values.clone() * values).sum()
}

/// The new weights.
pub(super) fn advance(weights: Tensor<1>, gradient: Tensor<1>, moments: &mut Moments, numbers: &Numbers) -> Tensor<1> {
    let Numbers { kind, beta1, beta2, clip, step, correction, epsilon } = *numbers;
    let gradient = gradient * clip;
    let first = moments.first.clone() * beta1 + gradient.clone() * (1.0 - beta1);
    let second = match kind {
        Kind::Adam => moments.second.clone() * beta2 + gradient.clone() * gradient * (1.0 - beta2),
        Kind::AdaBelief => {
            let surprise = gradient - first.clone();
            moments.second.clone() * beta2 + surprise.clone() * surprise * (1.0 - beta2) + epsilon
        }
    };
    moments.first = first.clone();
    moments.second = second.clone();
    weights - first * step / (second.sqrt() * correction + epsilon)
}

/// Lets the average follow.
pub(super) fn follow(weights: &Tensor<1>, moments: &mut Moments, by: f32) {
    if let Some(average) = moments.average.take() {
        moments.average = Some(average.clone() + (weights.clone() - average) * by);
    }
}
