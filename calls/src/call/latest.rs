//! Hands the latest picture from the swap line to the pump. One that was not taken before the next came is gone.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A place for one picture.
#[derive(Debug, Default)]
pub(super) struct Latest {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    picture: Option<gst::Buffer>,
    /// A waiting pump is to look round.
    woken: bool,
}

/// What a wait ended with.
#[derive(Debug)]
pub(super) enum Taken {
    /// A picture.
    Picture(gst::Buffer),
    /// Somebody called [`Latest::wake`].
    Woken,
    /// Time has passed.
    Nothing,
}

impl Latest {
    /// Puts a picture in the place of the one before.
    pub(super) fn put(&self, picture: gst::Buffer) {
        let before = self.lock().picture.replace(picture);
        self.changed.notify_one();
        drop(before);
    }

    /// Takes away what nobody has taken, and wakes who waits.
    pub(super) fn clear(&self) {
        let mut slot = self.lock();
        slot.woken = true;
        let before = slot.picture.take();
        drop(slot);
        self.changed.notify_one();
        drop(before);
    }

    /// Ends a wait.
    pub(super) fn wake(&self) {
        self.lock().woken = true;
        self.changed.notify_one();
    }

    /// Waits for a picture; for ever where no time is given.
    pub(super) fn take(&self, patience: Option<Duration>) -> Taken {
        let empty = |slot: &mut Slot| slot.picture.is_none() && !slot.woken;
        let slot = self.lock();
        let mut slot = match patience {
            Some(patience) => {
                let waited = self.changed.wait_timeout_while(slot, patience, empty);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.changed.wait_while(slot, empty).unwrap_or_else(PoisonError::into_inner),
        };
        if std::mem::take(&mut slot.woken) {
            return Taken::Woken;
        }
        slot.picture.take().map_or(Taken::Nothing, Taken::Picture)
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    fn picture(number: u64) -> gst::Buffer {
        let mut picture = gst::Buffer::new();
        picture.get_mut().unwrap().set_offset(number);
        picture
    }

    #[test]
    fn the_latest_is_taken_once() {
        gst::init().unwrap();
        let latest = Latest::default();
        latest.put(picture(1));
        latest.put(picture(2));
        let moment = Some(Duration::from_millis(1));
        assert!(matches!(latest.take(moment), Taken::Picture(picture) if picture.offset() == 2));
        assert!(matches!(latest.take(moment), Taken::Nothing));
        latest.put(picture(3));
        latest.clear();
        assert!(matches!(latest.take(None), Taken::Woken));
        assert!(matches!(latest.take(moment), Taken::Nothing));
    }
}
