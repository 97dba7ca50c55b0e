//! A pipeline that goes to NULL closes the GPU. In a file of its own: what other tests of a process hold would be
//! counted.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod common;

use common::{Lent, Process, Watched, clip};
use standin::gpu::{AdapterInfo, Selection, adapters};

/// Threads of Mesa's software adapter in this process: an open device has some, whoever holds it.
fn drivers_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.starts_with("llvmpipe")).count()
}

fn best() -> Option<AdapterInfo> {
    let all = adapters();
    Selection::Auto.find(&all).map(|best| all[best].clone())
}

#[test]
fn a_pipeline_that_goes_to_null_closes_the_gpu_and_leaves_nothing_behind() {
    let Some(adapter) = best() else {
        eprintln!("SKIPPED, not tested: no GPU, nor a software one");
        return;
    };
    let lent = Lent::green();
    let mut after = Vec::new();
    for round in 0..5 {
        let mut watched = Watched::new(&format!("{} ! faceswap model={lent} device=gpu", clip(6)));
        watched.start();
        watched.wait_for_frames(3);
        if adapter.name.contains("llvmpipe") {
            assert!(drivers_threads() > 0, "round {round}: the device does not show");
        }
        watched.end().unwrap();
        watched.stop();
        assert_eq!(drivers_threads(), 0, "round {round}: the device is still open");
        after.push(Process::now());
    }
    // The first rounds fill caches. GLib's pool keeps an idle thread for a while, or not; what is left behind in each
    // round would be three.
    let (first, last) = (after[1], after[4]);
    println!("{first}\n{last}");
    assert!(last.threads <= first.threads + 1 && last.files <= first.files, "{first}\n{last}");
}
