//! Over every hard clip, whatever fails: no frame leaves with the performer's own face. It is counted on what comes
//! out, by the exact masks of the clips and not by what the stages say. Everybody is selected, so that everybody must
//! be hidden.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

#[path = "live_support/bare.rs"]
mod bare;
#[path = "live_support/behind.rs"]
mod behind;
mod common;
mod live_support;
#[path = "live_support/waving.rs"]
mod waving;

use std::sync::Arc;

use bare::{CLIPS, Play, strikes};
use live_support::{Script, Works};
use standin::live::{Model, OnFailure, Select};

/// What goes wrong while a clip plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    /// The finder, every now and then.
    Finder(Works),
    /// The network, every now and then: a model that fails takes the place of one that does not.
    Engine(Works),
    /// The device, every now and then.
    Crop(Works),
    Composite(Works),
    /// The consent ends in the middle.
    Consent,
    /// The model is taken away and another one comes, again and again.
    Replaced,
    /// Only every third frame gets through.
    Overrun,
}

/// The model for frame `i`.
fn model(fault: Fault, i: u32, good: &Arc<Model>, bad: &Arc<Model>) -> Option<Arc<Model>> {
    match fault {
        Fault::Engine(_) | Fault::Crop(_) | Fault::Composite(_) if strikes(i) => Some(Arc::clone(bad)),
        Fault::Consent if i >= 40 => Some(Arc::clone(bad)),
        Fault::Replaced if i % 10 == 9 => None,
        Fault::Replaced if i / 10 % 2 == 1 => Some(Arc::clone(bad)),
        _ => Some(Arc::clone(good)),
    }
}

/// What is behind everybody, in the masks.
const BACKGROUND: u8 = 0;

