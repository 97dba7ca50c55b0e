//! Work that goes on beside the stream, and a way to wait until it is done.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::heap::Large;

/// Counts threads that prepare something.
#[derive(Debug, Default)]
pub struct Pending {
    running: Mutex<usize>,
    ended: Condvar,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Counts down when dropped, however the work ended.
struct Ticket(Arc<Pending>);

impl Drop for Ticket {
    fn drop(&mut self) {
        *lock(&self.0.running) -= 1;
        self.0.ended.notify_all();
    }
}

impl Pending {
    /// Does `work` on a thread of its own; where the system gives none, not at all.
    pub fn spawn(self: &Arc<Self>, name: &str, work: impl FnOnce() + Send + 'static) {
        *lock(&self.running) += 1;
        let ticket = Ticket(Arc::clone(self));
        let work = move || {
            let _ticket = ticket;
            let _large = Large::blocks();
            work();
        };
        // A refused thread drops the work, and its ticket with it.
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
        let mut threads = lock(&self.threads);
        threads.retain(|thread| !thread.is_finished());
        threads.extend(thread);
    }

    /// Waits until all threads have ended, but for the one that asks.
    pub fn join(&self) {
        let threads = std::mem::take(&mut *lock(&self.threads));
        let own = std::thread::current().id();
        for thread in threads.into_iter().filter(|thread| thread.thread().id() != own) {
            let _ = thread.join();
        }
    }

    /// Whether nothing is being prepared.
    pub fn is_idle(&self) -> bool {
        *lock(&self.running) == 0
    }

    /// Waits until all work is done, or `given_up` says so.
    pub fn wait(&self, given_up: impl Fn() -> bool) {
        let mut running = lock(&self.running);
        while *running > 0 && !given_up() {
            let waited = self.ended.wait_timeout(running, Duration::from_millis(20));
            running = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
