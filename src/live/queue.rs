//! Threads and bounded channels between the stages. A fixed number of jobs circulates: whoever wants to bring a frame
//! waits for an idle job, so that nothing can pile up.
//!
//! ```text
//! idle ─ begin ─ submit ─► find thread ─► workers (crop, swap, blend) ─► next (in order) ─ finish ─► idle
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::{FindStage, Job, OnFailure, Outcome, Reorder, SwapStage};
use crate::frame::VideoBuffer;

/// How long anything waits before it looks whether it is still wanted.
const TICK: Duration = Duration::from_millis(20);

/// The queue was flushed or stopped while somebody waited for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue was flushed")]
pub struct Flushed;

type Jobs<F, T> = (Sender<Box<Job<F, T>>>, Receiver<Box<Job<F, T>>>);

/// Frames `F` and passengers `T` on their way through the stages.
pub struct Queue<F, T> {
    idle: Jobs<F, T>,
    entrance: Mutex<Entrance<F, T>>,
    done: Jobs<F, T>,
    order: Mutex<Reorder<Box<Job<F, T>>>>,
    epoch: Arc<AtomicU64>,
    sequence: AtomicU64,
    depth: usize,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Where jobs go in.
enum Entrance<F, T> {
    /// The caller's own thread does the work: lowest latency. It takes the stages out meanwhile, so that nothing is
    /// locked across inference.
    Inline(Option<Box<(FindStage, SwapStage)>>),
    /// The find thread.
    Threads(Sender<Box<Job<F, T>>>),
    Closed,
}

impl<F: VideoBuffer, T: Send + 'static> Queue<F, T> {
    /// A queue with `depth` jobs in flight and a thread for each of `workers`; with a depth of 0, one job that is
    /// worked on in [`Queue::submit`] itself by the first worker.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(depth: usize, find: FindStage, workers: Vec<SwapStage>) -> std::io::Result<Self> {
        let jobs = depth.max(1);
        let (idle, done) = (bounded(jobs), bounded(jobs));
        for _ in 0..jobs {
            let _ = idle.0.send(Box::default());
        }
        let epoch = Arc::new(AtomicU64::new(0));
        let mut threads = Vec::new();
        let mut workers = workers.into_iter();
        let entrance = match (depth, workers.next()) {
            (_, None) => Entrance::Closed,
            (0, Some(worker)) => Entrance::Inline(Some(Box::new((find, worker)))),
            (_, Some(first)) => {
                let (to_find, found) = (bounded(jobs), bounded(jobs));
                threads.push(spawn("standin-find", find, (found.0, to_find.1), &epoch, FindStage::run)?);
                for worker in std::iter::once(first).chain(workers) {
                    let ends = (done.0.clone(), found.1.clone());
                    threads.push(spawn("standin-swap", worker, ends, &epoch, SwapStage::run)?);
                }
                Entrance::Threads(to_find.0)
            }
        };
        Ok(Self {
            idle,
            entrance: Mutex::new(entrance),
            done,
            order: Mutex::new(Reorder::new(jobs)),
            epoch,
            sequence: AtomicU64::new(0),
            depth,
            threads: Mutex::new(threads),
        })
    }

    /// How many frames may be in flight; 0 where the caller's thread works.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Whether whoever brings a frame now would have to wait.
    pub fn is_full(&self) -> bool {
        self.idle.1.is_empty()
    }

    /// An empty job, to be filled and given to [`Queue::submit`]; waits until one is idle.
    ///
    /// # Errors
    /// [`Flushed`] during a flush, and where one came while it waited.
    pub fn begin(&self) -> Result<Box<Job<F, T>>, Flushed> {
        let epoch = self.epoch.load(Ordering::Acquire);
        if is_flushing(epoch) {
            return Err(Flushed);
        }
        let mut job = loop {
            let idle = self.idle.1.recv_timeout(TICK);
            match (idle, epoch == self.epoch.load(Ordering::Acquire)) {
                (Ok(job), true) => break job,
                (Ok(job), false) => {
                    let _ = self.idle.0.send(job);
                    return Err(Flushed);
                }
                (Err(RecvTimeoutError::Timeout), true) => {}
                (Err(_), _) => return Err(Flushed),
            }
        };
        job.clear();
        job.epoch = epoch;
        job.timings.arrived = Instant::now();
        job.timings.ready = job.timings.arrived;
        Ok(job)
    }

    /// Sends a job on its way.
    pub fn submit(&self, mut job: Box<Job<F, T>>) {
        let mut entrance = lock(&self.entrance);
        job.sequence = self.sequence.fetch_add(1, Ordering::AcqRel);
        let refused = match &mut *entrance {
            Entrance::Inline(stages) => {
                let Some(mut stages) = stages.take() else { return };
                drop(entrance);
                guarded(&mut stages.0, &mut job, &self.epoch, FindStage::run);
                guarded(&mut stages.1, &mut job, &self.epoch, SwapStage::run);
                if let Entrance::Inline(place) = &mut *lock(&self.entrance) {
                    *place = Some(stages);
                }
                self.done.0.send(job)
            }
            // A passenger needs no work; it only keeps its place.
            Entrance::Threads(_) if job.frame.is_none() => self.done.0.send(job),
            Entrance::Threads(find) => find.send(job),
            Entrance::Closed => Ok(()),
        };
        drop(refused);
    }

    /// The next job in the order of submission, whatever order the workers finished in. Waits for it a moment, so that
    /// its caller can see whether it should go on; `None` where none came. Jobs of before a flush come out too,
    /// [`Queue::is_stale`]. One thread at a time may wait.
    pub fn next(&self) -> Option<Box<Job<F, T>>> {
        let mut order = lock(&self.order);
        loop {
            if let Some(job) = order.take() {
                return Some(job);
            }
            let job = self.done.1.recv_timeout(TICK).ok()?;
            order.put(job.sequence, job);
        }
    }

    /// Whether a flush has come since the job was begun.
    pub fn is_stale(&self, job: &Job<F, T>) -> bool {
        job.epoch != self.epoch.load(Ordering::Acquire)
    }

    /// Gives a job back once its frame has left.
    pub fn finish(&self, mut job: Box<Job<F, T>>) {
        job.clear();
        let _ = self.idle.0.send(job);
    }

    /// Everything in flight is stale from now on, and nothing can begin until [`Queue::end_flush`].
    pub fn begin_flush(&self) {
        self.epoch.fetch_or(1, Ordering::AcqRel);
    }

    /// Jobs can begin again.
    pub fn end_flush(&self) {
        let _ = self.epoch.fetch_update(Ordering::AcqRel, Ordering::Acquire, |epoch| Some(epoch + (epoch & 1)));
    }

    /// Waits until nothing is in flight. Somebody else must be taking jobs out, and nobody bringing any.
    ///
    /// # Errors
    /// [`Flushed`] where a flush came while it waited.
    pub fn drain(&self) -> Result<(), Flushed> {
        let mut held = Vec::new();
        let drained = (0..self.depth.max(1)).try_for_each(|_| {
            held.push(self.begin()?);
            Ok(())
        });
        for job in held {
            self.finish(job);
        }
        drained
    }

    /// Ends the threads; jobs in flight are lost.
    pub fn stop(&self) {
        self.begin_flush();
        *lock(&self.entrance) = Entrance::Closed;
        for thread in lock(&self.threads).drain(..) {
            let _ = thread.join();
        }
    }
}

