//! Performers: who is swapped by whose model where several people are told apart.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

mod common;

use common::{Frame, Lent, Watched, both, luma_at, pictures, play, shared};
use gst::prelude::*;

/// Luma of full green, and of full red, in limited-range BT.709.
const GREEN: u8 = 173;
const RED: u8 = 63;
/// Columns of hard/two_people.mp4 between Ada, on the left, and Ben.
const BETWEEN: u32 = 640;
/// Frames after which everybody is known.
const KNOWN: usize = 12;

/// Ada's face and Ben's in each frame of the clip, as the truth has them: left, top, width, height.
fn truth() -> Vec<[(u32, u32, u32, u32); 2]> {
    let path = shared("hard/two_people.json").expect("the clip has its truth beside it");
    let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let rect = |face: &serde_json::Value| {
        let [x, y, w, h] = [0, 1, 2, 3].map(|i| face["box"][i].as_f64().unwrap().max(0.0) as u32);
        // The middle, which no hair hides.
        (x + w / 4, y + h / 4, w / 2, h / 2)
    };
    let frames = truth["frames"].as_array().unwrap().iter();
    frames.map(|frame| [rect(&frame["faces"][0]), rect(&frame["faces"][1])]).collect()
}

/// Luma in the middle of the face on the left, and of that on the right, as the element marks them.
fn middles(frame: &Frame) -> [Option<u8>; 2] {
    let of = |right: bool| {
        let face = frame.faces.iter().find(|face| (face.centre().0 > BETWEEN) == right)?;
        Some(luma_at(frame, face.centre()))
    };
    [of(false), of(true)]
}

fn is(luma: Option<u8>, wanted: u8) -> bool {
    luma.is_some_and(|luma| luma.abs_diff(wanted) < 10)
}

#[test]
fn each_performer_has_their_own_model() {
    let (Some(clip), Some(ada), Some(ben)) = (both(), shared("ada_train.mp4"), shared("ben_train.mp4")) else { return };
    let (ada, ben) = (pictures(&ada), pictures(&ben));
    let (green, red) = (Lent::green(), Lent::paint([0.0, 0.0, 1.0]));
    let swapped = play(&format!(
        "{clip} ! faceswap color-transfer=none performer-0::reference={} performer-0::model={green} \
         performer-1::reference={} performer-1::model={red}",
        ada.path().display(),
        ben.path().display()
    ));
    let wrong = |frame: &&Frame| {
        let [left, right] = middles(frame);
        is(left, RED) || is(right, GREEN)
    };
    assert_eq!(swapped.iter().filter(wrong).count(), 0, "a performer had the other's model");
    for (i, frame) in swapped.iter().enumerate().skip(KNOWN) {
        let [left, right] = middles(frame);
        assert!(is(left, GREEN) && is(right, RED), "frame {i}: {left:?} {right:?}");
    }
}

#[test]
fn a_stranger_passes_or_is_concealed_and_nobody_is_bare_before_they_are_known() {
    let (Some(clip), Some(ben)) = (both(), shared("ben_train.mp4")) else { return };
    let (ben, green) = (pictures(&ben), Lent::green());
    let with = |strangers: &str| {
        play(&format!(
            "{clip} ! faceswap model={green} color-transfer=none performer-0::reference={} strangers={strangers}",
            ben.path().display()
        ))
    };
    let bare = play(&clip);
    let (pass, conceal) = (with("pass"), with("conceal"));
    assert_eq!((pass.len(), conceal.len()), (bare.len(), bare.len()));
    let truth = truth();
    for (i, bare) in bare.iter().enumerate() {
        let [ada, ben] = truth[i];
        let part = |frame: &Frame, face| common::changed(bare, frame, face);
        assert!(part(&pass[i], ben) > 0.9, "frame {i}: Ben is bare");
        assert!(part(&conceal[i], ben) > 0.9, "frame {i}: Ben is bare");
        assert!(part(&conceal[i], ada) > 0.9, "frame {i}: Ada is bare where strangers are concealed");
        if i >= KNOWN {
            assert_eq!(part(&pass[i], ada), 0.0, "frame {i}: Ada was changed where strangers pass");
            assert!(is(middles(&conceal[i])[1], GREEN), "frame {i}: Ben is not swapped");
        }
    }
}

