//! The end of a program that a test started.

use std::process::Child;
use std::time::{Duration, Instant};

/// Its exit code; `None` where it does not end, or a signal ends it.
pub(crate) fn exit_code(child: &mut Child) -> Option<i32> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}
