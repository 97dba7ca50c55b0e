//! A device with a network on it says that it is lost. In a file of its own: others of a process would meet it.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod common;
mod gpu_support;

use common::onnx::SwapModel;
use standin::blend::Blender;
use standin::blend::gpu::GpuBlender;
use standin::gpu::{GpuDevice, Selection};
use standin::runtime::Runtime;
use standin::swap::{Engine, GpuEngine, ModelFile, Tier};

#[test]
fn a_device_that_is_lost_while_a_model_is_loaded_is_an_error_or_says_so_and_another_loads_it() {
    if gpu_support::device().is_none() {
        return;
    }
    let file = ModelFile::open("models/ben.dfm").unwrap();
    let whole = std::time::Instant::now();
    let device = GpuDevice::open(&Selection::Auto).unwrap();
    GpuEngine::with_tier(&file, &device, 2, Tier::Single).unwrap();
    let whole = whole.elapsed();
    // From before it begins to its end, wherever that strikes.
    let mut refused = 0;
    for part in 0..8 {
        let device = GpuDevice::open(&Selection::Auto).unwrap();
        let lost = std::thread::spawn({
            let device = device.clone();
            move || {
                std::thread::sleep(whole * part / 8);
                device.device().destroy();
            }
        });
        if part == 0 {
            lost.join().unwrap();
            refused += u32::from(GpuEngine::with_tier(&file, &device, 2, Tier::Single).is_err());
        } else {
            let loaded = GpuEngine::with_tier(&file, &device, 2, Tier::Single);
            lost.join().unwrap();
            refused += u32::from(loaded.is_err());
            for engine in &mut loaded.unwrap_or_default() {
                assert!(engine.run(0.0).is_err(), "nothing that comes from a lost device is a picture");
            }
        }
        let _ = device.device().poll(wgpu::PollType::Poll);
        assert!(device.is_lost(), "lost after {part} eighths");
    }
    println!("refused {refused} of 8 times");
    assert!(refused > 0);
    let again = GpuDevice::open(&Selection::Auto).unwrap();
    assert!(GpuEngine::with_tier(&file, &again, 1, Tier::Single).unwrap().remove(0).run(0.0).is_ok());
}

#[test]
fn a_device_with_a_network_says_that_it_is_lost_and_another_takes_its_place() {
    if gpu_support::device().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = ModelFile::open(SwapModel::plain().save(folder.path(), "small.dfm")).unwrap();
    let runtime = Runtime::load(None).unwrap();
    let device = GpuDevice::shared(&Selection::Auto).unwrap();
    let mut engine = GpuEngine::several(&runtime, &file, &device, 1).unwrap().remove(0);
    let blender = GpuBlender::new(&device).unwrap();
    assert!(!blender.is_lost() && !engine.is_lost());
    device.device().destroy();
    let _ = device.device().poll(wgpu::PollType::wait_indefinitely());
    assert!(blender.is_lost() && engine.is_lost());
    assert!(engine.run(0.0).is_err(), "nothing that comes from a lost device is a picture");
    let again = GpuDevice::shared(&Selection::Auto).unwrap();
    assert!(!again.is(&device) && !again.is_lost());
    assert!(GpuEngine::several(&runtime, &file, &again, 1).unwrap().remove(0).run(0.0).is_ok());
}
