//! The same as live_bare where the whole swap is done on a GPU: over every hard clip no frame leaves with the performer's own
//! face, also where the device is lost or the network gives no numbers.
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

/// Nobody in any of these clips is bare; every now and then `bad` takes the place of a model that works.
fn never_bare(clips: &[&str], select: Select, bad: Option<&Arc<Model>>, gpu: &GpuDevice) {
    let good = model(&SwapModel::white(), gpu);
    let play = Play {
        every: 1,
        finder: Works::Yes,
        model: &|i| Some(Arc::clone(bad.filter(|_| strikes(i)).unwrap_or(&good))),
        select,
        on_failure: OnFailure::Hold,
    };
    for name in clips {
        let Some(bare) = play.bare(name) else { return };
        assert!(bare.is_empty(), "{name}: bare in\n{}", bare.join("\n"));
    }
}

#[test]
fn where_nothing_fails() {
    let Some(gpu) = gpu_support::device() else { return };
    never_bare(&CLIPS, Select::All, None, &gpu);
}

#[test]
fn where_the_device_is_lost() {
    let Some(gpu) = gpu_support::device() else { return };
    let other = GpuDevice::open(&Selection::Auto).unwrap();
    let lost = model(&SwapModel::white(), &other);
    other.device().destroy();
    never_bare(&CLIPS, Select::All, Some(&lost), &gpu);
}

#[test]
fn where_the_network_gives_no_numbers() {
    let Some(gpu) = gpu_support::device() else { return };
    never_bare(&CLIPS, Select::All, Some(&model(&SwapModel::never_finite(), &gpu)), &gpu);
}
