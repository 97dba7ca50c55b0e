//! Finds the faces of each frame, and decides, cuts and counts.

use std::collections::BTreeSet;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use super::clean_up::{self, Reason, Seen};
use super::corrected::{NO_TRACK, correct, nearest};
use super::corrections::{Correction, Corrections};
use super::cut::{self, CropPlace, Cutter};
use super::masks::{self, FaceLevels};
use super::network_mask::NetworkMask;
use super::pose::pose;
use super::progress::SourceProgress;
use super::reader::{FrameMask, Message};
use super::run::{Job, Step};
use super::write::{Cut, Order};
use super::{ExtractError, ExtractSettings, MaskChoice};
use crate::face::{CropSettings, Face, FindError, Finder, FinderSettings, FinderState};
use crate::frame::{Frame, OwnedFrame, VideoBuffer};
use crate::geometry::{Point, Rect};
use crate::live::SceneCut;
use crate::runtime::Runtime;
use crate::train::faceset::{CROPS, FaceSetError, MASKS, MaskKind};

/// Part of a crop that a supplied mask must cover: less is a face that the mask does not know.
const LEAST_MASK: f32 = 0.005;
/// Grey under which a mask shows no face.
const DARKEST_FACE: u8 = 64;

/// Seconds from one frame to the next up to which a face must be seen twice: a plant that the networks take for a face
/// is one for a frame only.
const SEEN_AGAIN: f64 = 0.2;

/// A frame with faces of new tracks, until the next frame shows whether they are faces.
struct PendingFrame {
    source: usize,
    time: f64,
    cuts: Vec<Cut>,
    progress: Box<SourceProgress>,
    new: Vec<u32>,
}

/// The state of the analysing thread.
pub(super) struct Analysis<'a> {
    settings: &'a ExtractSettings,
    corrections: &'a Corrections,
    crop: CropSettings,
    meaning: FaceLevels,
    finder: Finder,
    scene_cut: SceneCut,
    cutter: Cutter,
    /// Makes masks where the settings say so.
    network_mask: Option<NetworkMask>,
    faces: Vec<Face>,
    seen: Seen,
    sources: Vec<SourceProgress>,
    pictures: BTreeSet<usize>,
    orders: Sender<Order>,
    held: Option<PendingFrame>,
    /// Source of the last frame, and its time.
    last: Option<(usize, f64)>,
    /// Bytes of all sources, and of those that ended.
    bytes: (f64, f64),
    /// Frames looked at in this run.
    pub(super) frames: u64,
    /// Faces kept in this run.
    kept: u64,
    /// Seconds of clips looked at in this run.
    pub(super) media_seconds: f64,
}

impl<'a> Analysis<'a> {
    pub(super) fn new(
        job: &'a Job,
        runtime: &Runtime,
        sources: Vec<SourceProgress>,
        pictures: BTreeSet<usize>,
        seen: Seen,
        orders: Sender<Order>,
    ) -> Result<Self, ExtractError> {
        let settings = &job.settings;
        let total = sources.iter().map(|source| source.bytes as f64).sum();
        let done = sources.iter().filter(|source| source.done).map(|source| source.bytes as f64).sum();
        Ok(Self {
            settings,
            corrections: &job.corrections,
            crop: settings.crop(),
            meaning: FaceLevels::new(&settings.mask_classes),
            finder: Finder::with_detector(runtime, settings.mesh(), settings.detector.network())?,
            scene_cut: SceneCut::default(),
            cutter: Cutter::default(),
            network_mask: match settings.masks {
                MaskChoice::Network if sources.iter().any(|source| source.mask.is_none()) => {
                    Some(NetworkMask::new(runtime)?)
                }
                MaskChoice::Network | MaskChoice::Hull => None,
            },
            faces: Vec::new(),
            seen,
            sources,
            pictures,
            orders,
            held: None,
            last: None,
            bytes: (total, done),
            frames: 0,
            kept: 0,
            media_seconds: 0.0,
        })
    }

