//! Work that goes on beside the stream, and a way to wait until it is done.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Counts threads that prepare something.
#[derive(Debug, Default)]
pub struct Pending {
    running: Mutex<usize>,
    ended: Condvar,
}

/// Counts down when dropped, however the work ended.
struct Ticket(Arc<Pending>);

impl Drop for Ticket {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_all();
    }
}

impl Pending {
    /// Does `work` on a thread of its own; where the system gives none, not at all.
    pub fn spawn(self: &Arc<Self>, name: &str, work: impl FnOnce() + Send + 'static) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let ticket = Ticket(Arc::clone(self));
        let work = move || {
            let _ticket = ticket;
            work();
        };
        // A refused thread drops the work, and its ticket with it.
        let _ = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    }

    /// Waits until all work is done, or `given_up` says so.
    pub fn wait(&self, given_up: impl Fn() -> bool) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while *running > 0 && !given_up() {
            let waited = self.ended.wait_timeout(running, Duration::from_millis(20));
            running = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
