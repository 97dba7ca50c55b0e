//! Over every hard clip, whatever fails: no frame leaves with the performer's own face. It is counted on what comes out, by
//! the exact masks of the clips and not by what the stages say. Everybody is selected, so that everybody must be hidden.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

#[path = "live_support/behind.rs"]
mod behind;
mod common;
mod live_support;
#[path = "live_support/waving.rs"]
mod waving;

use std::path::PathBuf;
use std::sync::Arc;

use common::clip;
use live_support::{Script, Works, leaves, settings, take};
use standin::face::{Face, FindError, Finder, FinderSettings, Mesh, OcclusionNetwork, PeopleMap};
use standin::frame::{Frame, OwnedFrame, VideoBuffer};
use standin::geometry::Rect;
use standin::live::{FindFaces, FindStage, Model, OnFailure, Outcome, Queue, Select, Settings, SwapStage};
use standin::media::GreyClip;
use standin::runtime::{NetworkError, Runtime};

const CLIPS: [&str; 6] = ["cut", "dark", "leave_enter", "occlusion", "small", "two_people"];
/// Classes of the masks that show who it is: eyeball, brow, lashes, inside of the mouth, lips.
const FEATURES: [u8; 5] = [2, 3, 4, 5, 11];
/// And the rest of the face: skin.
const SKIN: u8 = 1;
/// Pixels of a class from which on it is counted.
const LEAST: usize = 60;
/// Codes by which a pixel must differ from the input's, in luma or chroma, to be another.
const DIFFERS: u8 = 6;

/// A finder that fails in some frames.
struct Fails {
    finder: Finder,
    works: Works,
    frames: u32,
}

/// Two frames in nine, after a few that go well.
fn strikes(frame: u32) -> bool {
    frame > 5 && frame % 9 < 2
}

impl FindFaces for Fails {
    fn find(
        &mut self,
        frame: &Frame<'_>,
        hints: &[Rect],
        time: f64,
        settings: &FinderSettings,
        faces: &mut Vec<Face>,
    ) -> Result<(), FindError> {
        self.frames += 1;
        if strikes(self.frames) {
            let told = || FindError::Run { network: "stand-in", source: NetworkError::Runtime("told to".to_owned()) };
            self.works.or(told)?;
        }
        self.finder.find(frame, hints, time, settings, faces)
    }

    fn suspects(&self) -> &[Rect] {
        self.finder.suspects()
    }

    fn unfinished(&self) -> bool {
        self.finder.unfinished()
    }

    fn people(&mut self, frame: &Frame<'_>) -> Result<Option<&PeopleMap>, FindError> {
        self.finder.people(frame).map(Some)
    }

    fn reset(&mut self) {
        self.finder.reset();
    }
}

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

/// Part of the pixels of a person's `classes` that are not the input's; `None` where there are hardly any.
fn changed(mask: &[u8], person: u8, classes: &[u8], input: &OwnedFrame, output: &OwnedFrame) -> Option<f64> {
    let width = input.frame().unwrap().layout().width;
    let differs = |plane: usize, at: usize| {
        let (a, b) = (input.bytes(plane)[at], output.bytes(plane)[at]);
        a.abs_diff(b) > DIFFERS
    };
    let (mut all, mut other) = (0, 0);
    for (at, _) in
        mask.iter().enumerate().filter(|(_, class)| **class / 32 == person && classes.contains(&(**class % 32)))
    {
        let shared = at / width / 2 * width.div_ceil(2) + at % width / 2;
        all += 1;
        other += usize::from(differs(0, at) || differs(1, shared) || differs(2, shared));
    }
    (all >= LEAST).then(|| f64::from(other as u32) / f64::from(all as u32))
}

/// Plays a clip with something going wrong; whatever is bare.
fn bare(name: &str, fault: Fault, select: Select, on_failure: OnFailure) -> Option<Vec<String>> {
    let frames = clip(&format!("hard/{name}.mp4"))?;
    let masks = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/media/hard/{name}_mask.mkv"));
    let masks = GreyClip::open(&masks).unwrap().map(|mask| mask.unwrap().into_raw());
    Some(bare_in(name, frames.zip(masks), fault, select, on_failure))
}

