//! Pictures for whoever wants to see them beside the doors, at a rate of their own: before the swap and after it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The two places where pictures can be seen.
#[derive(Debug, Clone, Default)]
pub struct Taps {
    /// What goes into `faceswap`. It shows the bare face: for the user's own eyes.
    pub before: Arc<Tap>,
    /// What comes out of it.
    pub after: Arc<Tap>,
}

/// The latest picture at one place, kept only while it is asked for. Closed until [`Self::open`].
#[derive(Debug)]
pub struct Tap {
    open: AtomicBool,
    /// Milliseconds from one picture to the next at least.
    pause: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    due: Instant,
    sample: Option<gst::Sample>,
}

impl Default for Tap {
    fn default() -> Self {
        let kept = Mutex::new(Kept { due: Instant::now(), sample: None });
        Self { open: AtomicBool::new(false), pause: AtomicU64::new(0), kept }
    }
}

impl Tap {
    /// Keeps a picture each `pause` from now on.
    pub fn open(&self, pause: Duration) {
        self.pause.store(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.open.store(true, Ordering::Release);
    }

    /// Keeps none any more.
    pub fn close(&self) {
        self.open.store(false, Ordering::Release);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).sample = None;
    }

    /// The picture that came last and was not taken yet.
    pub fn take(&self) -> Option<gst::Sample> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).sample.take()
    }

    /// Offers a picture, which `make` hands over only where one is due.
    pub(super) fn offer(&self, make: impl FnOnce() -> Option<gst::Sample>) {
        if !self.open.load(Ordering::Acquire) {
            return;
        }
        let now = Instant::now();
        // Whoever reads keeps the stream waiting for no time.
        let Ok(mut kept) = self.kept.try_lock() else { return };
        if now >= kept.due {
            kept.due = now + Duration::from_millis(self.pause.load(Ordering::Relaxed));
            kept.sample = make();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn pictures_are_kept_only_while_they_are_wanted_and_due() {
        gst::init().unwrap();
        let tap = Tap::default();
        let sample = || Some(gst::Sample::builder().build());
        tap.offer(|| unreachable!());
        tap.open(Duration::from_secs(3600));
        tap.offer(sample);
        assert!(tap.take().is_some() && tap.take().is_none());
        tap.offer(|| unreachable!());
        tap.close();
        assert!(tap.take().is_none());
    }
}
