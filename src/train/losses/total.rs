//! All terms together.

use burn::tensor::Tensor;

use super::{
    Judges, LossWeights, code_distance, dssim, emphasised, emphasised_dssim, expression_distance, feather,
    generator_loss, l1, l2, masked, pasted, perceptual,
};
use crate::train::samples::Batch;
use crate::train::zoo::{Output, Whose};

/// One term of a loss.
#[derive(Debug, Clone)]
pub struct LossTerm {
    /// Which, as in metrics: `dssim`, `l1`, `l2`, `priority`, `priority_dssim`, `mask`, `driver_mask`, `perceptual`,
    /// `agreement`, `adversarial`, `code`, `expression`; and `discriminator`, what the discriminator lowers.
    pub name: &'static str,
    /// How much it counts.
    pub weight: f32,
    /// The term before it is weighted; no graph.
    pub value: Tensor<1>,
}

/// What a loss is made of, in a fixed order; terms of weight 0 are left out.
#[derive(Debug, Clone, Default)]
pub struct Parts(pub Vec<LossTerm>);

impl Parts {
    /// Names and unweighted values. Waits for the device.
    pub fn read(&self) -> Vec<(&'static str, f32)> {
        self.0.iter().map(|part| (part.name, part.value.clone().into_scalar::<f32>())).collect()
    }
}

/// What a loss is summed up in.
#[derive(Default)]
struct Sum {
    parts: Parts,
    loss: Option<Tensor<1>>,
}

impl Sum {
    /// Adds a term, which is not computed where it does not count.
    fn add(&mut self, name: &'static str, weight: f32, term: impl FnOnce() -> Tensor<1>) {
        if weight > 0.0 {
            let value = term();
            self.parts.0.push(LossTerm { name, weight, value: value.clone().inner() });
            let weighted = value * weight;
            self.loss = Some(match self.loss.take() {
                Some(loss) => weighted + loss,
                None => weighted,
            });
        }
    }
}

/// The loss of one side's batch, the sum of weight · term, and its parts.
///
/// Face terms see both pictures through the feathered mask of the target. The driver's mask, where the model gives one,
/// is held against that of the input. A batch without an answer is judged by its code and by what its face does.
pub fn total(output: &Output, batch: &Batch, weights: &LossWeights, judges: &Judges<'_>) -> (Tensor<1>, Parts) {
    let mut sum = Sum::default();
    if batch.answered {
        add_answered(&mut sum, output, batch, weights);
        add_judged(&mut sum, output, batch, weights, judges);
    } else {
        add_unanswered(&mut sum, output, batch, weights, judges);
    }
    let loss = sum.loss.unwrap_or_else(|| output.face.clone().mean() * 0.0);
    (loss, sum.parts)
}

/// Terms of pictures alone.
fn add_answered(sum: &mut Sum, output: &Output, batch: &Batch, weights: &LossWeights) {
    let around = feather(batch.mask.clone());
    let face = masked(output.face.clone(), around.clone(), weights.background);
    let target = masked(batch.target.clone(), around, weights.background);
    sum.add("dssim", weights.dssim, || dssim(face.clone(), target.clone(), weights.scales));
    sum.add("l1", weights.l1, || l1(face.clone(), target.clone()));
    sum.add("l2", weights.l2, || l2(face.clone(), target.clone()));
    sum.add("priority", weights.priority, || {
        emphasised(output.face.clone(), batch.target.clone(), batch.priority.clone())
    });
    sum.add("priority_dssim", weights.priority_dssim, || {
        emphasised_dssim(output.face.clone(), batch.target.clone(), batch.priority.clone())
    });
    sum.add("mask", weights.mask, || l1(output.mask.clone(), batch.mask.clone()));
    if let Some(driver) = &output.driver_mask {
        sum.add("driver_mask", weights.mask, || l1(driver.clone(), batch.driver_mask.clone()));
    }
}

/// Terms of a driver's face that became the subject's: what it does must still be the driver's.
fn add_unanswered(sum: &mut Sum, output: &Output, batch: &Batch, weights: &LossWeights, judges: &Judges<'_>) {
    if let Some((network, constants)) = judges.encoder {
        sum.add("code", weights.code, || {
            let swapped = pasted(output.face.clone(), batch.driver_mask.clone(), batch.input.clone());
            code_distance(network.code(constants, swapped), output.code.clone())
        });
    }
    if let Some(judge) = judges.expression {
        sum.add("expression", weights.expression, || {
            let drawn = [output.face.clone(), output.mask.clone()];
            expression_distance(judge, drawn, [batch.target.clone(), batch.mask.clone()])
        });
    }
}

/// Terms of pictures whose answer is known, as networks see them.
fn add_judged(sum: &mut Sum, output: &Output, batch: &Batch, weights: &LossWeights, judges: &Judges<'_>) {
    let drawn = || pasted(output.face.clone(), batch.mask.clone(), batch.target.clone());
    if let Some((network, constants)) = judges.encoder {
        sum.add("perceptual", weights.perceptual, || perceptual((network, constants), drawn(), batch.target.clone()));
        // A code of two sides holds the person on purpose.
        if let Whose::Person(_) = batch.whose {
            sum.add("agreement", weights.agreement, || {
                code_distance(output.code.clone(), network.code(constants, batch.target.clone()))
            });
        }
    }
    if let Some((discriminator, constants)) = judges.discriminator {
        sum.add("adversarial", weights.adversarial, || generator_loss(discriminator.judge(constants, drawn())));
    }
}