/// The same of these frames and their masks.
fn bare_in(
    name: &str,
    frames: impl Iterator<Item = (OwnedFrame, Vec<u8>)>,
    fault: Fault,
    select: Select,
    on_failure: OnFailure,
) -> Vec<String> {
    let (finder, inbox) = crossbeam_channel::bounded(1);
    let fails = Fails {
        finder: Finder::new(&Runtime::load(None).unwrap(), Mesh::Points468).unwrap(),
        works: if let Fault::Finder(works) = fault { works } else { Works::Yes },
        frames: 0,
    };
    finder.send(Box::new(fails) as Box<dyn FindFaces>).unwrap();
    let (occlusion, occlusion_inbox) = crossbeam_channel::bounded(1);
    occlusion.send(OcclusionNetwork::new(&Runtime::load(None).unwrap()).unwrap()).unwrap();
    let stage = SwapStage::default().seeing(occlusion_inbox);
    let queue: Queue<OwnedFrame, u32> = Queue::start(0, FindStage::new(inbox), vec![stage]).unwrap();
    let good = live_support::model(Script::GOOD);
    let bad = live_support::model(Script {
        engine: if let Fault::Engine(works) = fault { works } else { Works::Yes },
        crop: if let Fault::Crop(works) = fault { works } else { Works::Yes },
        composite: if let Fault::Composite(works) = fault { works } else { Works::Yes },
        expired: fault == Fault::Consent,
        ..Script::GOOD
    });
    let mut chosen = Settings::clone(&settings(on_failure));
    chosen.select = select;
    let chosen = Arc::new(chosen);

    let (mut found, mut swapped) = (Vec::new(), 0);
    for (i, (input, mask)) in (0..).zip(frames) {
        if fault == Fault::Overrun && i % 3 != 0 {
            continue;
        }
        let mut job = queue.begin().unwrap();
        job.time = f64::from(i) / 30.0;
        job.casting.model = model(fault, i, &good, &bad);
        job.settings = Arc::clone(&chosen);
        job.frame = Some(input.clone());
        queue.submit(job);
        let job = take(&queue);
        swapped += u32::from(job.outcome == Outcome::Swapped);
        if leaves(&job) {
            let output = job.frame.as_ref().unwrap();
            for person in [0, 1] {
                let features = changed(&mask, person, &FEATURES, &input, output);
                let skin = changed(&mask, person, &[SKIN], &input, output);
                if features.is_some_and(|part| part < 0.5) || skin.is_some_and(|part| part < 0.1) {
                    found
                        .push(format!("{i}, person {person}: features {features:?}, skin {skin:?}, {:?}", job.outcome));
                }
            }
        }
        queue.finish(job);
    }
    assert!(swapped > 10, "{name}, {fault:?}: only {swapped} frames were swapped");
    found
}

/// Whoever comes out from behind somebody nearer is bare in so many frames at most: until the detector has looked, and while what
/// shows of the face is no face to it.
fn bare_in_few_frames(fault: Fault) {
    let mut found = Vec::new();
    for scene in &behind::SCENES {
        let Some(frames) = scene.play() else { return };
        let bare = bare_in(scene.name, frames, fault, Select::All, OnFailure::Hold);
        if bare.len() > scene.most {
            found.push(format!("{}, {fault:?}: bare in {}\n{}", scene.name, bare.len(), bare.join("\n")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Nobody in any of these clips is ever bare.
fn never_bare_in(clips: &[&str], fault: Fault, select: Select, on_failure: OnFailure) {
    for name in clips {
        let Some(bare) = bare(name, fault, select, on_failure) else { return };
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
        let bare = bare_in("waving", frames.into_iter(), Fault::Nothing, select, OnFailure::Hold);
        assert!(bare.is_empty(), "{select:?}: bare in\n{}", bare.join("\n"));
    }
}

#[test]
fn where_one_person_is_selected() {
    let one = CLIPS.into_iter().filter(|name| *name != "two_people").collect::<Vec<_>>();
    never_bare_in(&one, Fault::Nothing, Select::Largest, OnFailure::Hold);
}

#[test]
fn what_passes_is_seen_to_be_bare() {
    let Some(bare) = bare("dark", Fault::Engine(Works::Error), Select::Largest, OnFailure::Pass) else { return };
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
fn where_the_device_is_lost_before_the_network() {
    never_bare(Fault::Crop(Works::Error), OnFailure::Hold);
}

#[test]
fn where_the_device_is_lost_after_it() {
    never_bare(Fault::Composite(Works::Error), OnFailure::Hold);
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
