//! Terms whose judge is a network: what they ask for, and how a discriminator is trained beside a model.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

mod session_support;

use std::path::Path;

use burn::tensor::{Device, Tensor};
use session_support::{discs, recipe, small};
use standin::train::losses::{
    Judges, LossWeights, code_distance, discriminator_loss, generator_loss, pasted, perceptual, total,
};
use standin::train::samples::Batch;
use standin::train::session::{Checkpoint, Goal, Run, Stop, Trainer};
use standin::train::weights::Weights;
use standin::train::zoo::{Discriminator, Network, Output, Side, Whose};

fn device() -> Device {
    Device::flex().autodiff()
}

fn network() -> Network {
    Network::new(small("live").blueprint().unwrap()).unwrap()
}

fn number(value: Tensor<1>) -> f32 {
    value.into_scalar::<f32>()
}

fn drawn(network: &Network, weights: &Weights, batch: &Batch, whose: Whose) -> Output {
    network.reconstruct(weights, batch.input.clone(), whose)
}

#[test]
fn the_encoder_sees_no_difference_between_equal_pictures_and_some_between_others() {
    let network = network();
    let constants = network.init(3, &Device::flex());
    let (a, b) = discs(network.blueprint().resolution, 2, 0);
    let seen = |x: &Batch, y: &Batch| number(perceptual((&network, &constants), x.target.clone(), y.target.clone()));
    assert_eq!(seen(&a, &a), 0.0);
    assert!(seen(&a, &b) > 0.05, "{}", seen(&a, &b));
    let levels = network.features(&constants, a.target.clone(), 3);
    let sides: Vec<_> = levels.iter().map(|level| level.dims()[2]).collect();
    let side = network.blueprint().resolution;
    assert_eq!(sides, [side / 2, side / 4, side / 8]);
}

#[test]
fn codes_are_as_far_apart_as_their_difference_against_their_size() {
    let row = |values: [f32; 4]| Tensor::<2>::from_data([values], &Device::flex());
    assert!(number(code_distance(row([1.0, 2.0, 3.0, 4.0]), row([1.0, 2.0, 3.0, 4.0]))).abs() < 1e-6);
    let twice = number(code_distance(row([2.0, 4.0, 6.0, 8.0]), row([1.0, 2.0, 3.0, 4.0])));
    assert!((twice - 1.0).abs() < 1e-4, "{twice}");
}

#[test]
fn a_face_is_pasted_where_its_mask_is_without_an_edge() {
    let (a, b) = discs(64, 1, 0);
    let out = pasted(a.target.clone(), a.mask.clone(), b.target.clone());
    let row = |picture: &Tensor<4>| -> Vec<f32> {
        picture.clone().slice([0..1, 2..3, 32..33, 0..64]).into_data().try_into_vec().unwrap()
    };
    let (drawn, onto, found) = (row(&a.target), row(&b.target), row(&out));
    let mask: Vec<f32> = a.mask.clone().slice([0..1, 0..1, 32..33, 0..64]).into_data().try_into_vec().unwrap();
    assert!((found[32] - drawn[32]).abs() < 1e-6 && mask[32] == 1.0, "its middle");
    assert!((0..64).filter(|&x| mask[x] == 0.0).all(|x| (found[x] - onto[x]).abs() < 1e-6), "outside");
    let first = (0..64).find(|&x| mask[x] == 1.0).unwrap();
    let whole = (drawn[first] - onto[first]).abs();
    assert!((found[first] - onto[first]).abs() < 0.4 * whole, "its edge begins softly");
}

/// What a judge says reaches the face's layers of the decoder that drew it, and nothing else; the judge learns nothing.
#[test]
fn what_judges_say_moves_the_face_of_the_decoder_alone() {
    let network = network();
    let side = network.blueprint().resolution;
    let weights = network.init(3, &device()).leaves(&device(), |name| name.starts_with("decoder_b."));
    let discriminator = Discriminator::new(side).unwrap();
    let judge = discriminator.init(1, &device()).leaves(&device(), |_| true);
    let (constants, judging) = (weights.constants(), judge.constants());
    let judges = Judges {
        encoder: Some((&network, &constants)),
        discriminator: Some((&discriminator, &judging)),
        expression: None,
    };
    let (mut driver, b) = discs(side, 2, 0);
    (driver.whose, driver.answered) = (Side::B.into(), false);
    let none =
        LossWeights { dssim: 0.0, l1: 0.0, priority: 0.0, priority_dssim: 0.0, mask: 0.0, ..LossWeights::default() };
    for (name, batch, losses) in [
        ("code", &driver, LossWeights { code: 1.0, ..none }),
        ("perceptual", &b, LossWeights { perceptual: 1.0, ..none }),
        ("adversarial", &b, LossWeights { adversarial: 1.0, ..none }),
    ] {
        let (loss, parts) = total(&drawn(&network, &weights, batch, Side::B.into()), batch, &losses, &judges);
        assert_eq!(parts.0.iter().map(|part| part.name).collect::<Vec<_>>(), [name]);
        let mut all = loss.backward();
        for parameter in &weights.0 {
            let moved = parameter.value.grad_remove(&mut all).is_some();
            let face = parameter.name.starts_with("decoder_b.") && !parameter.name.contains(".mask.");
            assert_eq!(moved, face, "{name}: {}", parameter.name);
        }
        for parameter in constants.0.iter().chain(&judging.0).chain(&judge.0) {
            assert!(parameter.value.grad_remove(&mut all).is_none(), "{name}: the judge's {}", parameter.name);
        }
    }
}

