//! Regions of interest: what the element marks, and what it makes of marks that something upstream made.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use common::{Frame, Lent, Watched, changed, clip, play};
use gst::prelude::*;

/// Plays the clip with every frame marked by `rect` before the element.
fn with_marks(rect: (u32, u32, u32, u32), lent: &Lent) -> Vec<Frame> {
    let mut watched = Watched::new(&format!("{} ! identity name=mark ! faceswap model={lent} device=cpu", clip(20)));
    let pad = watched.element("mark").static_pad("src").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            gst_video::VideoRegionOfInterestMeta::add(buffer.make_mut(), "face", rect);
        }
        gst::PadProbeReturn::Ok
    });
    watched.start();
    assert!(watched.end().is_ok());
    watched.frames()
}

#[test]
fn a_face_is_marked_once_with_its_track_which_stays() {
    let lent = Lent::identity();
    let frames = play(&format!("{} ! faceswap model={lent} device=cpu", clip(30)));
    assert_eq!(frames.len(), 30);
    let first = frames[0].faces[0].swapped.unwrap();
    for (i, frame) in frames.iter().enumerate() {
        assert_eq!(frame.faces.len(), 1, "frame {i}");
        assert_eq!(frame.faces[0].swapped, Some(first), "frame {i}: another track, or not swapped");
        let (x, y, w, h) = frame.faces[0].rect;
        assert!(w > 60 && h > 60 && x + w <= 1280 && y + h <= 720, "frame {i}: {:?}", frame.faces[0].rect);
    }
    assert!(first.1);
}

#[test]
fn a_mark_from_upstream_is_taken_instead_of_looking_and_not_doubled() {
    let lent = Lent::green();
    let bare = play(&clip(20));
    let own = play(&format!("{} ! faceswap model={lent} device=cpu", clip(20)));
    let rect = own[0].faces[0].rect;
    for (i, (frame, bare)) in with_marks(rect, &lent).iter().zip(&bare).enumerate() {
        let marks: Vec<_> = frame.faces.iter().map(|face| (face.rect, face.swapped)).collect();
        assert_eq!(marks, [(rect, None)], "frame {i}: the mark was changed or doubled");
        assert!(changed(bare, frame, rect) > 0.6, "frame {i}: the marked face was not swapped");
    }
}

#[test]
fn a_mark_where_no_face_is_hides_no_face() {
    let bare = play(&clip(20));
    for rect in [(1100, 20, 150, 150), (0, 0, 1, 1), (u32::MAX, u32::MAX, u32::MAX, u32::MAX), (1270, 710, 500, 500)] {
        let frames = with_marks(rect, &Lent::green());
        assert_eq!(frames.len(), bare.len());
        // Whoever marks faces wrongly does not lay the real one bare: it is looked for all the same.
        assert!(frames.iter().zip(&bare).all(|(a, b)| a.bytes != b.bytes), "{rect:?}");
        assert!(frames.iter().all(|frame| frame.faces.len() == 1), "{rect:?}");
    }
}

#[test]
fn marks_of_other_kinds_are_no_faces() {
    let lent = Lent::green();
    let mut watched = Watched::new(&format!("{} ! identity name=mark ! faceswap model={lent} device=cpu", clip(5)));
    let pad = watched.element("mark").static_pad("src").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            gst_video::VideoRegionOfInterestMeta::add(buffer.make_mut(), "car", (1100, 20, 150, 150));
        }
        gst::PadProbeReturn::Ok
    });
    watched.start();
    assert!(watched.end().is_ok());
    // The car's mark is kept, which `Frame` does not list; the face is found and marked.
    assert!(watched.frames().iter().all(|frame| frame.faces.len() == 1 && frame.faces[0].swapped.is_some()));
}