#[test]
fn a_performer_who_is_named_while_playing_is_never_bare_again() {
    let (Some(clip), Some(ada)) = (both(), shared("ada_train.mp4")) else { return };
    let (ada, green) = (pictures(&ada), Lent::green());
    let text = format!(
        "{clip} ! identity name=at signal-handoffs=true ! faceswap name=swap pipeline-depth=0 model={green} color-transfer=none select=all"
    );
    let mut watched = Watched::new(&text);
    let (swap, count) = (watched.element("swap"), std::sync::atomic::AtomicUsize::new(0));
    let reference = ada.path().display().to_string();
    watched.element("at").connect("handoff", false, move |_| {
        let seen = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let proxy = swap.dynamic_cast_ref::<gst::ChildProxy>().unwrap();
        match seen {
            // Named without a reference, then with one, then others come and go.
            20 => proxy.set_child_property("performer-0::erode", 5.0_f32),
            25 => proxy.set_child_property("performer-0::reference", reference.as_str()),
            50 => swap.set_property("performers", 2_u32),
            55 => swap.set_property("performers", 1_u32),
            _ => {}
        }
        None
    });
    watched.start();
    watched.end().unwrap();
    let (bare, frames, truth) = (play(&clip), watched.frames(), truth());
    assert_eq!(frames.len(), bare.len());
    for (i, (bare, frame)) in bare.iter().zip(&frames).enumerate() {
        assert!(common::changed(bare, frame, truth[i][0]) > 0.9, "frame {i}: Ada is bare");
    }
}

#[test]
fn performers_are_children_whose_look_is_the_elements_until_they_have_their_own() {
    common::init();
    let element = gst::ElementFactory::make("faceswap").build().unwrap();
    let proxy = element.dynamic_cast_ref::<gst::ChildProxy>().unwrap();
    assert_eq!((proxy.children_count(), element.property::<u32>("performers")), (0, 0));
    assert!(proxy.child_by_name("performer-8").is_none() && proxy.child_by_name("performer-01").is_none());
    let second = proxy.child_by_name("performer-1").unwrap();
    assert_eq!((proxy.children_count(), element.property::<u32>("performers")), (2, 2));
    element.set_property("erode", 20.0_f32);
    assert_eq!(second.property::<f32>("erode"), 20.0);
    second.set_property("erode", 5.0_f32);
    second.set_property_from_str("color-transfer", "lab");
    element.set_property("erode", 30.0_f32);
    let first = proxy.child_by_index(0).unwrap();
    assert_eq!((first.property::<f32>("erode"), second.property::<f32>("erode")), (30.0, 5.0));
    element.set_property("performers", 1_u32);
    assert_eq!(proxy.children_count(), 1);
    element.set_property("performers", 0_u32);
    assert_eq!(proxy.children_count(), 0);
}

#[test]
fn a_reference_that_shows_nobody_is_an_error_that_names_it() {
    let empty = tempfile::tempdir().unwrap();
    let text = empty.path().join("notes.png");
    std::fs::write(&text, "no picture").unwrap();
    let nowhere = empty.path().join("nowhere").display().to_string();
    let (text, green) = (text.display().to_string(), Lent::green());
    let nothing = tempfile::tempdir().unwrap();
    let nothing = nothing.path().display().to_string();
    let mut without = Watched::new(&format!("{} ! faceswap model={green} performer-0::erode=3", common::small_clip(3)));
    without.start();
    let failure = without.end().expect_err("it plays without a reference");
    assert!(failure.text().contains("performer-0 has no reference"), "{}", failure.text());
    for (reference, says) in [(&nowhere, "cannot be read"), (&text, "PNG or JPEG"), (&nothing, "none of 0 pictures")] {
        let clip = common::small_clip(3);
        let mut watched = Watched::new(&format!("{clip} ! faceswap model={green} performer-0::reference={reference}"));
        watched.start();
        let failure = watched.end().expect_err("it plays");
        assert!(failure.text().contains(says) && failure.text().contains(reference.as_str()), "{}", failure.text());
    }
}