/// Does `work` with a way to play clips in which something goes wrong.
fn with_play<T>(fault: Fault, select: Select, on_failure: OnFailure, work: impl FnOnce(&Play<'_>) -> T) -> T {
    let good = live_support::model(Script::GOOD);
    let bad = live_support::model(Script {
        engine: if let Fault::Engine(works) = fault { works } else { Works::Yes },
        crop: if let Fault::Crop(works) = fault { works } else { Works::Yes },
        composite: if let Fault::Composite(works) = fault { works } else { Works::Yes },
        expired: fault == Fault::Consent,
        ..Script::GOOD
    });
    work(&Play {
        every: if fault == Fault::Overrun { 3 } else { 1 },
        finder: if let Fault::Finder(works) = fault { works } else { Works::Yes },
        model: &|i| model(fault, i, &good, &bad),
        select,
        on_failure,
        // The finder counts its frames from 1, and a face that it lost may be held.
        struck_frames_fail: matches!(
            fault,
            Fault::Engine(works) | Fault::Crop(works) | Fault::Composite(works) if works != Works::Late
        ),
    })
}

/// Whoever comes out from behind somebody nearer is bare in so many frames at most: until the detector has looked,
/// and while what shows of the face is no face to it.
fn bare_in_few_frames(fault: Fault) {
    let mut found = Vec::new();
    for scene in &behind::SCENES {
        let Some(frames) = scene.play() else { return };
        let bare = with_play(fault, Select::All, OnFailure::Hold, |play| play.bare_in(scene.name, frames));
        if bare.len() > scene.most {
            found.push(format!("{}, {fault:?}: bare in {}\n{}", scene.name, bare.len(), bare.join("\n")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Nobody in any of these clips is ever bare.
fn never_bare_in(clips: &[&str], fault: Fault, select: Select, on_failure: OnFailure) {
    for name in clips {
        let Some(bare) = with_play(fault, select, on_failure, |play| play.bare(name)) else { return };
        assert!(bare.is_empty(), "{name}, {select:?}, {fault:?}, {on_failure:?}: bare in\n{}", bare.join("\n"));
    }
}

fn never_bare(fault: Fault, on_failure: OnFailure) {
    never_bare_in(&CLIPS, fault, Select::All, on_failure);
}

#[test]
fn where_nothing_fails() {
    never_bare(Fault::Nothing, OnFailure::Hold);
}

#[test]
fn where_somebody_comes_out_from_behind_another() {
    bare_in_few_frames(Fault::Nothing);
}

#[test]
fn where_a_hand_waves_fast_before_the_face() {
    for select in [Select::All, Select::Largest] {
        let Some(frames) = waving::play() else { return };
        let (frames, hidden): (Vec<_>, Vec<usize>) = frames.unzip();
        let before_the_face = hidden.iter().filter(|hidden| **hidden > 5000).count();
        assert!(before_the_face >= 10, "the hand is before the face in {before_the_face} frames");
        let frames = frames.into_iter();
        let bare = with_play(Fault::Nothing, select, OnFailure::Hold, |play| play.bare_in("waving", frames));
        assert!(bare.is_empty(), "{select:?}: bare in\n{}", bare.join("\n"));
    }
}

/// A head that turns to profile: held, blurred or swapped, and never bare.
#[test]
fn where_a_head_turns_to_profile() {
    for select in [Select::All, Select::Largest] {
        let Some(frames) = bare::masked("ada_live") else { return };
        let bare = with_play(Fault::Nothing, select, OnFailure::Hold, |play| play.bare_in("ada_live", frames));
        assert!(bare.is_empty(), "{select:?}: bare in\n{}", bare.join("\n"));
    }
}

/// Between somebody's leaving and coming back, the empty shelf stays as it is.
#[test]
fn an_empty_room_is_left_alone() {
    let Some(frames) = bare::masked("hard/leave_enter") else { return };
    let (mut empty, mut blurred) = (0, Vec::new());
    with_play(Fault::Nothing, Select::All, OnFailure::Hold, |play| {
        play.play("leave_enter", frames, |i, mask, input, job| {
            if mask.iter().all(|class| *class == BACKGROUND) {
                empty += 1;
                let output = job.frame.as_ref().unwrap();
                if (0..3).any(|plane| input.bytes(plane) != output.bytes(plane)) {
                    blurred.push(i);
                }
            }
        })
    });
    assert!(empty > 10, "the room is empty in {empty} frames");
    assert!(blurred.is_empty(), "{blurred:?}");
}

#[test]
fn where_one_person_is_selected() {
    let one = CLIPS.into_iter().filter(|name| *name != "two_people").collect::<Vec<_>>();
    never_bare_in(&one, Fault::Nothing, Select::Largest, OnFailure::Hold);
}

#[test]
fn what_passes_is_seen_to_be_bare() {
    let fault = Fault::Engine(Works::Error);
    let Some(bare) = with_play(fault, Select::Largest, OnFailure::Pass, |play| play.bare("dark")) else { return };
    assert!(bare.len() > 10, "{bare:?}");
}

#[test]
fn where_faces_are_blurred_at_once() {
    never_bare(Fault::Nothing, OnFailure::Blur);
}

#[test]
fn where_the_finder_fails() {
    never_bare(Fault::Finder(Works::Error), OnFailure::Hold);
}

#[test]
fn where_the_finder_panics() {
    never_bare(Fault::Finder(Works::Panic), OnFailure::Hold);
}

#[test]
fn where_the_network_fails() {
    never_bare(Fault::Engine(Works::Error), OnFailure::Hold);
}

#[test]
fn where_the_network_panics() {
    never_bare(Fault::Engine(Works::Panic), OnFailure::Hold);
}

#[test]
fn where_the_network_gives_no_numbers() {
    never_bare(Fault::Engine(Works::NotANumber), OnFailure::Hold);
}

#[test]
fn where_the_network_is_late() {
    never_bare(Fault::Engine(Works::Late), OnFailure::Hold);
}

#[test]
fn where_the_device_is_lost_before_the_network() {
    never_bare(Fault::Crop(Works::Error), OnFailure::Hold);
}

#[test]
fn where_the_device_is_lost_after_it() {
    never_bare(Fault::Composite(Works::Error), OnFailure::Hold);
}

#[test]
fn where_the_crop_panics() {
    never_bare(Fault::Crop(Works::Panic), OnFailure::Hold);
}

#[test]
fn where_the_composite_panics() {
    never_bare(Fault::Composite(Works::Panic), OnFailure::Hold);
}

#[test]
fn where_the_consent_ends() {
    never_bare(Fault::Consent, OnFailure::Hold);
}

#[test]
fn where_the_model_is_replaced() {
    never_bare(Fault::Replaced, OnFailure::Hold);
}

#[test]
fn where_frames_are_lost() {
    never_bare(Fault::Overrun, OnFailure::Hold);
}