#[test]
fn terms_that_would_count_for_nothing_are_refused() {
    let refused = |losses: LossWeights, minutes: Option<f64>| {
        let goal = Goal { steps: None, minutes };
        standin::train::session::Recipe { losses, goal, ..recipe("live", 1) }.check().unwrap_err()
    };
    let default = LossWeights::default();
    assert!(refused(LossWeights { code: 0.1, ..default }, Some(1.0)).contains("--a"));
    assert!(refused(LossWeights { agreement: 0.1, ..default }, Some(1.0)).contains("--troupe"));
    assert!(refused(LossWeights { adversarial: 0.1, ..default }, None).contains("--minutes"));
}

#[test]
fn the_agreement_of_codes_moves_the_encoder() {
    let dimensions = standin::train::zoo::preset::Dimensions { people: 2, ..small("live") };
    let network = Network::new(dimensions.blueprint().unwrap()).unwrap();
    let weights = network.init(3, &device()).leaves(&device(), |_| true);
    let constants = weights.constants();
    let judges = Judges { encoder: Some((&network, &constants)), ..Judges::default() };
    let (mut a, b) = discs(network.blueprint().resolution, 2, 0);
    (a.whose, a.target) = (Whose::Person(1), b.target);
    let only = LossWeights {
        dssim: 0.0,
        l1: 1e-9,
        priority: 0.0,
        priority_dssim: 0.0,
        mask: 0.0,
        agreement: 1.0,
        ..LossWeights::default()
    };
    let (loss, parts) = total(&drawn(&network, &weights, &a, a.whose), &a, &only, &judges);
    assert!(parts.0.iter().any(|part| part.name == "agreement"));
    let mut all = loss.backward();
    let first = weights.named("encoder.0.weight").unwrap().value.grad_remove(&mut all).unwrap();
    assert!(first.abs().max().into_scalar::<f32>() > 1e-6);
}

#[test]
fn a_discriminator_learns_to_tell_two_kinds_of_pictures() {
    let side = 32;
    let discriminator = Discriminator::new(side).unwrap();
    assert!(Discriminator::new(20).is_err(), "no multiple of 8");
    let mut weights = discriminator.init(1, &device()).leaves(&device(), |_| true);
    let mut optimiser = standin::train::optimise::Optimiser::new(Default::default(), &weights).unwrap();
    let (a, b) = discs(side, 2, 0);
    let verdicts = discriminator.judge(&weights, a.target.clone());
    assert_eq!(verdicts.dims(), [2, 1, side / 8, side / 8]);
    let loss = |weights: &Weights| {
        discriminator_loss(
            discriminator.judge(weights, a.target.clone()),
            discriminator.judge(weights, b.target.clone()),
        )
    };
    let before = number(loss(&weights).inner());
    for _ in 0..60 {
        let found = standin::train::optimise::gradients(&weights, &mut loss(&weights).backward());
        optimiser.step(&mut weights, found, 2e-3).unwrap();
    }
    let after = number(loss(&weights).inner());
    assert!(after < 0.5 * before, "{before} to {after}");
    let deceived = |batch: &Batch| number(generator_loss(discriminator.judge(&weights, batch.target.clone())).inner());
    assert!(deceived(&a) < deceived(&b));
}

/// Trains the run in `folder` until `stop`.
fn train(folder: &Path, stop: u64) -> Trainer {
    let run = Run::open(folder).unwrap();
    let side = run.recipe().dimensions.resolution;
    let mut trainer = Trainer::open(run, device(), &mut |_| {}).unwrap();
    let until = |step| if step >= stop { Stop::Yes } else { Stop::No };
    trainer.train(&mut |step, _| Ok(discs(side, 2, step)), &mut |_| {}, &mut |step| until(step)).unwrap();
    trainer
}

#[test]
fn a_discriminator_goes_on_from_the_checkpoint_as_the_model_does() {
    let place = tempfile::tempdir().unwrap();
    let losses = LossWeights { adversarial: 0.1, adversarial_from: 0.5, perceptual: 0.1, ..LossWeights::default() };
    let recipe =
        standin::train::session::Recipe { losses, goal: Goal { steps: Some(20), minutes: None }, ..recipe("live", 20) };
    let folders = ["whole", "halves"].map(|name| place.path().join(name));
    folders.iter().for_each(|folder| drop(Run::begin(folder, recipe.clone()).unwrap()));
    let whole = train(&folders[0], 20);
    train(&folders[1], 8);
    let halves = train(&folders[1], 20);
    let bits = |weights: &Weights| -> Vec<u32> {
        weights.0.iter().flat_map(|weight| weight.to_vec()).map(f32::to_bits).collect()
    };
    assert!(bits(whole.weights()) == bits(halves.weights()), "the models differ");
    let discriminator = Discriminator::new(recipe.dimensions.resolution).unwrap();
    let kept = |folder: &Path| {
        let path = Checkpoint::path(&Run::open(folder).unwrap().checkpoints(), 20);
        bits(&Checkpoint::load(&path, discriminator.parameters(), &Device::flex()).unwrap().weights)
    };
    assert!(kept(&folders[0]) == kept(&folders[1]), "the discriminators differ");
    assert_ne!(kept(&folders[0]), bits(&discriminator.init(recipe.seed, &Device::flex())), "it learnt");
    let judged = |step: u64| {
        let row = whole.history().iter().find(|row| row.step == step).unwrap();
        row.parts.iter().any(|(name, _)| name == "b.adversarial")
    };
    assert!(!judged(10) && judged(20), "it counts in the last part of the run");
}
