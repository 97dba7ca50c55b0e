//! Clips in a loop through `faceswap`, which is disturbed at random without end: models, caps, flushes, seeks, states,
//! settings, faults.
//!
//! ```text
//! cargo build --release --workspace --example soak
//! target/release/examples/soak MODEL MINUTES SEED CLIP...
//! ```
//!
//! A line each ten seconds, a summary at the end. Fails on a pipeline that hangs, on frames out of order, on an error
//! that was not injected, on memory that grows by more than a tenth from the first third to the last, on threads or
//! files that stay.

mod deed;
mod ledger;
#[allow(dead_code, reason = "this program uses its part")]
#[path = "../../tests/common/patience.rs"]
mod patience;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/common/process.rs"]
mod process;
mod raw;
mod stream;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;

use deed::{Deed, Dice};
use ledger::Ledger;
use raw::Raw;
use stream::Stream;

/// From one line to the next.
const LINE: Duration = Duration::from_secs(10);

fn main() -> anyhow::Result<()> {
    gst::init()?;
    gstfaceswap::plugin_register_static()?;
    let mut arguments = std::env::args().skip(1);
    let model: PathBuf = arguments.next().context("no model given")?.into();
    let minutes: f64 = arguments.next().context("no minutes given")?.parse()?;
    let seed: u64 = arguments.next().context("no seed given")?.parse()?;
    let clips: Vec<Raw> =
        arguments.map(|clip| Raw::of(clip.as_ref()).with_context(|| clip)).collect::<anyhow::Result<_>>()?;
    anyhow::ensure!(!clips.is_empty(), "no clip given");

    let models = deed::Models::of(&model)?;
    let mut dice = Dice::new(seed);
    let mut stream = Stream::new(&model, &clips[0])?;
    let mut ledger = Ledger::new(seed);
    let (begun, mut line) = (Instant::now(), Instant::now());
    let end = Duration::from_secs_f64(60.0 * minutes);
    stream.start()?;
    while begun.elapsed() < end {
        let deed = Deed::draw(&mut dice, &clips);
        ledger.deed(&deed);
        deed.act(&mut stream, &models, &mut dice).with_context(|| format!("{deed:?}, deed {}", ledger.deeds))?;
        stream.go_on(dice.below(20)).with_context(|| format!("after {deed:?}, deed {}", ledger.deeds))?;
        if line.elapsed() >= LINE {
            stream.rest(&models)?;
            ledger.line(begun.elapsed(), &stream);
            stream.start()?;
            line = Instant::now();
        }
    }
    stream.stop()?;
    ledger.close(begun.elapsed(), &stream)
}
