//! What is given up where the machine cannot keep up with a live source, and said.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

mod common;

use common::{Lent, Patience, Watched};

/// Frames a second that no machine keeps up with, with a face in each.
const FASTER_THAN_ANY: i32 = 2000;

/// Pushes frames of the clip, over and over, until the element has said `count` times what it gives up.
fn pushed_until(properties: &str, count: usize) -> (Vec<String>, u64) {
    let lent = Lent::identity();
    let bare = common::play(&common::small_clip(30));
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", bare[0].size.0 as i32)
        .field("height", bare[0].size.1 as i32)
        .field("framerate", gst::Fraction::new(FASTER_THAN_ANY, 1))
        .build();
    let text = format!(
        "appsrc name=source block=true max-buffers=2 is-live=true do-timestamp=true format=time ! faceswap name=swap model={lent} {properties}"
    );
    let mut watched = Watched::new(&text);
    let source = watched.source();
    source.set_caps(Some(&caps));
    watched.start();
    let (mut said, mut drops, mut patience) = (Vec::new(), 0, Patience::new());
    for frame in bare.iter().cycle() {
        assert!(!patience.is_over(), "the element has only said {said:?}");
        let buffer = gst::Buffer::from_slice(frame.bytes.clone());
        source.push_buffer(buffer).expect("the element takes frames");
        while let Some(message) = watched.next_message(std::time::Duration::ZERO) {
            match message.view() {
                gst::MessageView::Element(element) => {
                    let structure = element.structure().unwrap();
                    if structure.name() == "faceswap-degradation" {
                        assert!(structure.get::<f64>("busiest").unwrap() > 0.9, "{structure}");
                        said.push(structure.get::<String>("given-up").unwrap());
                    }
                }
                gst::MessageView::Qos(_) => drops += 1,
                gst::MessageView::Error(error) => panic!("{}", error.error()),
                _ => {}
            }
        }
        // The last step needs a moment to show.
        if said.len() >= count && (drops > 10 || !said.contains(&"dropped-frames".to_owned())) {
            break;
        }
    }
    watched.stop();
    (said, drops)
}

#[test]
fn detection_first_then_landmarks_then_frames() {
    let (said, drops) = pushed_until("landmarks=mesh-478", 3);
    assert_eq!(said, ["rare-detection", "plain-landmarks", "dropped-frames"]);
    assert!(drops > 10, "{drops} frames were dropped");
}

#[test]
fn no_frame_where_none_may_be_dropped_and_no_landmarks_that_are_not_there() {
    let (said, drops) = pushed_until("qos=false", 1);
    assert_eq!((said, drops), (vec!["rare-detection".to_owned()], 0));
}
