//! Frames that downstream says are late are dropped before any work, and said to be; none of them leaves bare.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use std::sync::atomic::{AtomicU32, Ordering};

use common::{Lent, Watched, changed, clip, play};
use gst::prelude::*;

/// Plays 30 frames; after the fifth, downstream says that all before the 20th is late.
fn late(properties: &str) -> Watched {
    let lent = Lent::green();
    let mut watched = Watched::new(&format!("{} ! faceswap name=swap model={lent} device=cpu {properties}", clip(30)));
    let (pad, seen) = (watched.element("swap").static_pad("src").unwrap(), AtomicU32::new(0));
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, _| {
        if seen.fetch_add(1, Ordering::Relaxed) == 4 {
            let (time, late) = (gst::ClockTime::from_mseconds(133), 500 * 1_000_000);
            pad.send_event(gst::event::Qos::new(gst::QOSType::Underflow, 4.0, late, time));
        }
        gst::PadProbeReturn::Ok
    });
    watched.start();
    assert!(watched.end().is_ok());
    watched
}

fn qos_messages(watched: &mut Watched) -> usize {
    watched.messages().iter().filter(|message| message.type_() == gst::MessageType::Qos).count()
}

#[test]
fn late_frames_are_dropped_and_said_to_be_and_no_bare_one_leaves() {
    for depth in [0, 3] {
        let mut watched = late(&format!("pipeline-depth={depth}"));
        let (frames, bare) = (watched.frames(), play(&clip(30)));
        let dropped = 30 - frames.len();
        // Late are the 5th to the 17th; those in flight when the event came, and one that waits, leave all the same.
        assert!((12 - depth..=13).contains(&dropped), "{dropped} dropped at depth {depth}");
        assert_eq!(qos_messages(&mut watched), dropped);
        for frame in &frames {
            let bare = bare.iter().find(|bare| bare.pts == frame.pts).expect("a frame of the clip");
            assert!(changed(bare, frame, frame.faces[0].rect) > 0.5, "{:?} left bare", frame.pts);
        }
        let after_gap = frames.iter().find(|frame| frame.pts > Some(gst::ClockTime::from_mseconds(500)));
        assert!(after_gap.unwrap().flags.contains(gst::BufferFlags::DISCONT), "the gap is not marked");
        assert_eq!(frames.last().unwrap().pts, bare.last().unwrap().pts, "it goes on after the late frames");
    }
}

#[test]
fn without_qos_nothing_is_dropped() {
    let mut watched = late("qos=false");
    assert_eq!(watched.count(), 30);
    assert_eq!(qos_messages(&mut watched), 0);
}
