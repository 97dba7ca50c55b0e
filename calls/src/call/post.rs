//! The way to a call's keeper: a channel for each start, so that what comes late for one run finds nobody in the next.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender};

use super::keeper::Order;

/// Reaches the keeper that runs, whoever holds it. No order is lost while one runs: they are rare, and what comes often
/// (statistics, warnings) goes past the keeper.
#[derive(Debug, Default)]
pub(super) struct Post {
    /// Of the run of now; none before the first.
    orders: Mutex<Option<Sender<Order>>>,
    stop: AtomicBool,
}

impl Post {
    /// A new channel. To have been stopped counts before the first start only: a later one is a newer wish.
    pub(super) fn renew(&self) -> (Sender<Order>, Receiver<Order>) {
        let (to, from) = crossbeam_channel::unbounded();
        if self.lock().replace(to.clone()).is_some() {
            self.stop.store(false, Ordering::Release);
        }
        (to, from)
    }

    /// Tells the keeper, where there is one.
    pub(super) fn send(&self, order: Order) {
        if let Some(orders) = self.lock().as_ref() {
            let _ = orders.send(order);
        }
    }

    /// Tells the keeper to stop before whatever else it was told.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.send(Order::Stop);
    }

    /// Whether it is to stop.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Sender<Order>>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn a_stop_is_never_lost_and_a_new_start_outranks_it() {
        let post = Post::default();
        post.stop();
        let (_to, from) = post.renew();
        assert!(post.is_stopped() && from.is_empty(), "a stop from before the first start counts");
        for _ in 0..10_000 {
            post.send(Order::Looks);
        }
        post.stop();
        assert_eq!(from.len(), 10_001);
        let (_to, from) = post.renew();
        assert!(!post.is_stopped() && from.is_empty());
    }

    #[test]
    fn what_comes_late_for_a_run_is_dropped() {
        let post = Post::default();
        let (late, from) = post.renew();
        drop(from);
        let (_to, next) = post.renew();
        assert!(late.send(Order::Looks).is_err() && next.is_empty());
    }
}
