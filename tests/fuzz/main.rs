//! Readers of files that may come from anywhere, given files that were made from good ones by mistakes: none panics,
//! none takes for good what breaks what it promises.
//!
//! Each target has a corpus of good files, which the tests make, and a number of inputs that is bounded. For hours:
//!
//! ```text
//! STANDIN_FUZZ_INPUTS=1000000 STANDIN_FUZZ_SEED=7 cargo test --release --features train --test fuzz -- --nocapture
//! ```
//!
//! What makes a target fail is written to `fuzz-TARGET.input` in the folder that the failure names.
#![cfg(feature = "train")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that fails may stop"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../face_sets/mod.rs"]
mod face_sets;
mod graphs;
mod models;
mod mutate;
mod records;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Inputs of each target, where nobody says how many.
const INPUTS: u64 = 2000;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Gives `reader` inputs that `make` makes, and says how many it took for good.
fn fuzz(target: &str, make: impl Fn(&mut ChaCha8Rng) -> Vec<u8>, reader: impl Fn(&[u8]) -> bool) {
    let (inputs, seed) = (number("STANDIN_FUZZ_INPUTS", INPUTS), number("STANDIN_FUZZ_SEED", 1));
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut taken = 0_u64;
    for i in 0..inputs {
        let input = make(&mut random);
        match catch_unwind(AssertUnwindSafe(|| reader(&input))) {
            Ok(good) => taken += u64::from(good),
            Err(panic) => {
                let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{target}.input"));
                std::fs::write(&file, &input).unwrap();
                eprintln!("{target}: input {i} of seed {seed} breaks it; it is in {}", file.display());
                resume_unwind(panic);
            }
        }
    }
    eprintln!("{target}: {inputs} inputs of seed {seed}, of which {taken} were taken for good");
    // A corpus of which every change is refused at once tries nothing; one of which all are taken is not changed.
    assert!(taken > 0 && taken < inputs, "{target}: {taken} of {inputs} inputs were taken for good");
}
