//! The statistics of a second: as a message, as a property, and in agreement with what happened.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use common::{Lent, Watched, clip};
use gst::prelude::*;

/// What a frame takes on the processor.
const TIMES: [&str; 5] = ["find", "crop", "swap", "blend", "total"];

/// All statistics that were posted.
fn posted(watched: &mut Watched) -> Vec<gst::Structure> {
    let own = |message: &gst::Message| match message.view() {
        gst::MessageView::Element(element) => element.structure().map(ToOwned::to_owned),
        _ => None,
    };
    let all = watched.messages().iter().filter_map(own);
    all.filter(|structure| structure.name() == "faceswap-stats").collect()
}

/// Plays 60 frames of a face in two seconds.
fn played(properties: &str) -> (Watched, gst::Structure, Vec<gst::Structure>) {
    let lent = Lent::identity();
    let text =
        format!("{} ! identity sleep-time=33000 ! faceswap name=swap model={lent} device=cpu {properties}", clip(60));
    let mut watched = Watched::new(&text);
    assert!(watched.element("swap").property::<Option<gst::Structure>>("stats").is_none(), "nothing has happened yet");
    watched.start();
    assert!(watched.end().is_ok());
    let last = watched.element("swap").property::<Option<gst::Structure>>("stats").expect("the last second");
    let posted = posted(&mut watched);
    (watched, last, posted)
}

#[test]
fn the_message_and_the_property_say_the_same_of_every_stage() {
    let (watched, last, posted) = played("");
    assert!((1..=3).contains(&posted.len()), "{} messages in about two seconds", posted.len());
    assert_eq!(posted.last(), Some(&last));
    let counted: u64 = posted.iter().map(|structure| structure.get::<u64>("frames").unwrap()).sum();
    assert!(counted > 15 && counted <= watched.count() as u64, "{counted} frames counted");
    for structure in &posted {
        let (frames, faces) = (structure.get::<u64>("frames").unwrap(), structure.get::<u64>("faces").unwrap());
        assert_eq!(faces, frames, "each frame has one face: {structure}");
        assert_eq!(structure.get::<u64>("drops").unwrap(), 0);
        assert_eq!(structure.get::<u64>("concealed").unwrap(), 0);
        assert!(structure.get::<f64>("fps").unwrap() > 0.0);
        assert!(structure.get::<f64>("latency-ms").unwrap() > 0.0);
        for stage in TIMES {
            let median: f64 = structure.get(format!("{stage}-ms")).unwrap();
            let p99: f64 = structure.get(format!("{stage}-p99-ms")).unwrap();
            assert!(median > 0.0 && p99 >= median, "{stage}: {median} and {p99}");
        }
        assert_eq!(structure.get::<f64>("device-p99-ms").unwrap(), 0.0, "there is no GPU to wait for");
        assert!(structure.get::<f64>("wait-p99-ms").unwrap() >= structure.get::<f64>("wait-ms").unwrap());
        let sum: f64 = TIMES[..4].iter().map(|stage| structure.get::<f64>(format!("{stage}-ms")).unwrap()).sum();
        assert!(structure.get::<f64>("total-p99-ms").unwrap() >= 0.5 * sum, "the whole is less than its parts");
    }
}

#[test]
fn frames_that_fail_are_counted_as_what_they_became() {
    let lent = Lent::nothing_masked();
    for (on_failure, field) in [("blur", "concealed"), ("drop", "drops")] {
        let text = format!(
            "{} ! identity sleep-time=33000 ! faceswap name=swap model={lent} device=cpu on-failure={on_failure}",
            clip(60)
        );
        let mut watched = Watched::new(&text);
        watched.start();
        assert!(watched.end().is_ok());
        let posted = posted(&mut watched);
        assert!(!posted.is_empty());
        for structure in posted {
            assert!(structure.get::<u64>(field).unwrap() > 0, "{structure}");
            assert_eq!(structure.get::<u64>("faces").unwrap(), 0, "no face was swapped: {structure}");
        }
    }
}
