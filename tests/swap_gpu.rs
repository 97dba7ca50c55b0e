//! Which numbers a model is computed with on a GPU, and what is refused.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod common;
mod gpu_support;

use common::onnx::SwapModel;
use standin::runtime::Runtime;
use standin::swap::{Engine, GpuEngine, GpuEngineError, ModelFile, Tier};

#[test]
fn sixteen_bits_are_taken_where_they_do() {
    let Some(gpu) = gpu_support::device() else { return };
    let (folder, runtime) = (tempfile::tempdir().unwrap(), Runtime::load(None).unwrap());
    let made = |model: &SwapModel| {
        let file = ModelFile::open(model.save(folder.path(), "made.dfm")).unwrap();
        GpuEngine::several(&runtime, &file, &gpu, 1).unwrap().remove(0)
    };
    let large = made(&SwapModel::large_between());
    assert_eq!(large.tier(), Tier::Single);
    if Tier::of(gpu.device()).contains(&Tier::Half) {
        assert_ne!(made(&SwapModel::spliced()).tier(), Tier::Single);
        assert!(made(&SwapModel::spliced()).refusals().is_empty());
        // It is said why, in one line.
        assert!(large.refusals().contains("16-bit floats") && !large.refusals().contains('\n'), "{}", large.refusals());
    } else {
        assert_eq!(made(&SwapModel::spliced()).tier(), Tier::Single);
    }
}

#[test]
fn a_model_that_gives_no_numbers_or_has_an_unknown_operator_is_refused() {
    let Some(gpu) = gpu_support::device() else { return };
    let (folder, runtime) = (tempfile::tempdir().unwrap(), Runtime::load(None).unwrap());
    let refused = |model: &SwapModel, name: &str| {
        let file = ModelFile::open(model.save(folder.path(), name)).unwrap();
        GpuEngine::several(&runtime, &file, &gpu, 1).unwrap_err()
    };
    let error = refused(&SwapModel::never_finite(), "nan.dfm");
    assert!(matches!(error, GpuEngineError::Host(_)), "{error:?}");
    assert!(error.to_string().contains("nan.dfm") && error.to_string().contains("not a number"), "{error}");
    let error = refused(&SwapModel::not_finite_when_bright(), "log.dfm").to_string();
    assert!(error.contains("log.dfm") && error.contains("Log") && error.contains("device=cpu"), "{error}");
    assert!(!gpu.is_lost());
}

#[test]
fn several_engines_draw_the_same_and_none_changes_the_other() {
    let Some(gpu) = gpu_support::device() else { return };
    let file = ModelFile::open("models/ben.dfm").unwrap();
    let mut engines = GpuEngine::with_tier(&file, &gpu, 2, Tier::Single).unwrap();
    let run = |engine: &mut GpuEngine, light: f32| {
        engine.crop_mut().fill(light);
        let generated = engine.run(0.0).unwrap();
        generated.face.to_vec()
    };
    let first = run(&mut engines[0], 0.3);
    let second = run(&mut engines[1], 0.3);
    let bright = run(&mut engines[1], 0.8);
    assert!(first == second && first != bright);
    assert!(run(&mut engines[0], 0.3) == first);
}