    /// Works until the reader ends, or the writer.
    pub(super) fn run(
        &mut self,
        messages: &Receiver<Message>,
        watch: &mut dyn FnMut(&Step),
    ) -> Result<(), ExtractError> {
        for message in messages {
            let going_on = match message {
                Message::Frame { source, index, time, of, frame, mask, seen } => {
                    self.enter(source);
                    let alive = self.frame((source, index, time), &frame, &mask, seen)?;
                    self.tell(source, index, of, watch);
                    alive
                }
                Message::End { source, unreadable } => {
                    self.enter(source);
                    if !self.settle(|_| true) {
                        break;
                    }
                    if unreadable.is_none() {
                        self.whole_people(source)?;
                    }
                    let progress = &mut self.sources[source];
                    progress.done = unreadable.is_none();
                    progress.unreadable = unreadable;
                    // Nothing follows that it would be needed for.
                    progress.finder = FinderState::default();
                    self.bytes.1 += progress.bytes as f64;
                    self.note(source)
                }
            };
            if !going_on {
                break;
            }
        }
        Ok(())
    }

    /// Refuses a source that ends within somebody's frames, since whoever said how many each has cut people in two,
    /// and one of more or fewer people than there are sexes.
    fn whole_people(&self, source: usize) -> Result<(), ExtractError> {
        let SourceProgress { source, next, .. } = &self.sources[source];
        let Some(length) = self.settings.frames_each() else { return Ok(()) };
        let option = if self.settings.performances.is_some() { "--performances" } else { "--people" };
        // Frames after the last one that was looked at are passed over, up to the next that would have been.
        let most = next + self.settings.every.max(1) - 1;
        if next.next_multiple_of(length) <= most {
            let (people, sexes) = (next.div_ceil(length), self.settings.sexes.len());
            if sexes == 0 || people == sexes as u64 {
                return Ok(());
            }
            let reason = format!(
                "it shows {people} people, but --sexes has {sexes}: begin again with --fresh and the sex of each, in their order"
            );
            return Err(FaceSetError::File { file: source.into(), reason }.into());
        }
        let frames = if most > *next { format!("{next} to {most}") } else { next.to_string() };
        let reason = format!(
            "it has {frames} frames, which is no multiple of {option} {length}: begin again with --fresh and the number of \
             frames that each person has"
        );
        Err(FaceSetError::File { file: source.into(), reason }.into())
    }

    /// Another source begins, or is gone on with.
    fn enter(&mut self, source: usize) {
        if self.last.is_none_or(|(last, _)| last != source) {
            self.finder.restore(self.sources[source].finder.clone());
            self.scene_cut.reset();
            self.last = None;
        }
    }

    fn tell(&self, source: usize, index: u64, of: Option<u64>, watch: &mut dyn FnMut(&Step)) {
        let progress = &self.sources[source];
        let part = of.map_or(0.0, |of| (index + 1) as f64 / of.max(1) as f64).min(1.0);
        let done = (self.bytes.1 + part * progress.bytes as f64) / self.bytes.0.max(1.0);
        watch(&Step { done, source: &progress.source, frames: self.frames, kept: self.kept });
    }

    fn note(&self, source: usize) -> bool {
        self.orders.send(Order::Frame(source, Box::new(self.sources[source].clone()))).is_ok()
    }

    /// One frame; whether the writer still listens.
    fn frame(
        &mut self,
        (source, index, time): (usize, u64, f64),
        owned: &Arc<OwnedFrame>,
        mask: &FrameMask,
        seen: bool,
    ) -> Result<bool, ExtractError> {
        let frame = owned.frame().map_err(|_| ExtractError::Thread("analysing"))?;
        // Where people follow each other, frames have nothing in common with the frames beside them.
        let cut = self.scene_cut.is_cut(&frame) || self.settings.frames_each().is_some();
        if let Some((_, before)) = self.last {
            self.media_seconds += (time - before).max(0.0);
        }
        self.last = Some((source, time));
        if seen {
            return Ok(true);
        }
        self.frames += 1;
        self.find(&frame, cut, (source, index, time))?;
        self.known(source, mask, (frame.layout().width, frame.layout().height))?;
        let present: Vec<u32> = self.faces.iter().map(|face| face.track).collect();
        let far = self.held.as_ref().is_some_and(|held| cut || time - held.time > SEEN_AGAIN);
        if !self.settle(|track| far || present.contains(&track)) {
            return Ok(false);
        }
        let (mut cuts, mut new) = (Vec::new(), Vec::new());
        for (n, (face, corrected)) in self.choose(source, index).iter().enumerate() {
            match self.keep(owned, face, *corrected, (source, index, time, n), mask) {
                Ok(cut) => {
                    let first = self.sources[source].counts.tracks.get(&face.track) == Some(&1);
                    if first && !corrected && !self.pictures.contains(&source) {
                        new.push(face.track);
                    }
                    cuts.push(cut);
                }
                Err(reason) => *self.sources[source].counts.dropped.entry(reason).or_default() += 1,
            }
        }
        self.kept += cuts.len() as u64;
        let progress = &mut self.sources[source];
        progress.counts.kept += cuts.len() as u64;
        progress.next = index + 1;
        // A picture is done with its frame, and has nothing that goes on.
        progress.finder = if self.pictures.contains(&source) { FinderState::default() } else { self.finder.state()? };
        let wait = !new.is_empty();
        self.held = Some(PendingFrame { source, time, cuts, progress: Box::new(progress.clone()), new });
        Ok(wait || self.settle(|_| true))
    }

