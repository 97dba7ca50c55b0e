//! Counts on what comes out of the stages who is bare, by the exact masks of the clips.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

use std::path::PathBuf;
use std::sync::Arc;

use standin::face::{Face, FindError, Finder, FinderSettings, Mesh, OcclusionNetwork, PeopleMap};
use standin::frame::{Frame, OwnedFrame, VideoBuffer};
use standin::geometry::Rect;
use standin::live::{FindFaces, FindStage, Job, Model, OnFailure, Outcome, Queue, Select, Settings, SwapStage};
use standin::media::GreyClip;
use standin::runtime::{NetworkError, Runtime};

use crate::common::clip;
use crate::live_support::{Works, leaves, settings, take};

/// The hard clips.
pub(crate) const CLIPS: [&str; 6] = ["cut", "dark", "leave_enter", "occlusion", "small", "two_people"];
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
pub(crate) fn strikes(frame: u32) -> bool {
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

/// A clip with its exact masks, by its name in the folder of clips; `None`, after it was said, where it is not there.
pub(crate) fn masked(name: &str) -> Option<impl Iterator<Item = (OwnedFrame, Vec<u8>)> + use<>> {
    let frames = clip(&format!("{name}.mp4"))?;
    let masks = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/media/{name}_mask.mkv"));
    let masks = GreyClip::open(&masks).unwrap().map(|mask| mask.unwrap().into_raw());
    Some(frames.zip(masks))
}

/// How a clip is played.
pub(crate) struct Play<'a> {
    /// Every so many frames get through; others are lost.
    pub(crate) every: u32,
    pub(crate) finder: Works,
    pub(crate) model: &'a dyn Fn(u32) -> Option<Arc<Model>>,
    pub(crate) select: Select,
    pub(crate) on_failure: OnFailure,
    /// Whether in every frame that [`strikes`] the swap fails.
    pub(crate) struck_frames_fail: bool,
}

impl Play<'_> {
    /// Plays a hard clip; in which frames who is bare. `None` where the clip is not there.
    pub(crate) fn bare(&self, name: &str) -> Option<Vec<String>> {
        Some(self.bare_in(name, masked(&format!("hard/{name}"))?))
    }

    /// The same of these frames and their masks.
    pub(crate) fn bare_in(&self, name: &str, frames: impl Iterator<Item = (OwnedFrame, Vec<u8>)>) -> Vec<String> {
        let mut found = Vec::new();
        let swapped = self.play(name, frames, |i, mask, input, job| {
            if !leaves(job) {
                return;
            }
            let output = job.frame.as_ref().unwrap();
            for person in [0, 1] {
                let features = changed(mask, person, &FEATURES, input, output);
                let skin = changed(mask, person, &[SKIN], input, output);
                if features.is_some_and(|part| part < 0.5) || skin.is_some_and(|part| part < 0.1) {
                    let outcome = job.outcome;
                    found.push(format!("{i}, person {person}: features {features:?}, skin {skin:?}, {outcome:?}"));
                }
            }
        });
        assert!(swapped > 10, "{name}, {:?}: only {swapped} frames were swapped", self.select);
        found
    }

    /// Plays frames and hands each that comes out to `see`; in how many somebody was swapped.
    pub(crate) fn play(
        &self,
        name: &str,
        frames: impl Iterator<Item = (OwnedFrame, Vec<u8>)>,
        mut see: impl FnMut(u32, &[u8], &OwnedFrame, &Job<OwnedFrame, u32>),
    ) -> u32 {
        let (finder, inbox) = crossbeam_channel::bounded(1);
        let fails = Fails {
            finder: Finder::new(&Runtime::load(None).unwrap(), Mesh::Points468).unwrap(),
            works: self.finder,
            frames: 0,
        };
        finder.send(Box::new(fails) as Box<dyn FindFaces>).unwrap();
        let (occlusion, occlusion_inbox) = crossbeam_channel::bounded(1);
        occlusion.send(OcclusionNetwork::new(&Runtime::load(None).unwrap()).unwrap()).unwrap();
        let stage = SwapStage::default().seeing(occlusion_inbox);
        let queue: Queue<OwnedFrame, u32> = Queue::start(0, FindStage::new(inbox), vec![stage]).unwrap();
        let chosen = Arc::new(Settings { select: self.select, ..Settings::clone(&settings(self.on_failure)) });

        let mut swapped = 0;
        for (i, (input, mask)) in (0..).zip(frames).filter(|(i, _)| i % self.every == 0) {
            let mut job = queue.begin().unwrap();
            job.time = f64::from(i) / 30.0;
            job.casting.model = (self.model)(i);
            job.settings = Arc::clone(&chosen);
            job.frame = Some(input.clone());
            queue.submit(job);
            let job = take(&queue);
            assert!(
                !(self.struck_frames_fail && strikes(i) && job.outcome == Outcome::Swapped),
                "{name}: frame {i} is swapped"
            );
            swapped += u32::from(job.outcome == Outcome::Swapped);
            see(i, &mask, &input, &job);
            queue.finish(job);
        }
        swapped
    }
}
