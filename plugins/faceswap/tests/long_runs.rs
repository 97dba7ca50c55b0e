//! What runs for long holds as much memory, and as many threads and files, at the end as soon after the beginning. In
//! a file of its own: other tests of a process would be counted, too.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use common::{Lent, Process, Watched, ben, clip, has_thread};
use gst::prelude::*;

/// Rounds of each kind.
const ROUNDS: usize = 40;
/// What a round may add to the fifth.
const MORE: f64 = 1.1;

fn assert_flat(what: &str, rounds: &[Process]) {
    let fifth = rounds[4];
    // What one round shows depends on which threads met in it: the middle of five, about the fifth and at the end.
    let middle_of = |rounds: &[Process], of: fn(&Process) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let middle = |of: fn(&Process) -> f64| middle_of(&rounds[rounds.len() - 5..], of);
    let (anonymous, resident) = (middle(|round| round.anonymous), middle(|round| round.resident));
    let first = middle_of(&rounds[2..7], |round| round.resident);
    assert!(
        resident < MORE * first,
        "{what}: {resident:.0} MiB are resident after {first:.0}; the fifth round: {fifth}"
    );
    assert!(anonymous < 2.0 * fifth.anonymous, "{what}: {anonymous:.0} MiB are no file's after {fifth}");
    assert!(middle(|round| round.in_use) < MORE * fifth.in_use, "{what}: memory is lost; the fifth round: {fifth}");
    assert!(middle(|round| round.threads as f64) < fifth.threads as f64 + 1.0, "{what}: threads stay after {fifth}");
    assert!(middle(|round| round.files as f64) < fifth.files as f64 + 1.0, "{what}: files stay open after {fifth}");
}

#[test]
fn many_states_and_many_models_leave_memory_flat() {
    // One frame for ever, small enough that those that are kept until they are counted are no matter.
    let source = format!("{} ! videoscale n-threads=1 ! video/x-raw,width=320,height=180 ! imagefreeze", clip(1));
    let mut watched = Watched::new(&format!("{source} ! faceswap name=swap model={} device=cpu", ben()));
    let mut states = Vec::new();
    for _ in 0..ROUNDS {
        watched.start();
        watched.wait_for_frames(5);
        watched.stop();
        watched.forget();
        states.push(Process::now());
    }
    assert_flat("states", &states);

    let other = Lent::copy_of(ben().as_ref());
    let (swap, models) = (watched.element("swap"), [other.path.display().to_string(), ben()]);
    let mut changes = Vec::new();
    watched.start();
    for round in 0..ROUNDS {
        watched.wait_for_frames(5);
        swap.set_property("model", &models[round % 2]);
        watched.forget();
        // The new thread has its name.
        watched.wait_for_frames(3);
        while has_thread("standin-load") {
            watched.forget();
            watched.wait_for_frames(1);
        }
        watched.forget();
        changes.push(Process::now());
    }
    assert_flat("models", &changes);
    assert!(watched.warnings().is_empty(), "{:?}", watched.warnings());
}
