//! What the element answers about its latency, and that a live stream that is worked on with it loses nothing.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Lent, Patience, Watched};
use gst::prelude::*;

const LIVE: &str = "videotestsrc is-live=true pattern=ball num-buffers=45 ! \
                    video/x-raw,format=I420,width=320,height=240,framerate=30/1";

/// Live, least, most: as the element's own source pad answers.
fn latency(watched: &Watched) -> (bool, gst::ClockTime, Option<gst::ClockTime>) {
    let mut query = gst::query::Latency::new();
    assert!(watched.element("swap").static_pad("src").unwrap().query(&mut query), "no answer");
    query.result()
}

fn latency_messages(watched: &mut Watched) -> usize {
    let own = |message: &gst::Message| {
        message.type_() == gst::MessageType::Latency && message.src().is_some_and(|source| source.name() == "swap")
    };
    watched.messages().iter().filter(|message| own(message)).count()
}

#[test]
fn a_live_stream_loses_nothing_and_keeps_its_order() {
    let lent = Lent::identity();
    for depth in [0, 3] {
        let text = format!("{LIVE} ! faceswap name=swap model={lent} device=cpu pipeline-depth={depth}");
        let mut watched = Watched::with_sink(&text, "appsink sync=true qos=false");
        watched.start();
        assert!(watched.end().is_ok());
        let (live, least, _) = latency(&watched);
        assert!(live && least > gst::ClockTime::ZERO);
        let times: Vec<_> = watched.frames().iter().map(|frame| frame.pts.unwrap()).collect();
        assert_eq!(times.len(), 45, "depth {depth}");
        assert!(times.is_sorted_by(|a, b| a < b), "depth {depth}: {times:?}");
    }
}

#[test]
fn upstreams_latency_is_added_to_its_own() {
    let lent = Lent::identity();
    let mut watched =
        Watched::new(&format!("{LIVE} ! identity name=upstream ! faceswap name=swap model={lent} device=cpu"));
    let extra = Arc::new(AtomicU64::new(0));
    let (pad, added) = (watched.element("upstream").static_pad("src").unwrap(), Arc::clone(&extra));
    pad.add_probe(gst::PadProbeType::QUERY_UPSTREAM | gst::PadProbeType::PULL, move |_, info| {
        if let Some(query) = info.query_mut()
            && let gst::QueryViewMut::Latency(latency) = query.view_mut()
        {
            let (live, least, _) = latency.result();
            latency.set(live, least + gst::ClockTime::from_mseconds(added.load(Ordering::Relaxed)), None);
        }
        gst::PadProbeReturn::Ok
    });
    watched.start();
    watched.wait_for_frames(3);
    let with = |milliseconds| {
        extra.store(milliseconds, Ordering::Relaxed);
        latency(&watched)
    };
    // Its own part may change between two questions; not always.
    let mut answers = (0..20).map(|_| (with(0), with(500), with(0)));
    let (without, with, _) =
        answers.find(|(before, _, after)| before == after).expect("it stays as it is for a moment");
    assert!(without.0, "it is live");
    assert_eq!(with.1, without.1 + gst::ClockTime::from_mseconds(500));
    assert_eq!(with.2, None, "no bound upstream is no bound here");
}

#[test]
fn a_file_is_not_live_and_the_element_needs_time_all_the_same() {
    let lent = Lent::identity();
    let text = format!("videotestsrc num-buffers=3 ! faceswap name=swap model={lent} device=cpu");
    let mut watched = Watched::new(&text);
    watched.start();
    assert!(watched.end().is_ok());
    let (live, least, _) = latency(&watched);
    assert!(!live && least > gst::ClockTime::ZERO);
}

