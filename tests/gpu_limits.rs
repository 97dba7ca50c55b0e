//! Adapters that are small: what runs on them runs as elsewhere, what does not is refused in words, and nothing is
//! broken.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod common;
mod gpu_support;

use common::onnx::SwapModel;
use prost::Message;
use standin::blend::gpu::GpuBlender;
use standin::blend::{BlendError, BlendRequest, BlendSettings, Blender};
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
use standin::geometry::{Point, Similarity};
use standin::gpu::{Constraints, GpuDevice, LEAST_STORAGE_BUFFERS, Selection};
use standin::onnx::Model;
use standin::runtime::Runtime;
use standin::swap::graph::SwapGraph;
use standin::swap::passes::Plan;
use standin::swap::{Engine, GpuEngine, ModelFile, Tier};

const MIB: u64 = 1 << 20;

/// What WebGPU promises at least, with buffers of 128 MiB.
fn small() -> wgpu::Limits {
    let limits = wgpu::Limits { max_buffer_size: 128 * MIB, ..wgpu::Limits::default() };
    assert_eq!((limits.max_storage_buffer_binding_size, limits.max_storage_buffers_per_shader_stage), (128 * MIB, 8));
    limits
}

fn open(features: wgpu::Features, limits: wgpu::Limits) -> Option<GpuDevice> {
    gpu_support::device()?;
    Some(GpuDevice::constrained(&Selection::Auto, Constraints { features, limits }).unwrap())
}

/// What an engine draws of a grey crop with an edge.
fn drawn(engine: &mut GpuEngine) -> Vec<f32> {
    let half = engine.crop_mut().len() / 2;
    engine.crop_mut()[..half].fill(0.3);
    engine.crop_mut()[half..].fill(0.6);
    let generated = engine.run(0.5).unwrap();
    [generated.driver_mask, generated.face, generated.face_mask].concat()
}

fn engine(file: &ModelFile, gpu: &GpuDevice) -> GpuEngine {
    GpuEngine::with_tier(file, gpu, 1, Tier::Single).unwrap().remove(0)
}

fn layout(width: usize, height: usize) -> Layout {
    Layout {
        format: PixelFormat::Rgba,
        width,
        height,
        matrix: Matrix::Bt709,
        range: Range::Limited,
        transfer: Default::default(),
    }
}

#[test]
fn buffers_of_128_mib_and_8_to_a_shader_are_enough_for_the_demonstration() {
    let Some(large) = gpu_support::device() else { return };
    let few = wgpu::Limits { max_storage_buffers_per_shader_stage: LEAST_STORAGE_BUFFERS, ..small() };
    let file = ModelFile::open("models/ben.dfm").unwrap();
    let expected = drawn(&mut engine(&file, &large));
    for limits in [small(), few] {
        let gpu = open(wgpu::Features::all(), limits).unwrap();
        let mut engine = engine(&file, &gpu);
        assert!(drawn(&mut engine) == expected);
        // The blend's passes, too.
        let mut owned = OwnedFrame::new(layout(640, 480));
        owned.bytes_mut(0).fill(90);
        let before = owned.clone();
        let to_crop = Similarity::taking(Point::new(320.0, 240.0), Point::new(0.5, 0.5), 1.0 / 200.0, 0.1);
        let settings = BlendSettings::default();
        let request = BlendRequest::new(&to_crop, &settings);
        let mut blender = GpuBlender::new(&gpu).unwrap();
        blender.swap(&mut owned.frame_mut().unwrap(), engine.network(), &request, 0.0).unwrap().unwrap();
        assert!(owned.bytes(0) != before.bytes(0) && !gpu.is_lost());
    }
}

#[test]
fn no_pass_binds_more_than_every_adapter_has() {
    let folder = tempfile::tempdir().unwrap();
    for model in [
        SwapModel::plain(),
        SwapModel::morph(),
        SwapModel::spliced(),
        SwapModel::varied(),
        SwapModel::joined(),
        SwapModel::tiled(),
        SwapModel::dense(32),
    ] {
        let file = ModelFile::open(model.save(folder.path(), "made.dfm")).unwrap();
        let graph = SwapGraph::read(&Model::decode(file.bytes()).unwrap(), &file.contract()).unwrap();
        let plans = [Tier::Single, Tier::Half, Tier::Matrices].map(|tier| Plan::new(&graph, tier));
        let most = plans.iter().flat_map(|plan| &plan.passes).map(|pass| pass.bindings.len()).max();
        assert!(most.is_some_and(|most| most <= LEAST_STORAGE_BUFFERS as usize), "{most:?}");
    }
}

#[test]
fn an_adapter_without_16_bit_floats_computes_with_32() {
    let features = wgpu::Features::all() - wgpu::Features::SHADER_F16;
    let Some(gpu) = open(features, small()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = ModelFile::open(SwapModel::half_precision().save(folder.path(), "half.dfm")).unwrap();
    let engines = GpuEngine::several(&Runtime::load(None).unwrap(), &file, &gpu, 1).unwrap();
    assert_eq!(engines[0].tier(), Tier::Single);
}

#[test]
fn a_network_that_does_not_fit_is_refused_in_words_and_the_device_goes_on() {
    let limits = wgpu::Limits { max_buffer_size: MIB, max_storage_buffer_binding_size: MIB, ..small() };
    let Some(gpu) = open(wgpu::Features::all(), limits) else { return };
    let runtime = Runtime::load(None).unwrap();
    let file = ModelFile::open("models/ben.dfm").unwrap();
    let refused = GpuEngine::several(&runtime, &file, &gpu, 1).unwrap_err().to_string();
    println!("{refused}");
    for part in ["ben.dfm", "weights", "1048576"] {
        assert!(refused.contains(part), "no {part} in: {refused}");
    }
    let folder = tempfile::tempdir().unwrap();
    let little = ModelFile::open(SwapModel::plain().save(folder.path(), "little.dfm")).unwrap();
    let mut fits = engine(&little, &gpu);
    assert!(!gpu.is_lost() && !drawn(&mut fits).is_empty());
}

#[test]
fn a_region_that_does_not_fit_is_an_error_and_leaves_the_frame() {
    let limits = wgpu::Limits { max_buffer_size: MIB, max_storage_buffer_binding_size: MIB, ..small() };
    let Some(gpu) = open(wgpu::Features::all(), limits) else { return };
    let mut blender = GpuBlender::new(&gpu).unwrap();
    let mut owned = OwnedFrame::new(layout(1280, 720));
    owned.bytes_mut(0).fill(90);
    let before = owned.clone();
    let mut crop = vec![0.0; 64 * 64 * 3];
    let large = Similarity::taking(Point::new(640.0, 360.0), Point::new(0.5, 0.5), 1.0 / 700.0, 0.0);
    let refused = blender.crop(&owned.frame().unwrap(), &large, 64, &mut crop);
    assert!(matches!(&refused, Err(BlendError::Gpu(error)) if error.0.contains("the face's region")), "{refused:?}");
    assert!(owned.bytes(0) == before.bytes(0));
    let near = Similarity::taking(Point::new(640.0, 360.0), Point::new(0.5, 0.5), 1.0 / 200.0, 0.0);
    assert!(blender.crop(&owned.frame().unwrap(), &near, 64, &mut crop).is_ok(), "the next face is small");
}
