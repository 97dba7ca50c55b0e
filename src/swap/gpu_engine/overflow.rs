//! Models whose values 16-bit floats did not hold in a real frame, for as long as the process runs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

static OVERFLOWED: Mutex<BTreeSet<Arc<str>>> = Mutex::new(BTreeSet::new());

/// Notes that this graph (its SHA-256) needs 32 bits.
pub(super) fn remember(graph_sha256: &Arc<str>) {
    lock().insert(Arc::clone(graph_sha256));
}

/// Whether it does.
pub(super) fn is_remembered(graph_sha256: &str) -> bool {
    lock().contains(graph_sha256)
}

fn lock() -> MutexGuard<'static, BTreeSet<Arc<str>>> {
    OVERFLOWED.lock().unwrap_or_else(PoisonError::into_inner)
}