#[test]
fn a_change_is_told_and_then_answered() {
    let lent = Lent::identity();
    // One frame a second is a guess of a second, which 30 frames show to be far too long.
    let text = format!(
        "appsrc name=source format=time min-latency=1000000000 \
         caps=video/x-raw,format=I420,width=320,height=240,framerate=1/1 ! faceswap name=swap model={lent} device=cpu"
    );
    let mut watched = Watched::new(&text);
    let source = watched.source();
    let push = |second: u64| {
        let mut buffer = gst::Buffer::with_size(320 * 240 * 3 / 2).unwrap();
        let fields = buffer.get_mut().unwrap();
        fields.set_pts(gst::ClockTime::from_seconds(second));
        fields.set_duration(gst::ClockTime::SECOND);
        source.push_buffer(buffer).unwrap();
    };
    watched.start();
    push(0);
    watched.wait_for_frames(1);
    // The source needs a second, too.
    assert_eq!(latency(&watched).1, 2 * gst::ClockTime::SECOND);
    (1..40).for_each(push);
    source.end_of_stream().unwrap();
    assert!(watched.end().is_ok());
    assert!(latency(&watched).1 < 2 * gst::ClockTime::SECOND);
    // They are posted from a thread of their own.
    let (mut told, mut patience) = (latency_messages(&mut watched), Patience::new());
    while told < 2 && !patience.is_over() {
        watched.next_message(Duration::from_millis(100));
        told = latency_messages(&mut watched);
    }
    assert!((2..10).contains(&told), "{told} messages: one for the caps, one for what was measured, few more");
}

/// The application gives the latency to all elements where it is told, which waits for a change of the pipeline's
/// state.
#[test]
fn who_gives_the_latency_in_the_bus_s_own_thread_can_stop_the_pipeline() {
    let lent = Lent::identity();
    // One frame a second is not what the element began with: the caps change the latency.
    let text = format!(
        "appsrc name=source is-live=true format=time caps=video/x-raw,format=I420,width=320,height=240,framerate=1/1 ! \
         faceswap name=swap model={lent} device=cpu"
    );
    // Where it does not stop, dropping it does not end either.
    let watched = ManuallyDrop::new(Watched::new(&text));
    // The thread that frames and events leave on, which a change of state waits for.
    let leaves_on = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&leaves_on);
    let pad = watched.element("swap").static_pad("src").unwrap();
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, _| {
        *noted.lock().unwrap() = Some(std::thread::current().id());
        gst::PadProbeReturn::Ok
    });
    let (told, is_told) = std::sync::mpsc::channel();
    let stopping = Arc::new(AtomicBool::new(false));
    let (pipeline, stops) = (watched.pipeline.downgrade(), Arc::clone(&stopping));
    watched.pipeline.bus().unwrap().set_sync_handler(move |_, message| {
        let own = message.src().is_some_and(|source| source.name() == "swap");
        if let (gst::MessageView::Latency(_), true, Some(pipeline)) = (message.view(), own, pipeline.upgrade()) {
            let elsewhere = leaves_on.lock().unwrap().is_some_and(|thread| thread != std::thread::current().id());
            let _ = told.send(elsewhere);
            while elsewhere && !stops.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            if elsewhere {
                // Time for the change of state to lock what it locks.
                std::thread::sleep(Duration::from_millis(200));
                let _ = pipeline.recalculate_latency();
            }
        }
        gst::BusSyncReply::Pass
    });
    watched.start();
    let buffer = gst::Buffer::with_size(320 * 240 * 3 / 2).unwrap();
    watched.source().push_buffer(buffer).unwrap();
    let elsewhere = is_told.recv().expect("the latency is told");
    assert!(elsewhere, "it is told on the thread that a change of state waits for");
    stopping.store(true, Ordering::Release);
    watched.stop();
    drop(ManuallyDrop::into_inner(watched));
}

/// A sink keeps the thread that brings it a frame until the frame is shown.
#[test]
fn a_sink_that_shows_frames_late_does_not_make_the_element_slow() {
    const LATE: gst::ClockTime = gst::ClockTime::from_mseconds(400);
    let lent = Lent::identity();
    let text = format!(
        "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! \
         faceswap name=swap model={lent} device=cpu pipeline-depth=16"
    );
    let mut watched = Watched::with_sink(&text, "appsink sync=true qos=false");
    watched.pipeline.set_latency(LATE);
    watched.start();
    watched.wait_for_frames(60);
    // Each frame waits until the one before is shown, when it is 367 ms old; frames that were slow while models were
    // loaded are forgotten after a while.
    let mut patience = Patience::new();
    while latency(&watched).1 > LATE / 2 {
        assert!(!patience.is_over(), "it says {}", latency(&watched).1);
        watched.next_message(Duration::from_millis(100));
    }
}
