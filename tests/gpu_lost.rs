//! A device with a network on it says that it is lost. In a file of its own: others of a process would meet it.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod common;
mod gpu_support;

use common::onnx::SwapModel;
use standin::blend::Blender;
use standin::blend::gpu::GpuBlender;
use standin::gpu::{GpuDevice, Selection};
use standin::runtime::Runtime;
use standin::swap::{Engine, GpuEngine, ModelFile};

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
