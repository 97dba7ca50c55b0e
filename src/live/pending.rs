//! Work that goes on beside the stream, and a way to wait until it is done.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::heap::Large;

/// Work that has come to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Undone {
    /// It panicked.
    #[error("{0} panicked; this is a defect of Standin")]
    Panic(&'static str),
    /// The system gave no thread.
    #[error("no thread for {what}: {error}; close other programs, or raise the limit of processes (ulimit -u)")]
    Thread {
        /// For what.
        what: &'static str,
        /// Why.
        error: std::io::Error,
    },
}

/// Counts threads that prepare something.
#[derive(Debug)]
pub struct Pending {
    running: Mutex<usize>,
    ended: Condvar,
    /// `None` once it is closed.
    threads: Mutex<Option<Vec<JoinHandle<()>>>>,
}

impl Default for Pending {
    fn default() -> Self {
        Self { running: Mutex::default(), ended: Condvar::new(), threads: Mutex::new(Some(Vec::new())) }
    }
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
    /// Does `work` on a thread of its own and tells `done` what it gave, whatever becomes of it: also where it panics, or
    /// the system gives no thread. Once this is closed it does and tells nothing.
    pub fn spawn<T>(
        self: &Arc<Self>,
        name: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
        done: impl FnOnce(Result<T, Undone>) + Send + 'static,
    ) {
        self.spawn_then(name, work, done, |()| {});
    }

    /// The same, and then does `rest` with what `done` gave: that nobody waits for but [`Pending::close`].
    pub fn spawn_then<T, U>(
        self: &Arc<Self>,
        name: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
        done: impl FnOnce(Result<T, Undone>) -> U + Send + 'static,
        rest: impl FnOnce(U) + Send + 'static,
    ) {
        let done = Arc::new(Mutex::new(Some(done)));
        let own = Arc::clone(&done);
        let work = move || {
            let outcome = catch_unwind(AssertUnwindSafe(work)).map_err(|_| Undone::Panic(name));
            let done = lock(&own).take();
            done.map(|done| done(outcome))
        };
        let begun = self.begin(name, work, |given| given.map_or((), rest));
        if let Err(error) = begun {
            let done = lock(&done).take();
            drop(done.map(|done| done(Err(Undone::Thread { what: name, error }))));
        }
    }

    /// Fails where the system gives no thread.
    fn begin<T>(
        self: &Arc<Self>,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
        rest: impl FnOnce(T) + Send + 'static,
    ) -> std::io::Result<()> {
        let mut threads = lock(&self.threads);
        let Some(threads) = &mut *threads else { return Ok(()) };
        *lock(&self.running) += 1;
        let ticket = Ticket(Arc::clone(self));
        let work = move || {
            let done = {
                let _ticket = ticket;
                let _large = Large::blocks();
                work()
            };
            rest(done);
        };
        // A refused thread drops the work, and its ticket with it.
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread?);
        Ok(())
    }

    /// Waits until all threads have ended, but for the one that asks. No other begins from now on.
    pub fn close(&self) {
        let threads = lock(&self.threads).take().unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use crossbeam_channel::bounded;

    use super::*;

    #[test]
    fn what_is_done_after_the_work_is_waited_for_at_the_end_alone() {
        let pending = Arc::new(Pending::default());
        let ((to_work, work), (to_rest, rest)) = (bounded::<()>(0), bounded::<()>(0));
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        pending.spawn_then(
            "test",
            move || work.recv().is_err(),
            |dropped| dropped.unwrap_or_default(),
            move |dropped| {
                let _ = rest.recv();
                ended.store(dropped, Ordering::Release);
            },
        );
        assert!(!pending.is_idle());
        drop(to_work);
        pending.wait(|| false);
        assert!(pending.is_idle() && !over.load(Ordering::Acquire));
        drop(to_rest);
        pending.close();
        assert!(over.load(Ordering::Acquire));
    }

    #[test]
    fn nothing_begins_once_it_is_closed() {
        let pending = Arc::new(Pending::default());
        pending.close();
        let begun = Arc::new(AtomicBool::new(false));
        let begins = Arc::clone(&begun);
        let told = Arc::clone(&begun);
        let work = move || begins.store(true, Ordering::Release);
        pending.spawn("test", work, move |_| told.store(true, Ordering::Release));
        pending.wait(|| false);
        // Only the thread that there must not be could still hold it.
        assert_eq!(Arc::strong_count(&begun), 1);
        assert!(pending.is_idle() && !begun.load(Ordering::Acquire));
    }

    #[test]
    fn a_panic_is_told_and_ends_the_wait() {
        let pending = Arc::new(Pending::default());
        let (said, heard) = bounded(1);
        #[allow(clippy::panic, reason = "what is caught")]
        pending.spawn("test", || panic!("on purpose"), move |outcome: Result<(), _>| drop(said.send(outcome)));
        pending.wait(|| false);
        assert!(pending.is_idle());
        let told = heard.recv().map(|outcome| outcome.map_err(|undone| undone.to_string()));
        assert_eq!(told, Ok(Err("test panicked; this is a defect of Standin".to_owned())));
    }
}
