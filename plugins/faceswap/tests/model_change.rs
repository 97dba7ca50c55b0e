//! What changes while frames flow: the model, and the properties of frames. Nothing is lost or shown twice meanwhile.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use common::{Frame, Lent, Watched, changed, clip, luma_at, play};
use gst::prelude::*;

/// Luma of full green and of full red in limited-range BT.709.
const GREEN: u8 = 173;
const RED: u8 = 63;

/// Plays 60 frames and does something once 20 have come out.
fn with_change(first: &Lent, properties: &str, change: impl FnOnce(&gst::Element)) -> (Vec<Frame>, Watched) {
    let text = format!(
        "{} ! identity sleep-time=20000 ! faceswap name=swap model={first} device=cpu color-transfer=false {properties}",
        clip(60)
    );
    let mut watched = Watched::new(&text);
    watched.start();
    watched.wait_for_frames(20);
    change(&watched.element("swap"));
    assert!(watched.end().is_ok(), "the change ended the stream");
    let frames = watched.frames();
    assert_eq!(frames.len(), 60, "frames were lost or doubled");
    for (i, frame) in (0..).zip(&frames) {
        let due: u64 = i * 1_000_000_000 / 30;
        assert!(frame.pts.unwrap().nseconds().abs_diff(due) < 1000, "frame {i} has {:?}", frame.pts);
    }
    (frames, watched)
}

fn is(frame: &Frame, luma: u8) -> bool {
    luma_at(frame, frame.faces[0].centre()).abs_diff(luma) < 8
}

#[test]
fn a_new_model_takes_over_between_two_frames() {
    let (green, red) = (Lent::green(), Lent::paint([0.0, 0.0, 1.0]));
    for depth in [0, 3] {
        let path = red.path.display().to_string();
        let (frames, mut watched) =
            with_change(&green, &format!("pipeline-depth={depth}"), |swap| swap.set_property("model", &path));
        let turn = frames.iter().position(|frame| !is(frame, GREEN)).expect("the new model is never used");
        assert!(turn >= 20, "it took over at {turn}, before it was set");
        assert!(frames[turn..].iter().all(|frame| is(frame, RED)), "a frame after {turn} is not the new model's");
        assert!(watched.warnings().is_empty());
    }
}

#[test]
fn a_bad_new_model_is_a_warning_and_the_old_one_stays() {
    let green = Lent::green();
    let unlent = Lent::without_consent(&common::onnx::SwapModel::identity());
    for (path, word) in [("/nowhere/new.dfm".to_owned(), "/nowhere/new.dfm"), (unlent.to_string(), "consent")] {
        let (frames, mut watched) = with_change(&green, "", |swap| swap.set_property("model", &path));
        assert!(frames.iter().all(|frame| is(frame, GREEN)), "{path}: the old model did not stay in use");
        let warnings = watched.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(word), "{warnings:?}");
    }
}

#[test]
fn opacity_0_shows_the_driver_bit_for_bit_from_then_on() {
    let bare = play(&clip(60));
    let (frames, _) = with_change(&Lent::green(), "", |swap| swap.set_property("opacity", 0_f32));
    let same: Vec<bool> = frames.iter().zip(&bare).map(|(a, b)| a.bytes == b.bytes).collect();
    let turn = same.iter().position(|same| *same).expect("opacity 0 is never used");
    assert!((20..30).contains(&turn), "it took effect at {turn}");
    assert!(same[turn..].iter().all(|same| *same), "a frame at opacity 0 was changed");
}

#[test]
fn the_selection_can_change_to_nobody_and_to_all() {
    let bare = play(&clip(60));
    let (frames, _) = with_change(&Lent::green(), "", |swap| swap.set_property("select", "4000000"));
    let swapped = |i: usize| changed(&bare[i], &frames[i], frames[i].faces[0].rect) > 0.5;
    assert!((0..20).all(swapped));
    assert!((30..60).all(|i| frames[i].bytes == bare[i].bytes), "a track that was not asked for was swapped");
    let (frames, _) = with_change(&Lent::green(), "select=4000000", |swap| swap.set_property("select", "all"));
    assert!((0..20).all(|i| frames[i].bytes == bare[i].bytes));
    assert!((30..60).all(|i| is(&frames[i], GREEN)), "all did not select the one face there is");
}

#[test]
fn every_number_and_switch_can_change_while_playing() {
    let (frames, mut watched) = with_change(&Lent::green(), "", |swap| {
        for spec in swap.list_properties() {
            let flags = spec.flags();
            if !flags.contains(gst::PARAM_FLAG_MUTABLE_PLAYING) || !flags.contains(gst::glib::ParamFlags::WRITABLE) {
                continue;
            }
            if let Some(spec) = spec.downcast_ref::<gst::glib::ParamSpecFloat>() {
                swap.set_property(spec.name(), spec.maximum());
                assert_eq!(swap.property::<f32>(spec.name()), spec.maximum());
                swap.set_property(spec.name(), spec.minimum());
            } else if let Some(spec) = spec.downcast_ref::<gst::glib::ParamSpecUInt>() {
                swap.set_property(spec.name(), spec.maximum());
                assert_eq!(swap.property::<u32>(spec.name()), spec.maximum());
            } else if spec.value_type() == bool::static_type() {
                let before: bool = swap.property(spec.name());
                swap.set_property(spec.name(), !before);
                assert_eq!(swap.property::<bool>(spec.name()), !before);
            }
        }
    });
    assert_eq!(frames.len(), 60);
    assert!(watched.warnings().is_empty(), "{:?}", watched.warnings());
}
