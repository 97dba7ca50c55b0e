//! burn on the processor and on the tests' GPU give what ONNX Runtime gives.
#![cfg(feature = "gpu")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod common;
mod gpu_support;

use burn::tensor::{Device, DeviceKind};
use common::onnx::SwapModel;
use standin::runtime::{NetworkOptions, Runtime};
use standin::swap::{BurnEngine, Engine, ModelFile, OnnxEngine, Precision};

/// The largest difference that rounding in another order makes, of values 0..1.
const MOST: f32 = 1e-4;
/// And on average.
const MEAN: f32 = 1e-5;

/// A crop with slopes and a grain.
fn picture(crop: &mut [f32], side: usize) {
    for (i, value) in crop.iter_mut().enumerate() {
        let (x, y, channel) = ((i / 3 % side) as f32, (i / 3 / side) as f32, (i % 3) as f32);
        let grain = ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32;
        *value = 0.1 * grain + 0.45 + 0.4 * ((x * 0.2 + channel).sin() * (y * 0.15 + 0.3 * channel).cos());
    }
}

fn outputs(engine: &mut dyn Engine, morph: f32) -> Vec<f32> {
    let side = engine.resolution();
    picture(engine.crop_mut(), side);
    let generated = engine.run(morph).unwrap();
    [generated.driver_mask, generated.face, generated.face_mask].concat()
}

/// Holds burn on `device` against ONNX Runtime.
fn compare(file: &ModelFile, device: &Device, morphs: &[f32]) {
    let mut expected = OnnxEngine::new(&Runtime::load(None).unwrap(), file, NetworkOptions::default()).unwrap();
    let mut found = BurnEngine::new(file, device).unwrap();
    for &morph in morphs {
        let (found, expected) = (outputs(&mut found, morph), outputs(&mut expected, morph));
        assert_eq!(found.len(), expected.len());
        let differences: Vec<f32> = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).collect();
        let most = differences.iter().copied().fold(0.0, f32::max);
        let mean = differences.iter().sum::<f32>() / differences.len() as f32;
        println!("{} at morph {morph} on {device:?}: max {most:.1e}, mean {mean:.1e}", file.path().display());
        assert!(most < MOST && mean < MEAN, "{}: max {most}, mean {mean}", file.path().display());
    }
}

fn compare_made(model: &SwapModel, device: &Device, morphs: &[f32]) {
    let folder = tempfile::tempdir().unwrap();
    compare(&ModelFile::open(model.save(folder.path(), "made.dfm")).unwrap(), device, morphs);
}

fn made(device: &Device) {
    compare_made(&SwapModel::plain(), device, &[0.0]);
    compare_made(&SwapModel::half_precision(), device, &[0.0]);
    compare_made(&SwapModel::dense(32), device, &[0.0]);
    compare_made(&SwapModel::varied(), device, &[0.0]);
    compare_made(&SwapModel::morph(), device, &[0.0, 0.3, 1.0]);
    // 0.7 · 10 and its like: the channel at which the codes meet must be the same one.
    compare_made(&SwapModel::spliced(), device, &[0.0, 0.1, 0.125, 0.3, 0.5, 0.7, 0.75, 0.999, 1.0]);
}

#[test]
fn the_processor_agrees() {
    made(&Device::flex());
    compare(&ModelFile::open("models/ben.dfm").unwrap(), &Device::flex(), &[0.0]);
}

#[test]
fn the_gpu_agrees() {
    // Only to print why there is none.
    if gpu_support::device().is_none() {
        return;
    }
    let device = Device::wgpu(DeviceKind::DefaultDevice);
    made(&device);
    compare(&ModelFile::open("models/ben.dfm").unwrap(), &device, &[0.0]);
}

#[test]
fn sixteen_bits_are_taken_where_they_do() {
    let Some(gpu) = gpu_support::device() else { return };
    let folder = tempfile::tempdir().unwrap();
    let precision = |model: &SwapModel| {
        let file = ModelFile::open(model.save(folder.path(), "made.dfm")).unwrap();
        BurnEngine::on_gpu(&file, &gpu, 1).unwrap()[0].precision()
    };
    assert_eq!(precision(&SwapModel::large_between()), Precision::Single);
    if gpu.device().features().contains(wgpu::Features::SHADER_F16) {
        assert_eq!(precision(&SwapModel::spliced()), Precision::Half);
    } else {
        assert_eq!(precision(&SwapModel::spliced()), Precision::Single);
    }
}

#[test]
fn other_tools_files_agree() {
    for name in ["ben.dfm", "speed_128.dfm"] {
        let Some(path) = common::swap_model(name) else { continue };
        compare(&ModelFile::open(path).unwrap(), &Device::flex(), &[0.0]);
    }
}

#[test]
fn a_model_that_is_never_finite_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = ModelFile::open(SwapModel::never_finite().save(folder.path(), "nan.dfm")).unwrap();
    let error = BurnEngine::new(&file, &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("nan.dfm") && error.contains("not a number"), "{error}");
    let file = ModelFile::open(SwapModel::not_finite_when_bright().save(folder.path(), "log.dfm")).unwrap();
    let error = BurnEngine::new(&file, &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("log.dfm") && error.contains("Log") && error.contains("device=cpu"), "{error}");
}
