//! The optimisers: known steps, convergence, both twins, and state that goes on where it stopped.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, reason = "a test that fails may stop")]

use burn::tensor::{Device, Tensor, TensorData};
use standin::train::optimise::{
    Course, Kind, OptimiseError, Optimiser, OptimiserSettings, Schedule, StepDevice, gradients,
};
use standin::train::weights::{Parameter, Weights};

const PLACES: [StepDevice; 2] = [StepDevice::Host, StepDevice::Device];

fn plain(kind: Kind) -> OptimiserSettings {
    OptimiserSettings { kind, clip: 0.0, average: 0.0, ..OptimiserSettings::default() }
}

fn gradient(values: &[f32]) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), &Device::flex())
}

fn parameter(name: &str, values: &[f32]) -> Parameter {
    let value = Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), &Device::flex().autodiff());
    Parameter { name: name.to_owned(), shape: vec![values.len()], value: value.require_grad() }
}

fn values(weights: &Weights) -> Vec<Vec<f32>> {
    weights.0.iter().map(Parameter::to_vec).collect()
}

fn close(found: &[f32], expected: &[f32], within: f32) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= within, "{found} against {expected}");
    }
}

/// Two parameters, one longer than the pieces that the host's pass is cut into.
fn large() -> Weights {
    let long: Vec<f32> = (0..40_000).map(|i| (i as f32 * 0.013).sin()).collect();
    Weights(vec![parameter("a", &long), parameter("b", &[0.5, -0.25, 0.125])])
}

/// Deterministic gradients of a run's step.
fn noise(weights: &Weights, step: usize) -> Vec<Option<Tensor<1>>> {
    let of = |length: usize, seed: usize| {
        let values: Vec<f32> =
            (0..length).map(|i| ((i * 7 + step * 31 + seed * 3) as f32 * 0.71).sin() * 0.1).collect();
        Some(gradient(&values))
    };
    weights.0.iter().enumerate().map(|(seed, parameter)| of(parameter.shape[0], seed)).collect()
}

/// The first step of Adam is the rate against the gradient's sign, whatever its length.
#[test]
fn adam_first_step_is_the_rate() {
    for place in PLACES {
        let mut weights = Weights(vec![parameter("w", &[1.0, 1.0, 1.0])]);
        let mut adam = Optimiser::at(place, plain(Kind::Adam), &weights).expect("an optimiser");
        let report = adam.step(&mut weights, vec![Some(gradient(&[0.3, -4.0, 0.0]))], 0.01).expect("a step");
        close(&values(&weights)[0], &[0.99, 1.01, 1.0], 1e-6);
        assert!((report.norm - (0.09_f64 + 16.0).sqrt()).abs() < 1e-5 && report.moved);
    }
}

/// Algorithm 2 of the paper, by hand and in 64 bits, over four steps.
#[test]
fn adabelief_is_the_algorithm() {
    let pulls = [0.4, 0.5, -0.1, 0.45];
    let (mut weight, mut first, mut second) = (2.0_f64, 0.0_f64, 0.0_f64);
    for (step, pull) in pulls.iter().enumerate() {
        let t = step as i32 + 1;
        first = 0.9 * first + 0.1 * pull;
        second = 0.999 * second + 0.001 * (pull - first) * (pull - first) + 1e-16;
        let (first, second) = (first / (1.0 - 0.9_f64.powi(t)), second / (1.0 - 0.999_f64.powi(t)));
        weight -= 0.02 * first / (second.sqrt() + 1e-16);
    }
    for place in PLACES {
        let mut weights = Weights(vec![parameter("w", &[2.0])]);
        let mut belief = Optimiser::at(place, plain(Kind::AdaBelief), &weights).expect("an optimiser");
        for pull in pulls {
            belief.step(&mut weights, vec![Some(gradient(&[pull as f32]))], 0.02).expect("a step");
        }
        close(&values(&weights)[0], &[weight as f32], 1e-5);
    }
}

/// Through burn's own backward pass: the least of (w − 3)² + 10 (v + 1)² is at 3 and −1.
#[test]
fn both_converge_on_a_quadratic() {
    for kind in [Kind::Adam, Kind::AdaBelief] {
        for place in PLACES {
            let mut weights = Weights(vec![parameter("w", &[0.0]), parameter("v", &[0.5])]);
            let mut optimiser = Optimiser::at(place, plain(kind), &weights).expect("an optimiser");
            let schedule = Schedule { rate: 0.1, warm_up: 10, course: Course::Cosine, last: 0.0 };
            for step in 0..300 {
                let (w, v) = (weights.0[0].value.clone() - 3.0, weights.0[1].value.clone() + 1.0);
                let loss = (w.clone() * w + v.clone() * v * 10.0).sum();
                let mut grads = loss.backward();
                let pulls = gradients(&weights, &mut grads);
                let rate = schedule.rate(step, step as f64 / 300.0);
                optimiser.step(&mut weights, pulls, rate).expect("a step");
            }
            close(&values(&weights).concat(), &[3.0, -1.0], 1e-2);
        }
    }
}

