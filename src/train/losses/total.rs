//! All terms together.

use burn::tensor::Tensor;

use super::{LossWeights, dssim, emphasised, emphasised_dssim, feather, l1, l2, masked};
use crate::train::samples::Batch;
use crate::train::zoo::Output;

/// One term of a loss.
#[derive(Debug, Clone)]
pub struct Part {
    /// Which, as in metrics: `dssim`, `l1`, `l2`, `priority`, `priority_dssim`, `mask`, `driver_mask`.
    pub name: &'static str,
    /// How much it counts.
    pub weight: f32,
    /// The term before it is weighted; no graph.
    pub value: Tensor<1>,
}

/// What a loss is made of, in a fixed order; terms of weight 0 are left out.
#[derive(Debug, Clone, Default)]
pub struct Parts(pub Vec<Part>);

impl Parts {
    /// Names and unweighted values. Waits for the device.
    pub fn read(&self) -> Vec<(&'static str, f32)> {
        self.0.iter().map(|part| (part.name, part.value.clone().into_scalar::<f32>())).collect()
    }
}

/// The loss of one side's batch, the sum of weight · term, and its parts.
///
/// Face terms see both pictures through the feathered mask of the target. The driver's mask, where the model gives one,
/// is held against that of the input.
pub fn total(output: &Output, batch: &Batch, weights: &LossWeights) -> (Tensor<1>, Parts) {
    let mut parts = Vec::new();
    let mut sum = None;
    let mut add = |name: &'static str, weight: f32, term: &dyn Fn() -> Tensor<1>| {
        if weight > 0.0 {
            let value = term();
            parts.push(Part { name, weight, value: value.clone().inner() });
            let weighted = value * weight;
            sum = Some(match sum.take() {
                Some(sum) => weighted + sum,
                None => weighted,
            });
        }
    };

    let around = feather(batch.mask.clone());
    let face = masked(output.face.clone(), around.clone(), weights.background);
    let target = masked(batch.target.clone(), around, weights.background);
    add("dssim", weights.dssim, &|| dssim(face.clone(), target.clone(), weights.scales));
    add("l1", weights.l1, &|| l1(face.clone(), target.clone()));
    add("l2", weights.l2, &|| l2(face.clone(), target.clone()));
    add("priority", weights.priority, &|| {
        emphasised(output.face.clone(), batch.target.clone(), batch.priority.clone())
    });
    add("priority_dssim", weights.priority_dssim, &|| {
        emphasised_dssim(output.face.clone(), batch.target.clone(), batch.priority.clone())
    });
    add("mask", weights.mask, &|| l1(output.mask.clone(), batch.mask.clone()));
    if let Some(driver) = &output.driver_mask {
        add("driver_mask", weights.mask, &|| l1(driver.clone(), batch.driver_mask.clone()));
    }
    let sum = sum.unwrap_or_else(|| output.face.clone().mean() * 0.0);
    (sum, Parts(parts))
}
