//! `standin webcam`: a camera, or another input, with its face swapped, as a camera for calls.

mod arguments;
mod report;

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use standin::cli::Outcome;

pub use arguments::Arguments;

use crate::call::{Call, Event, State};
use crate::settings::SettingsFile;

/// Exit code of a process that a second Ctrl-C ends.
const INTERRUPTED: i32 = 130;

/// Runs until Ctrl-C; the second one ends the process at once.
///
/// # Errors
/// A sentence that says what to mend.
pub fn run(arguments: Arguments, settings: &SettingsFile, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let mut call = Call::new(arguments.plan(settings)?)?;
    let handle = call.handle();
    let asked = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::AcqRel) {
            // SAFETY: it ends the process, and touches no memory before.
            unsafe { libc::_exit(INTERRUPTED) };
        }
        handle.stop();
    })
    .context("Ctrl-C cannot be caught")?;
    report::begin(&call, out)?;
    call.start()?;
    let events = call.events();
    for event in &events {
        report::event(&event, out)?;
        if matches!(event, Event::State(State::Stopped)) {
            break;
        }
    }
    call.stop()?;
    Ok(Outcome::Good)
}
