//! The same as live_bare where the whole swap is done on a GPU: no frame leaves with the performer's own face, also
//! where the device is lost or the network gives no numbers.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that fails may stop"
)]

#[path = "live_support/bare.rs"]
mod bare;
mod common;
mod gpu_support;
mod live_support;

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bare::{CLIPS, Play, strikes};
use common::onnx::SwapModel;
use live_support::Works;
use standin::gpu::{GpuDevice, Selection};
use standin::live::{Model, OnFailure, Select};
use standin::swap::{GpuEngine, ModelFile, Tier};
use standin::swapper::{GpuSwapper, Swapper};

/// A model of these on a device.
fn model(of: &SwapModel, gpu: &GpuDevice) -> Arc<Model> {
    let folder = tempfile::tempdir().unwrap();
    let file = ModelFile::open(of.save(folder.path(), "model.dfm")).unwrap();
    let engines = GpuEngine::with_tier(&file, gpu, 1, Tier::Single).unwrap();
    let swappers = GpuSwapper::several(engines).unwrap().into_iter().map(|one| Box::new(one) as Box<dyn Swapper>);
    Arc::new(Model::of(swappers.collect(), SystemTime::now() + Duration::from_secs(3600)))
}

/// Nobody in any of these clips is bare, with the model that `model` gives for each frame; it may fail in those that
/// [`strikes`].
fn never_bare(clips: &[&str], model: &dyn Fn(u32) -> Arc<Model>, struck_frames_fail: bool) {
    let play = Play {
        every: 1,
        finder: Works::Yes,
        model: &|i| Some(model(i)),
        select: Select::All,
        on_failure: OnFailure::Hold,
        struck_frames_fail,
    };
    for name in clips {
        let Some(bare) = play.bare(name) else { return };
        assert!(bare.is_empty(), "{name}: bare in\n{}", bare.join("\n"));
    }
}

/// The same where `bad` takes the place of a model that works every now and then.
fn never_bare_with(bad: &Arc<Model>, gpu: &GpuDevice) {
    let good = model(&SwapModel::white(), gpu);
    never_bare(&CLIPS, &|i| Arc::clone(if strikes(i) { bad } else { &good }), true);
}

#[test]
fn where_nothing_fails() {
    let Some(gpu) = gpu_support::device() else { return };
    let good = model(&SwapModel::white(), &gpu);
    never_bare(&CLIPS, &|_| Arc::clone(&good), false);
}

#[test]
fn where_a_model_is_on_a_device_that_was_lost() {
    let Some(gpu) = gpu_support::device() else { return };
    let other = GpuDevice::open(&Selection::Auto).unwrap();
    let lost = model(&SwapModel::white(), &other);
    other.device().destroy();
    never_bare_with(&lost, &gpu);
}

#[test]
fn where_devices_are_lost_between_frames_one_after_the_other() {
    if gpu_support::device().is_none() {
        return;
    }
    let open = || {
        let gpu = GpuDevice::open(&Selection::Auto).unwrap();
        (model(&SwapModel::white(), &gpu), gpu)
    };
    let now = RefCell::new(open());
    let given = |i: u32| {
        match (strikes(i), i > 0 && strikes(i - 1)) {
            (true, false) => now.borrow().1.device().destroy(),
            (false, true) => *now.borrow_mut() = open(),
            _ => {}
        }
        Arc::clone(&now.borrow().0)
    };
    never_bare(&["leave_enter", "occlusion"], &given, true);
}

#[test]
fn where_the_network_gives_no_numbers() {
    let Some(gpu) = gpu_support::device() else { return };
    never_bare_with(&model(&SwapModel::never_finite(), &gpu), &gpu);
}
