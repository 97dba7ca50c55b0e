//! The thread that feeds the doors: the latest picture as soon as it comes, the still card where none comes.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::latest::{Latest, Taken};
use crate::outlet::door::Emptying;
use crate::outlet::{Door, Kind};

/// From one card to the next.
const CARD: Duration = Duration::from_millis(100);
/// How long the last picture stands before the card takes its place: so long at least, and [`FRAMES`] times as long as
/// from one picture to the next, of which [`SLOWEST`] counts at most.
const STALE: Duration = Duration::from_millis(400);
const FRAMES: f32 = 2.5;
const SLOWEST: Duration = Duration::from_secs(1);

/// How long a picture stands that came so long after the one before.
fn patience(interval: Duration) -> Duration {
    interval.min(SLOWEST).mul_f32(FRAMES).max(STALE)
}

/// What the pump and its owner share.
#[derive(Debug)]
struct Shared {
    latest: Arc<Latest>,
    doors: Mutex<Vec<Door>>,
    card: Mutex<gst::Buffer>,
    /// Whether anybody looks.
    wanted: AtomicBool,
    stopped: AtomicBool,
}

/// The thread; ends with its value.
#[derive(Debug)]
pub(super) struct Pump {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Pump {
    /// A pump without a door, that shows `card`.
    pub(super) fn start(latest: Arc<Latest>, card: gst::Buffer) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            latest,
            doors: Mutex::default(),
            card: Mutex::new(card),
            wanted: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        });
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("pump".to_owned()).spawn(move || own.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Another door, in the place of one of its kind.
    pub(super) fn add(&self, door: Door) {
        let before = self.take(door.kind);
        lock(&self.shared.doors).push(door);
        self.shared.latest.wake();
        drop(before);
    }

    /// Takes a door out.
    pub(super) fn take(&self, kind: Kind) -> Option<Door> {
        let mut doors = lock(&self.shared.doors);
        let place = doors.iter().position(|door| door.kind == kind)?;
        Some(doors.swap_remove(place))
    }

    /// Shows this card, at once where no picture is shown.
    pub(super) fn set_card(&self, card: gst::Buffer) {
        *lock(&self.shared.card) = card;
        self.shared.latest.wake();
    }

    /// Whether anybody looks: whether pictures are shown, and the card repeated where none comes.
    pub(super) fn set_wanted(&self, wanted: bool) {
        if self.shared.wanted.swap(wanted, Ordering::AcqRel) != wanted {
            self.shared.latest.wake();
        }
    }

    /// Takes back what waits at a door: whoever looks next sees no old picture. Who comes at this very moment may see
    /// none at all, so that it is for when nobody has looked for a while.
    pub(super) fn empty(&self) {
        let waiting: Vec<_> = lock(&self.shared.doors).iter().filter_map(Door::emptying).collect();
        waiting.into_iter().for_each(Emptying::run);
    }
}

impl Shared {
    fn run(&self) {
        // The card ends what is shown, and says nothing of how often pictures come.
        let (mut shown, mut last, mut stale) = (None::<Instant>, None::<Instant>, STALE);
        while !self.stopped.load(Ordering::Acquire) {
            let next_card = self.wanted.load(Ordering::Acquire).then_some(CARD);
            match self.latest.take(next_card) {
                // A door keeps what nobody takes, and would show it to the next who looks.
                Taken::Picture(picture) => {
                    if self.push(&picture, || self.wanted.load(Ordering::Acquire)) {
                        let now = Instant::now();
                        stale = last.replace(now).map_or(STALE, |last| patience(now - last));
                        shown = Some(now);
                    }
                }
                Taken::Woken | Taken::Nothing => {
                    if shown.is_none_or(|shown| shown.elapsed() > stale) {
                        shown = None;
                        let card = lock(&self.card).clone();
                        self.push(&card, || true);
                    }
                }
            }
        }
    }

    /// Whether the picture went to the doors. What is `wanted` is asked under their lock: once it has said no, a door
    /// that is emptied stays empty.
    fn push(&self, picture: &gst::Buffer, wanted: impl Fn() -> bool) -> bool {
        let doors = lock(&self.doors);
        if !wanted() {
            return false;
        }
        // Nearly never any, and then without memory.
        let stuck: Vec<_> = doors.iter().filter_map(|door| door.push(picture)).collect();
        drop(doors);
        stuck.into_iter().for_each(Emptying::run);
        true
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        self.shared.latest.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        lock(&self.shared.doors).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_camera_s_picture_stands_until_the_next() {
        assert_eq!(patience(Duration::from_millis(33)), STALE);
        assert!(patience(Duration::from_secs(1)) > Duration::from_secs(2));
        assert_eq!(patience(Duration::from_secs(60)), patience(SLOWEST), "nobody looked for a minute");
    }
}
