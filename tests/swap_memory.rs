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

/// Width of the dense layers: each is 48 MiB, more than the 32 MiB up to which glibc keeps what is freed.
const WIDTH: usize = 1024;
const WEIGHTS: usize = 2 * WIDTH * 64 * 64 * 3 * 4;

#[test]
fn more_engines_take_no_more_weights() {
    let folder = tempfile::tempdir().unwrap();
    let file = ModelFile::open(SwapModel::dense(WIDTH).save(folder.path(), "dense.dfm")).unwrap();
    let runtime = Runtime::load(None).unwrap();
    let several = |count| OnnxEngine::several(&runtime, &file, NetworkOptions::default(), count).unwrap();
    // The first ones also take what loading leaves behind in the process.
    let first = several(2);
    let before = resident();
    let more = several(6);
    let grown = resident().saturating_sub(before);
    assert_eq!((first.len(), more.len()), (2, 6));
    assert!(grown < 2 * WEIGHTS, "{} MiB for {} MiB of weights", grown >> 20, WEIGHTS >> 20);
}
