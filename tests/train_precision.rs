//! A training in bf16 goes where one in f32 goes.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod session_support;

use burn::tensor::{DType, Device, Tensor, TensorData};
use session_support::{NAMES, discs, recipe, small};
use standin::train::losses::total;
use standin::train::optimise::gradients;
use standin::train::precision::{ComputePrecision, in_f32};
use standin::train::session::{Recipe, Run, Stop, Trainer};
use standin::train::zoo::{Network, Side};

fn device() -> Device {
    Device::flex().autodiff()
}

/// Losses of both sides over the first ten and the last ten of a hundred steps, whose weights have 32 bits.
fn trained(precision: ComputePrecision) -> ([f32; 2], [f32; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::begin(folder.path(), Recipe { precision, ..recipe("live", 100) }).unwrap();
    let side = run.recipe().dimensions.resolution;
    let mut trainer = Trainer::open(run, device(), &mut |_| {}).unwrap();
    trainer.train(&mut |step, _| Ok(discs(side, 2, step)), &mut |_| {}, &mut |_| Stop::No).unwrap();
    assert!(trainer.weights().0.iter().all(|weight| weight.value.dtype() == DType::F32));
    let rows = trainer.history();
    let losses = |n: usize| [rows[n].loss_a, rows[n].loss_b];
    (losses(0), losses(rows.len() - 1))
}

#[test]
fn a_hundred_steps_lower_the_loss_as_in_f32() {
    let ((first, full), (_, half)) = (trained(ComputePrecision::F32), trained(ComputePrecision::Bf16));
    for side in 0..2 {
        println!("{} to {} in f32, {} in bf16", first[side], full[side], half[side]);
        let (fell, fell_half) = (first[side] - full[side], first[side] - half[side]);
        assert!(fell > 0.3 * first[side], "{first:?} to {full:?}");
        assert!(fell_half > 0.97 * fell, "from {first:?} to {full:?} in f32, to {half:?} in bf16");
        assert_ne!(full[side].to_bits(), half[side].to_bits(), "the precision changes nothing");
    }
}

#[test]
fn gradients_of_every_model_point_where_those_in_f32_do() {
    for name in NAMES {
        let network = Network::new(small(name).blueprint().unwrap()).unwrap();
        let (batch, _) = discs(network.blueprint().resolution, 2, 0);
        let weights = network.init(3, &device()).leaves(&device(), |_| true);
        let found = |precision: ComputePrecision| {
            let used = precision.weights(&weights);
            let output = network.reconstruct(&used, precision.input(batch.input.clone()), Side::A);
            let output = in_f32(output);
            let mut all = total(&output, &batch, &Default::default(), &Default::default()).0.backward();
            let gradients = gradients(&weights, &mut all).into_iter().flatten();
            gradients
                .flat_map(|gradient| {
                    assert_eq!(gradient.dtype(), DType::F32, "{name}");
                    gradient.into_data().try_into_vec::<f32>().unwrap()
                })
                .collect::<Vec<f32>>()
        };
        let (full, half) = (found(ComputePrecision::F32), found(ComputePrecision::Bf16));
        assert_eq!(full.len(), half.len(), "{name}");
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let cosine = dot(&full, &half) / (dot(&full, &full) * dot(&half, &half)).sqrt();
        println!("{name}: {cosine}");
        assert!(cosine > 0.999, "{name}: {cosine}");
    }
}

#[test]
fn the_processor_computes_in_both_and_what_goes_in_is_cast() {
    assert!(
        ComputePrecision::Bf16.check(&Device::flex()).is_ok() && ComputePrecision::F32.check(&Device::flex()).is_ok()
    );
    let picture = Tensor::<4>::from_data(TensorData::new(vec![0.5_f32; 3], [1, 3, 1, 1]), &Device::flex());
    assert_eq!(ComputePrecision::Bf16.input(picture.clone()).dtype(), DType::BF16);
    assert_eq!(ComputePrecision::F32.input(picture).dtype(), DType::F32);
}
