//! Memory that runs out while a model is put on the GPU. In a file of its own: the whole process has none meanwhile.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    unsafe_code,
    reason = "a test that fails may stop"
)]

mod gpu_support;

use standin::swap::graph::{Array, Operator, SwapGraph};
use standin::swap::passes::{NetworkPasses, Plan, Tier};

/// Of <sys/resource.h>: a process's addresses.
const RLIMIT_AS: i32 = 9;

#[repr(C)]
#[derive(Clone, Copy)]
struct Limit {
    now: u64,
    most: u64,
}

unsafe extern "C" {
    fn getrlimit(resource: i32, limit: *mut Limit) -> i32;
    fn setrlimit(resource: i32, limit: *const Limit) -> i32;
}

/// Runs `work` in a process that may take no more than `bytes` from now on.
fn with_no_more_than<T>(bytes: u64, work: impl FnOnce() -> T) -> T {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let taken = 4096 * pages.split(' ').next().unwrap().parse::<u64>().unwrap();
    let mut before = Limit { now: 0, most: 0 };
    // SAFETY: both calls read or write one structure of the C library's own layout, which lives as long as they do.
    unsafe {
        assert_eq!(getrlimit(RLIMIT_AS, &mut before), 0);
        assert_eq!(setrlimit(RLIMIT_AS, &Limit { now: taken + bytes, ..before }), 0);
        let done = work();
        assert_eq!(setrlimit(RLIMIT_AS, &before), 0);
        done
    }
}

/// A dense layer of `out` columns.
fn plan(inner: usize, out: usize) -> Plan {
    let weight = Array { shape: vec![inner, out], values: vec![0.5; inner * out] };
    Plan::new(&SwapGraph::of_step(Operator::Dense, vec![1, inner], vec![1, out], vec![weight]), Tier::Single)
}

#[test]
fn it_is_that_model_s_failure_and_the_device_goes_on() {
    let Some(gpu) = gpu_support::device() else { return };
    if !gpu.info().is_software() {
        eprintln!("SKIPPED, not tested: only a software adapter has its memory from this process");
        return;
    }
    let put = |plan: &Plan| gpu.attempt("test", |device, cache| NetworkPasses::several(plan, device, cache, 1));
    // The adapter's own threads and code come first.
    let small = plan(16, 16);
    put(&small).unwrap();
    let large = plan(8_192, 8_192);
    assert!(large.weights.len() >= 256 << 20);
    let refused = with_no_more_than(96 << 20, || put(&large).err());
    let error = refused.expect("256 MiB fit into 96").to_string();
    println!("{error}");
    assert!(error.to_lowercase().contains("memory"), "{error}");
    assert!(!gpu.is_lost(), "the device is given up: {error}");
    let again = put(&small).unwrap().remove(0);
    let [drawn, ..] = gpu_support::drawn(&gpu, &again, &[1.0; 16], 0.0, [16; 3]);
    assert!(drawn.iter().all(|&value| value == 8.0), "{drawn:?}");
}
