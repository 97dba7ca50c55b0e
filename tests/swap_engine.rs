//! Engines give what their models compute, within 0..1, or say why not.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod common;

use std::path::Path;

use common::onnx::SwapModel;
use standin::runtime::{NetworkOptions, Runtime};
use standin::swap::{Engine, EngineError, ModelFile, OnnxEngine, OnnxEngineError};

fn engine(model: &SwapModel) -> Result<OnnxEngine, OnnxEngineError> {
    let folder = tempfile::tempdir().unwrap();
    let file = ModelFile::open(model.save(folder.path(), "small.dfm")).unwrap();
    OnnxEngine::new(&Runtime::load(None).unwrap(), &file, NetworkOptions::default())
}

/// A crop with a different value in each place, 0..`top`.
fn ramp(crop: &mut [f32], top: f32) {
    let last = (crop.len() - 1) as f32;
    for (i, value) in crop.iter_mut().enumerate() {
        *value = i as f32 / last * top;
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn assert_close(got: f32, expected: f32) {
    assert!((got - expected).abs() < 2e-3, "{got} should be {expected}");
}

#[test]
fn identity_gives_the_crop_back() {
    let mut engine = engine(&SwapModel::identity()).unwrap();
    ramp(engine.crop_mut(), 1.0);
    let crop = engine.crop_mut().to_vec();
    let generated = engine.run(0.0).unwrap();
    assert_eq!(generated.resolution, 64);
    assert_eq!(generated.driver, crop);
    assert_eq!(generated.face, crop);
    assert!(generated.driver_mask.iter().chain(generated.face_mask).all(|&value| value == 1.0));
    assert_eq!((generated.driver_mask.len(), generated.face_mask.len()), (64 * 64, 64 * 64));
}

fn check_plain(model: &SwapModel) {
    let mut engine = engine(model).unwrap();
    ramp(engine.crop_mut(), 1.0);
    let crop = engine.crop_mut().to_vec();
    let generated = engine.run(0.0).unwrap();
    let pixel = 20 * 64 + 30;
    // The blur of a ramp is its centre.
    for channel in 0..3 {
        assert_close(generated.face[pixel * 3 + channel], sigmoid(crop[pixel * 3 + channel]));
    }
    assert_close(generated.driver_mask[pixel], sigmoid(crop[pixel * 3]));
    assert_close(generated.face_mask[pixel], sigmoid(crop[pixel * 3]) / 2.0);
}

#[test]
fn plain_network_gives_what_it_computes() {
    check_plain(&SwapModel::plain());
}

#[test]
fn open_batch_is_one() {
    check_plain(&SwapModel::plain().with_open_batch());
}

#[test]
fn half_precision_weights_just_work() {
    check_plain(&SwapModel::half_precision());
}

#[test]
fn outputs_without_shapes_are_settled_by_the_first_run() {
    let mut model = SwapModel::plain();
    for output in &mut model.graph().output {
        output.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape = None;
    }
    check_plain(&model);
}

#[test]
fn outputs_in_another_order_are_found_by_name() {
    let mut model = SwapModel::plain();
    model.graph().output.rotate_left(1);
    check_plain(&model);
    model.graph().output.swap(0, 1);
    check_plain(&model);
}

#[test]
fn morph_value_reaches_the_network() {
    let mut engine = engine(&SwapModel::morph()).unwrap();
    engine.crop_mut().fill(0.8);
    assert_close(engine.run(0.25).unwrap().face[0], 0.2);
    assert_close(engine.run(0.75).unwrap().face[0], 0.6);
    assert_close(engine.run(7.0).unwrap().face[0], 0.8);
}

#[test]
fn values_outside_the_range_are_clamped() {
    let mut engine = engine(&SwapModel::identity()).unwrap();
    engine.crop_mut()[..2].copy_from_slice(&[1.5, -0.5]);
    assert_eq!(engine.run(0.0).unwrap().face[..3], [1.0, 0.0, 0.5]);
}

#[test]
fn an_output_that_is_no_number_is_an_error_and_the_next_frame_is_not() {
    let mut engine = engine(&SwapModel::not_finite_when_bright()).unwrap();
    engine.crop_mut().fill(0.2);
    engine.crop_mut()[5000] = 0.95;
    assert!(matches!(engine.run(0.0), Err(EngineError::NotFinite("face"))));
    engine.crop_mut()[5000] = 0.9; // log 0: infinite
    assert!(matches!(engine.run(0.0), Err(EngineError::NotFinite("face"))));
    engine.crop_mut()[5000] = 0.2;
    assert!(engine.run(0.0).is_ok());
}

#[test]
fn a_model_that_is_never_finite_is_refused_by_name() {
    let error = engine(&SwapModel::never_finite()).unwrap_err();
    assert!(matches!(error, OnnxEngineError::WarmUp { reason: EngineError::NotFinite("face"), .. }), "{error}");
    assert!(error.to_string().contains("small.dfm") && error.to_string().contains("'face'"), "{error}");
}

#[test]
fn an_output_of_another_size_than_the_file_says_is_refused() {
    let mut model = SwapModel::plain();
    // The face mask is the face: three channels, of an open shape.
    let mask = &mut model.graph().output[2];
    mask.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape = None;
    model.graph().node[6] = common::onnx::node("Identity", &["out_celeb_face:0"], "out_celeb_face_mask:0", vec![]);
    let error = engine(&model).unwrap_err().to_string();
    assert!(error.contains("out_celeb_face_mask") && error.contains("12288"), "{error}");
}

#[test]
fn an_operator_that_does_not_exist_is_refused_by_the_runtime() {
    let mut model = SwapModel::plain();
    model.graph().node[3].op_type = "Sigmoidal".to_owned();
    let error = engine(&model).unwrap_err();
    assert!(matches!(error, OnnxEngineError::Load { .. }));
    assert!(error.to_string().contains("Sigmoidal"), "{error}");
}

#[test]
fn several_engines_are_each_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = ModelFile::open(SwapModel::dense(32).save(folder.path(), "dense.dfm")).unwrap();
    let runtime = Runtime::load(None).unwrap();
    let mut engines = OnnxEngine::several(&runtime, &file, NetworkOptions::default(), 3).unwrap();
    assert_eq!(engines.len(), 3);
    drop(file);
    for (i, engine) in engines.iter_mut().enumerate() {
        engine.crop_mut().fill(0.2 * (i + 1) as f32);
    }
    for (i, engine) in engines.iter_mut().enumerate() {
        let face = engine.run(0.0).unwrap().face;
        assert_close(face[31], 0.1 * (i + 1) as f32);
        assert_close(face[32], 0.0);
    }
}

/// Loads a real file and runs it on two crops: in range, and not the same for both.
fn check_real(path: &Path, resolution: usize) {
    let file = ModelFile::open(path).unwrap();
    assert_eq!((file.resolution(), file.has_morph()), (resolution, false));
    let mut engine = OnnxEngine::new(&Runtime::load(None).unwrap(), &file, NetworkOptions::default()).unwrap();
    ramp(engine.crop_mut(), 1.0);
    let generated = engine.run(0.0).unwrap();
    let all = generated.face.iter().chain(generated.driver_mask).chain(generated.face_mask);
    assert!(all.clone().all(|value| (0.0..=1.0).contains(value)));
    let first: Vec<f32> = all.copied().collect();
    assert_eq!(first.len(), resolution * resolution * 5);
    engine.crop_mut().fill(0.3);
    assert_ne!(engine.run(0.0).unwrap().face, &first[..resolution * resolution * 3]);
}

#[test]
fn ben_runs() {
    check_real(Path::new("models/ben.dfm"), 160);
}

#[test]
fn the_model_for_timing_runs() {
    let Some(path) = common::swap_model("speed_128.dfm") else { return };
    check_real(&path, 128);
}
