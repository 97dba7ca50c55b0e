//! Several engines of one model hold its dense weights once. Alone in its process, whose memory it measures.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use common::onnx::SwapModel;
use standin::runtime::{NetworkOptions, Runtime};
use standin::swap::{ModelFile, OnnxEngine};

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[test]
fn four_engines_take_little_more_than_the_weights() {
    const WIDTH: usize = 512;
    let weights = 2 * WIDTH * 64 * 64 * 3 * 4;
    let folder = tempfile::tempdir().unwrap();
    let file = ModelFile::open(SwapModel::dense(WIDTH).save(folder.path(), "dense.dfm")).unwrap();
    let runtime = Runtime::load(None).unwrap();
    // What the library and the first load leave behind is not the engines'.
    drop(OnnxEngine::new(&runtime, &file, NetworkOptions::default()).unwrap());
    let before = resident();
    let engines = OnnxEngine::several(&runtime, &file, NetworkOptions::default(), 4).unwrap();
    let grown = resident().saturating_sub(before);
    assert_eq!(engines.len(), 4);
    assert!(grown < 2 * weights, "{} MB for {} MB of weights", grown >> 20, weights >> 20);
}
