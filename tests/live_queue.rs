//! The queue, with work of random length: order, bound, flushes, drains and its end, from several threads.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod live_support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use live_support::{Script, settings, submit, take};
use proptest::prelude::*;
use standin::frame::OwnedFrame;
use standin::live::{OnFailure, Queue};

fn start(depth: usize) -> (Queue<OwnedFrame, u32>, std::sync::Arc<standin::live::Model>) {
    live_support::queue(Script::GOOD, depth)
}

fn send_passenger(queue: &Queue<OwnedFrame, u32>, number: u32) {
    let mut job = queue.begin().unwrap();
    job.passenger = Some(number);
    queue.submit(job);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Frames (`true`) and passengers come out as they went in, while both sides dawdle.
    #[test]
    fn order_is_kept(depth in 0_usize..5, items in prop::collection::vec((any::<bool>(), 0_u64..3), 1..40)) {
        let (queue, model) = start(depth);
        let settings = settings(OnFailure::Hold);
        let bring = |i: usize, frame: bool| {
            if frame {
                submit(&queue, &model, &settings, i as f64).unwrap();
            } else {
                send_passenger(&queue, i as u32);
            }
        };
        let check = |i: usize, frame: bool| {
            let job = take(&queue);
            let came = (job.frame.is_some(), job.passenger, job.time);
            let due = if frame { (true, None, i as f64) } else { (false, Some(i as u32), came.2) };
            queue.finish(job);
            (came == due, came, due)
        };
        let wrong = std::thread::scope(|scope| {
            if depth == 0 {
                // One thread brings and takes.
                return items.iter().enumerate().map(|(i, item)| { bring(i, item.0); check(i, item.0) }).find(|c| !c.0);
            }
            scope.spawn(|| items.iter().enumerate().for_each(|(i, item)| {
                std::thread::sleep(Duration::from_millis(item.1));
                bring(i, item.0);
            }));
            let took = items.iter().enumerate().map(|(i, item)| {
                std::thread::sleep(Duration::from_millis(2 - item.1));
                check(i, item.0)
            });
            took.filter(|c| !c.0).fold(None, |_, c| Some(c))
        });
        prop_assert!(wrong.is_none(), "{wrong:?}");
        queue.stop();
    }
}

#[test]
fn no_more_than_the_depth_is_ever_in_flight() {
    for depth in [1, 2, 5] {
        let (queue, model) = start(depth);
        let settings = settings(OnFailure::Hold);
        (0..depth).for_each(|i| submit(&queue, &model, &settings, i as f64).unwrap());
        let began = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                submit(&queue, &model, &settings, depth as f64).unwrap();
                began.store(true, Ordering::Release);
            });
            std::thread::sleep(Duration::from_millis(150));
            assert!(!began.load(Ordering::Acquire), "a job more than {depth} began");
            queue.finish(take(&queue));
            (0..depth).for_each(|_| queue.finish(take(&queue)));
        });
        assert!(began.load(Ordering::Acquire));
    }
}

#[test]
fn a_flush_makes_everything_before_it_stale_and_refuses_until_it_ends() {
    let (queue, model) = start(3);
    let settings = settings(OnFailure::Hold);
    (0..3).for_each(|i| submit(&queue, &model, &settings, f64::from(i)).unwrap());
    queue.begin_flush();
    assert!(queue.begin().is_err(), "a job began during a flush");
    queue.begin_flush();
    assert!(queue.begin().is_err(), "two beginnings are no end");
    queue.end_flush();
    for _ in 0..3 {
        let job = take(&queue);
        assert!(queue.is_stale(&job));
        queue.finish(job);
    }
    submit(&queue, &model, &settings, 7.0).unwrap();
    let job = take(&queue);
    assert!(!queue.is_stale(&job) && job.time == 7.0);
    queue.finish(job);
    queue.end_flush();
    submit(&queue, &model, &settings, 8.0).unwrap();
    assert!(!queue.is_stale(&take(&queue)), "an end without a beginning is none");
}

#[test]
fn a_flush_wakes_whoever_waits_to_begin() {
    let (queue, model) = start(1);
    submit(&queue, &model, &settings(OnFailure::Hold), 0.0).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| queue.begin().is_err());
        std::thread::sleep(Duration::from_millis(60));
        queue.begin_flush();
        assert!(waiting.join().unwrap(), "it began although nothing was idle");
    });
}

#[test]
fn a_drain_waits_until_all_is_out_and_a_flush_ends_it() {
    let (queue, model) = start(3);
    let settings = settings(OnFailure::Hold);
    (0..3).for_each(|i| submit(&queue, &model, &settings, f64::from(i)).unwrap());
    let drained = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            queue.drain().unwrap();
            drained.store(true, Ordering::Release);
        });
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(30));
            assert!(!drained.load(Ordering::Acquire), "drained with frames in flight");
            queue.finish(take(&queue));
        }
    });
    assert!(drained.load(Ordering::Acquire));
    submit(&queue, &model, &settings, 4.0).unwrap();
    std::thread::scope(|scope| {
        let draining = scope.spawn(|| queue.drain().is_err());
        std::thread::sleep(Duration::from_millis(60));
        queue.begin_flush();
        assert!(draining.join().unwrap(), "a flush did not end the drain");
    });
}

#[test]
fn it_stops_with_frames_everywhere_and_ends_its_threads() {
    let threads = || std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    // A thread is joined a moment before the kernel takes it off the list; one that is left stays for good.
    let gone = |before| {
        (0..1000).any(|_| {
            threads() <= before || {
                std::thread::sleep(Duration::from_millis(5));
                false
            }
        })
    };
    for depth in [0, 1, 4] {
        let before = threads();
        for _ in 0..5 {
            let (queue, model) = start(depth);
            let settings = settings(OnFailure::Hold);
            (0..depth.max(1)).for_each(|i| submit(&queue, &model, &settings, i as f64).unwrap());
            queue.stop();
            assert!(queue.begin().is_err(), "a job began after the end");
            queue.stop();
        }
        // Other tests run beside this one, and theirs come and go.
        assert!(std::env::var_os("NEXTEST").is_none() || gone(before), "threads are left at depth {depth}");
    }
}