    /// Orders the frame that is held, but for those of its new tracks that are not `confirmed`; whether the writer
    /// still listens.
    fn settle(&mut self, confirmed: impl Fn(u32) -> bool) -> bool {
        let Some(mut held) = self.held.take() else { return true };
        let before = held.cuts.len();
        held.cuts.retain(|cut| !held.new.contains(&cut.record.track) || confirmed(cut.record.track));
        let out = (before - held.cuts.len()) as u64;
        if out > 0 {
            self.kept -= out;
            for counts in [&mut held.progress.counts, &mut self.sources[held.source].counts] {
                counts.kept -= out;
                *counts.dropped.entry(Reason::Flicker).or_default() += out;
            }
            let source = &self.sources[held.source].source;
            held.new.iter().filter(|&&track| !confirmed(track)).for_each(|&track| self.seen.forget((source, track)));
        }
        let mut orders = held
            .cuts
            .into_iter()
            .map(|cut| Order::Face(Box::new(cut)))
            .chain([Order::Frame(held.source, held.progress)]);
        orders.all(|order| self.orders.send(order).is_ok())
    }

    /// Fills `faces` and counts them.
    fn find(
        &mut self,
        frame: &Frame<'_>,
        cut: bool,
        (source, index, time): (usize, u64, f64),
    ) -> Result<(), FindError> {
        if cut {
            // Whoever is in the same place now may be somebody else.
            self.finder.reset();
        }
        let hint: Option<Rect> = match self.corrections.of(&self.sources[source].source, index) {
            Some(Correction::Rectangle(rect)) => Some(*rect),
            _ => None,
        };
        let settings = FinderSettings {
            detect_interval: self.settings.detect_interval,
            smoothing: 0.0,
            max_faces: 64,
            ..FinderSettings::default()
        };
        self.finder.find(frame, hint.as_slice(), time, &settings, &mut self.faces)?;
        let counts = &mut self.sources[source].counts;
        counts.frames += 1;
        if let Some(Correction::Landmarks(landmarks)) = self.corrections.of(&self.sources[source].source, index) {
            correct(&mut self.faces, landmarks);
        }
        let counts = &mut self.sources[source].counts;
        counts.without_face += u64::from(self.faces.is_empty());
        counts.found += self.faces.len() as u64;
        for face in &self.faces {
            *counts.tracks.entry(face.track).or_default() += 1;
        }
        Ok(())
    }

    /// The faces to cut, each with whether it was corrected by hand; counts the others.
    fn choose(&mut self, source: usize, index: u64) -> Vec<(Face, bool)> {
        let progress = &mut self.sources[source];
        let dropped = &mut progress.counts.dropped;
        let mut chosen: Vec<&Face> = self.faces.iter().collect();
        let Some(correction) = self.corrections.of(&progress.source, index) else {
            clean_up::choose(&mut chosen, &self.settings.clean_up, dropped);
            return chosen.into_iter().map(|face| (face.clone(), false)).collect();
        };
        let meant = match correction {
            Correction::Drop => None,
            Correction::Rectangle(rect) => nearest(&self.faces, rect),
            Correction::Landmarks(landmarks) => self.faces.iter().position(|face| face.landmarks == *landmarks),
        };
        let others = chosen.len() - usize::from(meant.is_some());
        if others > 0 {
            *dropped.entry(Reason::Corrected).or_default() += others as u64;
        }
        meant.map(|i| (self.faces[i].clone(), true)).into_iter().collect()
    }

