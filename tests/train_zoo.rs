//! Every model of the zoo: its layers fit, its parameters are as many as documented, its pictures have their shapes.
#![cfg(feature = "train")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test that fails may stop"
)]

mod session_support;

use burn::tensor::{Device, Distribution, Tensor};
use session_support::{NAMES, small};
use standin::train::zoo::preset::{Dimensions, PRESETS};
use standin::train::zoo::{BlueprintError, Network, Side};

#[test]
fn every_model_gives_faces_and_masks_of_its_resolution() {
    let device = Device::flex();
    for name in NAMES {
        let network = Network::new(small(name).blueprint().unwrap()).unwrap();
        let side = network.blueprint().resolution;
        let weights = network.init(7, &device);
        assert_eq!(weights.count(), network.blueprint().count().unwrap(), "{name}");
        let crops = Tensor::<4>::random([2, 3, side, side], Distribution::Uniform(0.0, 1.0), &device);
        for output in [
            network.reconstruct(&weights, crops.clone(), Side::A),
            network.reconstruct(&weights, crops.clone(), Side::B),
            network.swap(&weights, crops.clone()),
        ] {
            assert_eq!(output.face.dims(), [2, 3, side, side], "{name}");
            assert_eq!(output.mask.dims(), [2, 1, side, side], "{name}");
            let values: Vec<f32> = output.face.to_data().try_into_vec().unwrap();
            assert!(values.iter().all(|value| (0.0..=1.0).contains(value)), "{name}");
        }
        assert_eq!(network.swap(&weights, crops).driver_mask.unwrap().dims(), [2, 1, side, side], "{name}");
    }
}

#[test]
fn sides_have_what_is_theirs() {
    let device = Device::flex();
    for name in ["live", "df", "liae"] {
        let network = Network::new(small(name).blueprint().unwrap()).unwrap();
        let side = network.blueprint().resolution;
        let weights = network.init(7, &device);
        let crops = Tensor::<4>::random([1, 3, side, side], Distribution::Uniform(0.0, 1.0), &device);
        let a = network.reconstruct(&weights, crops.clone(), Side::A).face;
        let b = network.reconstruct(&weights, crops.clone(), Side::B).face;
        let swapped = network.swap(&weights, crops.clone()).face;
        let other = crops.clone().flip([3]);
        let [both_a, both_b] = network
            .reconstruct_both(&weights, [crops.clone(), other.clone()], [Side::A.into(), Side::B.into()])
            .map(|output| output.face);
        let other_b = network.reconstruct(&weights, other, Side::B).face;
        let apart = |x: &Tensor<4>, y: &Tensor<4>| (x.clone() - y.clone()).abs().max().into_scalar::<f32>();
        assert!(apart(&a, &both_a) < 1e-5 && apart(&other_b, &both_b) < 1e-5, "{name}: both sides at once");
        assert!(apart(&a, &b) > 1e-6, "{name}: both sides give the same");
        assert!(apart(&b, &swapped) < 1e-6, "{name}: a swap is side B's reconstruction of what side A shows");
    }
}

#[test]
fn seeds_make_weights() {
    let network = Network::new(small("live").blueprint().unwrap()).unwrap();
    let values = |seed| -> Vec<f32> {
        network.init(seed, &Device::flex()).0.iter().flat_map(standin::train::weights::Parameter::to_vec).collect()
    };
    assert_eq!(values(1), values(1));
    assert_ne!(values(1), values(2));
    assert!(values(1).iter().all(|value| value.is_finite()));
}

#[test]
fn presets_have_as_many_parameters_as_documented() {
    let counts: Vec<_> = PRESETS
        .iter()
        .map(|preset| format!("{} {}", preset.name, preset.dimensions().blueprint().unwrap().count().unwrap()))
        .collect();
    let documented: Vec<_> = PRESETS.iter().map(|preset| format!("{} {}", preset.name, preset.parameters)).collect();
    assert_eq!(counts, documented);
}

#[test]
fn resolutions_that_do_not_fit_are_refused_with_the_nearest() {
    let error = Dimensions { resolution: 100, ..Dimensions::named("live").unwrap() }.blueprint().unwrap_err();
    assert_eq!(error.to_string(), "resolution 100 is no multiple of 32, which live needs; take 96 or 128");
    assert!(matches!(Dimensions::named("saehd"), Err(BlueprintError::Unknown(text)) if text.contains("liae-ud")));
}