#[test]
fn the_twins_agree() {
    for kind in [Kind::Adam, Kind::AdaBelief] {
        let settings = OptimiserSettings { kind, ..OptimiserSettings::default() };
        let [host, device] = PLACES.map(|place| {
            let mut weights = large();
            let mut optimiser = Optimiser::at(place, settings, &weights).expect("an optimiser");
            let mut norm = 0.0;
            for step in 0..20 {
                let mut pulls = noise(&weights, step);
                if step % 3 == 1 {
                    pulls[1] = None;
                }
                norm = optimiser.step(&mut weights, pulls, 1e-3).expect("a step").norm;
            }
            (values(&weights).concat(), values(&optimiser.average(&weights)).concat(), norm)
        });
        close(&host.0, &device.0, 2e-6);
        close(&host.1, &device.1, 2e-6);
        assert!((host.2 - device.2).abs() < 1e-5 * host.2);
        assert_ne!(host.0, host.1, "the average lags");
    }
}

/// One clipped step is the step of the scaled gradients; Adam's second step shows it, as its first does not.
#[test]
fn long_gradients_are_scaled_to_the_limit() {
    for place in PLACES {
        let run = |clip: f64, scale: f32| {
            let mut weights = Weights(vec![parameter("w", &[0.0, 0.0]), parameter("v", &[0.0])]);
            let settings = OptimiserSettings { clip, ..plain(Kind::Adam) };
            let mut adam = Optimiser::at(place, settings, &weights).expect("an optimiser");
            let short = || vec![Some(gradient(&[0.1, 0.0])), Some(gradient(&[0.0]))];
            adam.step(&mut weights, short(), 0.1).expect("a step");
            let long = vec![Some(gradient(&[2.0 * scale, 3.0 * scale])), Some(gradient(&[6.0 * scale]))];
            let report = adam.step(&mut weights, long, 0.1).expect("a step");
            (values(&weights).concat(), report.norm)
        };
        let (clipped, norm) = run(1.0, 1.0);
        assert!((norm - 7.0).abs() < 1e-6);
        close(&clipped, &run(0.0, 1.0 / 7.0).0, 1e-6);
        assert_ne!(clipped, run(0.0, 1.0).0);
    }
}

#[test]
fn a_norm_that_is_not_finite_moves_nothing() {
    for place in PLACES {
        for bad in [f32::NAN, f32::INFINITY] {
            let mut weights = large();
            let mut optimiser = Optimiser::at(place, OptimiserSettings::default(), &weights).expect("an optimiser");
            let pulls = noise(&weights, 0);
            optimiser.step(&mut weights, pulls, 1e-2).expect("a step");
            let (before, state) = (values(&weights), optimiser.export().expect("state"));
            let mut pulls = noise(&weights, 1);
            pulls[1] = Some(gradient(&[0.1, bad, 0.1]));
            let report = optimiser.step(&mut weights, pulls, 1e-2).expect("a step");
            assert!(!report.moved && !report.norm.is_finite());
            assert_eq!(values(&weights), before);
            assert_eq!(optimiser.export().expect("state"), state);
        }
    }
}

#[test]
fn a_parameter_without_a_gradient_rests() {
    for place in PLACES {
        let mut weights = Weights(vec![parameter("w", &[1.0]), parameter("v", &[1.0])]);
        let mut adam = Optimiser::at(place, plain(Kind::Adam), &weights).expect("an optimiser");
        for _ in 0..3 {
            adam.step(&mut weights, vec![Some(gradient(&[1.0])), None], 0.1).expect("a step");
        }
        assert_eq!(values(&weights)[1], [1.0]);
        adam.step(&mut weights, vec![None, Some(gradient(&[1.0]))], 0.1).expect("a step");
        close(&values(&weights)[1], &[0.9], 1e-6);
    }
}