/// Epochs of frames are even; a flush is the odd number between two.
fn is_flushing(epoch: u64) -> bool {
    epoch & 1 == 1
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One thread of one stage: jobs in, jobs out, until the way in is closed.
fn spawn<S, F, T>(
    name: &str,
    mut stage: S,
    (outbox, inbox): Jobs<F, T>,
    epoch: &Arc<AtomicU64>,
    run: fn(&mut S, &mut Job<F, T>),
) -> std::io::Result<JoinHandle<()>>
where
    S: Send + 'static,
    F: VideoBuffer,
    T: Send + 'static,
{
    let epoch = Arc::clone(epoch);
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        for mut job in inbox {
            guarded(&mut stage, &mut job, &epoch, run);
            if outbox.send(job).is_err() {
                return;
            }
        }
    })
}

/// Runs a stage on a job that is still wanted. A panic becomes a frame that does not leave.
fn guarded<S, F, T>(stage: &mut S, job: &mut Job<F, T>, epoch: &AtomicU64, run: fn(&mut S, &mut Job<F, T>)) {
    if job.epoch != epoch.load(Ordering::Acquire) {
        return;
    }
    let done = catch_unwind(AssertUnwindSafe(|| run(stage, job)));
    job.timings.ready = Instant::now();
    if done.is_err() {
        job.failure = Some("a stage panicked; this is a defect of Standin".to_owned());
        job.faces.clear();
        job.plan.clear();
        job.plan.drop = job.settings.on_failure != OnFailure::Pass;
        // A swap stage that comes after this one says what became of the frame instead.
        job.outcome = if job.settings.may_leave_unworked() { Outcome::Untouched } else { Outcome::Dropped };
    }
}
