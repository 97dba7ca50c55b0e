//! Which part of one buffer each value has, and until when.

use super::ALIGNMENT;

/// A part of the arena, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) offset: u64,
    pub(super) bytes: u64,
}

impl Slot {
    fn end(&self) -> u64 {
        self.offset + self.bytes.next_multiple_of(ALIGNMENT)
    }
}

/// Parts in use, and how large the arena has become.
#[derive(Debug, Default)]
pub(super) struct Arena {
    /// By offset.
    used: Vec<Slot>,
    pub(super) size: u64,
}

impl Arena {
    /// The lowest free part of so many bytes.
    pub(super) fn take(&mut self, bytes: u64) -> Slot {
        let mut offset = 0;
        let mut place = 0;
        for slot in &self.used {
            if slot.offset >= offset + bytes.next_multiple_of(ALIGNMENT) {
                break;
            }
            offset = slot.end();
            place += 1;
        }
        let slot = Slot { offset, bytes };
        self.used.insert(place, slot);
        self.size = self.size.max(slot.end());
        slot
    }

    /// Frees a part.
    pub(super) fn give_back(&mut self, slot: Slot) {
        self.used.retain(|used| *used != slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_taken_again_and_nothing_overlaps() {
        let mut arena = Arena::default();
        let (a, b, c) = (arena.take(100), arena.take(600), arena.take(256));
        assert_eq!([a.offset, b.offset, c.offset], [0, 256, 1024]);
        arena.give_back(b);
        assert_eq!(arena.take(700).offset, 256, "768 bytes fit");
        assert_eq!(arena.take(1).offset, 1280);
        arena.give_back(a);
        assert_eq!(arena.take(300).offset, 1536, "too large for the first gap");
        assert_eq!(arena.size, 2048);
    }
}
