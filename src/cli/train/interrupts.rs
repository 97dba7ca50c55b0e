//! Ctrl-C and SIGTERM, which end a command with what it has done kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;

/// What becomes true when somebody asks for the end.
///
/// # Errors
/// Where the system refuses to tell.
pub(super) fn stop_asked() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    match ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed)) {
        // A program that does so twice has its handler already.
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(stop),
        Err(error) => Err(error).context("Ctrl-C cannot be watched for"),
    }
}
