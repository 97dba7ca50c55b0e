//! Puts what workers finish out of order back into the order it came in.

use std::collections::VecDeque;

/// Holds items until those before them have come. Bounded by the number of items in flight.
#[derive(Debug)]
pub struct Reorder<T> {
    next: u64,
    waiting: VecDeque<Option<T>>,
}

impl<T> Reorder<T> {
    /// Room for `in_flight` items; the first has the number 0.
    pub fn new(in_flight: usize) -> Self {
        Self { next: 0, waiting: VecDeque::with_capacity(in_flight) }
    }

    /// Takes item `number` in. Each number comes once.
    pub fn put(&mut self, number: u64, item: T) {
        let place = number.wrapping_sub(self.next) as usize;
        while self.waiting.len() <= place {
            self.waiting.push_back(None);
        }
        self.waiting[place] = Some(item);
    }

    /// The next item in order, if it has come.
    pub fn take(&mut self) -> Option<T> {
        let item = self.waiting.front_mut()?.take()?;
        self.waiting.pop_front();
        self.next += 1;
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_order_in_is_the_right_order_out(order in Just((0..40u64).collect::<Vec<_>>()).prop_shuffle()) {
            let mut reorder = Reorder::new(40);
            let mut out = Vec::new();
            for number in order {
                reorder.put(number, number);
                while let Some(item) = reorder.take() {
                    out.push(item);
                }
            }
            prop_assert_eq!(out, (0..40).collect::<Vec<_>>());
        }
    }
}