/// `a ← a + (1 − d)(w − a)` with d = min(decay, (1 + t) / (10 + t)).
#[test]
fn the_average_follows() {
    for place in PLACES {
        let mut weights = Weights(vec![parameter("w", &[1.0])]);
        let settings = OptimiserSettings { average: 0.2, ..plain(Kind::Adam) };
        let mut adam = Optimiser::at(place, settings, &weights).expect("an optimiser");
        let mut expected = 1.0_f32;
        for t in 1..=4 {
            adam.step(&mut weights, vec![Some(gradient(&[1.0]))], 0.1).expect("a step");
            let decay = f32::min(0.2, (1 + t) as f32 / (10 + t) as f32);
            expected = decay * expected + (1.0 - decay) * values(&weights)[0][0];
        }
        close(&values(&adam.average(&weights))[0], &[expected], 1e-6);
        assert!(!adam.average(&weights).0[0].value.is_autodiff());
    }
}

/// Stopped after ten steps, written, read into a fresh optimiser, and gone on with: the same bits as without the stop.
#[test]
fn state_goes_on_where_it_stopped() {
    for kind in [Kind::Adam, Kind::AdaBelief] {
        for place in PLACES {
            let settings = OptimiserSettings { kind, ..OptimiserSettings::default() };
            let mut weights = large();
            let mut optimiser = Optimiser::at(place, settings, &weights).expect("an optimiser");
            let go = |weights: &mut Weights, optimiser: &mut Optimiser, steps: std::ops::Range<usize>| {
                for step in steps {
                    let pulls = noise(weights, step);
                    optimiser.step(weights, pulls, 1e-3).expect("a step");
                }
            };
            go(&mut weights, &mut optimiser, 0..10);
            let mut resumed = Weights(weights.0.iter().map(|old| parameter(&old.name, &old.to_vec())).collect());
            let mut fresh = Optimiser::at(place, settings, &large()).expect("an optimiser");
            let mut state = optimiser.export().expect("state");
            state.reverse();
            fresh.import(state).expect("its own state");
            go(&mut weights, &mut optimiser, 10..20);
            go(&mut resumed, &mut fresh, 10..20);
            assert_eq!(values(&resumed), values(&weights));
            assert_eq!(fresh.export(), optimiser.export());
        }
    }
}

#[test]
fn a_step_is_the_same_on_one_thread() {
    let run = || {
        let mut weights = large();
        let mut optimiser =
            Optimiser::at(StepDevice::Host, OptimiserSettings::default(), &weights).expect("an optimiser");
        for step in 0..3 {
            let pulls = noise(&weights, step);
            optimiser.step(&mut weights, pulls, 1e-3).expect("a step");
        }
        values(&weights)
    };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool").install(run);
    let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("a pool").install(run);
    assert_eq!(one, three);
}

#[test]
fn a_foreign_state_is_refused_by_name() {
    let weights = large();
    let mut optimiser = Optimiser::new(OptimiserSettings::default(), &weights).expect("an optimiser");
    let state = optimiser.export().expect("state");
    let without: Vec<_> = state.iter().filter(|(name, _)| name != "b.second").cloned().collect();
    assert_eq!(optimiser.import(without), Err(OptimiseError::Missing("b.second".to_owned())));
    let mut shorter = state.clone();
    shorter[0].1.pop();
    let refused = optimiser.import(shorter).expect_err("an error");
    assert_eq!(refused, OptimiseError::Length { name: "a.first".to_owned(), expected: 40_000, found: 39_999 });
    assert_eq!(optimiser.export().expect("state"), state);
}

#[test]
fn foreign_weights_and_gradients_are_refused() {
    let mut weights = large();
    let mut optimiser = Optimiser::new(OptimiserSettings::default(), &weights).expect("an optimiser");
    let before = values(&weights);
    let few = optimiser.step(&mut weights, vec![None], 1e-3).expect_err("an error");
    assert_eq!(few, OptimiseError::Count { expected: 2, found: 1, what: "gradients" });
    let short = vec![None, Some(gradient(&[1.0]))];
    let refused = optimiser.step(&mut weights, short, 1e-3).expect_err("an error");
    assert_eq!(refused, OptimiseError::Length { name: "b".to_owned(), expected: 3, found: 1 });
    assert_eq!(values(&weights), before);
}

#[test]
fn the_rate_rises_and_falls() {
    let schedule = Schedule { rate: 1.0, warm_up: 3, course: Course::Cosine, last: 0.1 };
    assert_eq!([0, 1, 2, 3].map(|step| schedule.rate(step, 0.0)), [0.25, 0.5, 0.75, 1.0]);
    assert!((schedule.rate(100, 0.5) - 0.55).abs() < 1e-12);
    assert!((schedule.rate(100, 1.0) - 0.1).abs() < 1e-12);
    assert!((schedule.rate(100, 7.0) - 0.1).abs() < 1e-12, "never past the end");
    let constant = Schedule { course: Course::Constant, ..schedule };
    assert_eq!(constant.rate(100, 0.9), 1.0);
}