    /// Refuses class ids that are not said to be some: as grey levels they are next to black, and no face. Only where a
    /// face was found: a compressed mask is not quite black around nobody either. `size` is the frame's, in px.
    fn known(&self, source: usize, mask: &FrameMask, size: (usize, usize)) -> Result<(), ExtractError> {
        let FrameMask::Supplied(picture) = mask else { return Ok(()) };
        let (kx, ky) = (picture.width() as f32 / size.0 as f32, picture.height() as f32 / size.1 as f32);
        let level = |p: &Point| picture.get_pixel_checked((p.x * kx) as u32, (p.y * ky) as u32).map_or(0, |l| l.0[0]);
        let of_ids = |face: &Face| {
            let dark = face.landmarks.iter().filter(|p| (1..DARKEST_FACE).contains(&level(p))).count();
            2 * dark > face.landmarks.len()
        };
        if !self.settings.mask_classes.is_empty() || !self.faces.iter().any(of_ids) {
            return Ok(());
        }
        let mask = self.sources[source].mask.clone().unwrap_or_default();
        let reason = format!(
            "the mask is next to black on a face (under {DARKEST_FACE} of 255): if these are class ids, say with \
             --mask-classes which are the face"
        );
        Err(ExtractError::Masks { mask, reason })
    }

    /// A face as it is to be written, or why it is not kept. One that was corrected by hand is wanted however it looks.
    fn keep(
        &mut self,
        owned: &Arc<OwnedFrame>,
        face: &Face,
        corrected: bool,
        (source, index, time, n): (usize, u64, f64, usize),
        mask: &FrameMask,
    ) -> Result<Cut, Reason> {
        let frame = owned.frame().map_err(|_| Reason::NotAligned)?;
        let place = CropPlace::of(face, &self.crop, self.settings.max_side).ok_or(Reason::NotAligned)?;
        let pose = pose(&face.landmarks).ok_or(Reason::NotAligned)?;
        let (mask, kind) = match mask {
            FrameMask::Made => {
                let hull = self.cutter.hull(face, &place);
                match &mut self.network_mask {
                    Some(network) => network.mask_or(hull, &frame, &place),
                    None => (hull, MaskKind::Hull),
                }
            }
            FrameMask::Missing => return Err(Reason::NoMask),
            FrameMask::Supplied(mask) => {
                let size = (frame.layout().width, frame.layout().height);
                (masks::warp(mask, &self.meaning, &place.to_frame, size, place.side), MaskKind::Supplied)
            }
        };
        if cut::share(&mask) < LEAST_MASK {
            return Err(Reason::NoMask);
        }
        let mut record = self.cutter.record(&frame, face, (&place, pose), (&mask, kind));
        let name = &self.sources[source].source;
        if !corrected && let Some(reason) = clean_up::judge(&record, &self.settings.clean_up) {
            return Err(reason);
        }
        if let Some(bits) = self.settings.clean_up.near_duplicates {
            let key = look_key(name, face.track, self.pictures.contains(&source));
            let hash = u64::from_str_radix(&record.hash, 16).unwrap_or_default();
            match self.seen.is_duplicate(key, hash, bits) {
                true if corrected => self.seen.remember(key, hash),
                true => return Err(Reason::Duplicate),
                false => {}
            }
        }
        (record.source, record.frame, record.time) = (name.clone(), index, time);
        record.performance = self.settings.performance(index);
        let name = format!("{source:04}-{index:06}-{n}");
        let ending = if self.settings.jpeg.is_some() { "jpg" } else { "png" };
        (record.picture, record.mask) = (format!("{CROPS}/{name}.{ending}"), format!("{MASKS}/{name}.png"));
        Ok(Cut { record, frame: Arc::clone(owned), place, mask })
    }
}

/// Whose looks a face's is compared with: its track's, or those of all pictures.
pub(super) fn look_key(source: &str, track: u32, picture: bool) -> (&str, u32) {
    if picture { ("", NO_TRACK) } else { (source, track) }
}
