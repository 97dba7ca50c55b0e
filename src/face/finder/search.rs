//! Where faces are looked for that are not followed yet: the whole frame, its tiles and turns, the places where one was
//! lost and those that somebody else points out; and what it takes for a face to be followed.

use super::{DETECTOR, FACE, Finder, MOST_FACES, ROUTINE, Routine, failed};
use crate::face::mesh;
use crate::face::probes::Probes;
use crate::face::tracker::{Track, same_place};
use crate::face::{Detection, FindError};
use crate::frame::Frame;
use crate::geometry::{Point, Rect, Similarity};

/// Score below which a new detection must be seen by the other detector too, and the mesh be sure: furniture can pass
/// one network, but hardly all three.
const SURE: f32 = 0.8;
/// Score of a mesh from which on it is sure. Below, a new face may be upside down: a mouth was taken for eyes.
const SURE_MESH: f32 = 0.95;
/// Part of a new detection that is not sure which must show a person, if it is large.
const SHOWN: f32 = 0.2;
/// Part of the frame's shorter side from which on it is. In a crowd not everybody is told from what is behind them.
const LARGE: f32 = 0.2;
/// Score from which on a detection is suspected to be a face.
const SUSPECT: f32 = 0.3;
/// Lost faces that are looked for one by one in a frame, at most.
const MOST_REVISITS: usize = 2;

impl Finder {
    /// Looks at the `whole` frame, or elsewhere while nothing is followed: in every other frame, so that none takes
    /// long.
    pub(super) fn search(&mut self, frame: &Frame, whole: bool, most: usize) -> Result<(), FindError> {
        let probes = Probes::new(self.size.0, self.size.1, self.detector.size());
        let (place, least) = self.next_place(&probes, !self.fresh && !whole);
        self.probe(frame, &place, least, most)?;
        if !self.fresh || !self.tracks.live().is_empty() {
            return Ok(());
        }
        for i in 0..probes.others() {
            // All tiles, but one turn: faces that stand are not looked for lying.
            if i >= probes.tiles() && !self.tracks.live().is_empty() {
                break;
            }
            let (place, least) = other_place(&probes, i);
            self.probe(frame, &place, least, most)?;
        }
        Ok(())
    }

    /// Where the detector is to look next, and the score that is asked there: the whole frame; while nothing is
    /// followed and it `may` be, one of the other places every other time.
    fn next_place(&mut self, probes: &Probes, may: bool) -> (Similarity, f32) {
        self.since_search = 0;
        self.elsewhere = !self.elsewhere && may && self.tracks.live().is_empty();
        if self.elsewhere {
            self.next_probe = (self.next_probe + 1) % probes.others();
        }
        self.place(probes)
    }

    /// Where the detector looked last.
    fn place(&self, probes: &Probes) -> (Similarity, f32) {
        if self.elsewhere { other_place(probes, self.next_probe) } else { (probes.whole(), FACE) }
    }

    /// Looks for faces beside the stream: takes in what was seen where it is time, and begins to look again every so
    /// many frames (`interval`, 0 never), or at once where a face was lost or nothing is followed.
    pub(super) fn look_beside(
        &mut self,
        frame: &Frame,
        interval: u32,
        time: f64,
        most: usize,
    ) -> Result<(), FindError> {
        let first = self.detections.len();
        match std::mem::take(&mut self.routine) {
            Routine::Running(left) if left > 1 => {
                self.routine = Routine::Running(left - 1);
                return Ok(());
            }
            Routine::Seen(left, seen) if left > 1 => {
                self.routine = Routine::Seen(left - 1, seen);
                return Ok(());
            }
            Routine::Running(_) => {
                self.detector.finish(&mut self.detections).map_err(failed(DETECTOR))?;
                self.take_in(frame, first, time, most)?;
            }
            Routine::Seen(_, seen) => {
                self.detections.extend(seen);
                self.take_in(frame, first, time, most)?;
            }
            Routine::None => {}
        }
        if self.wanted || self.tracks.live().is_empty() || interval > 0 && self.since_search >= interval {
            let probes = Probes::new(self.size.0, self.size.1, self.detector.size());
            let (place, _) = self.next_place(&probes, true);
            self.detector.begin(frame, &place, SUSPECT).map_err(failed(DETECTOR))?;
            self.routine = Routine::Running(ROUTINE);
            self.wanted = false;
        }
        Ok(())
    }

    /// Takes in the detections from number `first` on, which the detector saw beside the stream.
    fn take_in(&mut self, frame: &Frame, first: usize, time: f64, most: usize) -> Result<(), FindError> {
        self.detector_ran = true;
        let probes = Probes::new(self.size.0, self.size.1, self.detector.size());
        let (_, least) = self.place(&probes);
        self.admit(frame, first, least, most)?;
        // A look elsewhere does not show everybody.
        if self.elsewhere { Ok(()) } else { self.verify(frame, time) }
    }

    /// One run of the detector; follows what scores at `least` that much.
    fn probe(&mut self, frame: &Frame, search: &Similarity, least: f32, most: usize) -> Result<(), FindError> {
        let first = self.detections.len();
        self.detector.detect(frame, search, SUSPECT, &mut self.detections).map_err(failed(DETECTOR))?;
        self.detector_ran = true;
        self.admit(frame, first, least, most)
    }

    /// Looks at the whole frame with the cheap detector, which must be sure.
    pub(super) fn glance(&mut self, frame: &Frame, most: usize) -> Result<(), FindError> {
        let first = self.detections.len();
        let whole = Probes::new(self.size.0, self.size.1, self.close_up.size()).whole();
        self.close_up.detect(frame, &whole, SUSPECT, &mut self.detections).map_err(failed(DETECTOR))?;
        self.detector_ran = true;
        self.admit(frame, first, SURE, most)
    }

    /// Looks again where faces were lost a moment ago.
    pub(super) fn revisit(&mut self, frame: &Frame, most: usize) -> Result<(), FindError> {
        let probes = Probes::new(self.size.0, self.size.1, self.close_up.size());
        for i in 0..MOST_REVISITS {
            let Some(lost) = self.tracks.lost().get(i).copied() else { break };
            if self.tracks.hold(&lost.bounds) {
                continue;
            }
            let first = self.detections.len();
            let search = probes.around(&lost.bounds, lost.angle);
            self.close_up.detect(frame, &search, SUSPECT, &mut self.detections).map_err(failed(DETECTOR))?;
            self.detector_ran = true;
            self.admit(frame, first, FACE, most)?;
        }
        Ok(())
    }

    /// Begins to follow the detections from number `first` on that are a new face and score at `least` that much,
    /// largest first.
    fn admit(&mut self, frame: &Frame, first: usize, least: f32, most: usize) -> Result<(), FindError> {
        self.detections[first..].sort_unstable_by(|a, b| b.bounds.area().total_cmp(&a.bounds.area()));
        for i in first..self.detections.len() {
            let detection = self.detections[i];
            let new = detection.score >= least && !self.tracks.hold(&detection.bounds);
            if new && self.tracks.live().len() < most && self.confirmed(frame, &detection)? {
                // One that was followed there a moment ago is no surprise.
                let expected = detection.score >= SURE || self.tracks.lately_held(&detection.bounds);
                let mesh = if expected { FACE } else { SURE_MESH };
                let roi = mesh::roi_of_detection(&detection);
                self.begin(frame, &roi, !expected, mesh, most)?;
                self.tracks.part();
            }
        }
        Ok(())
    }

    /// Stops following what neither the detector nor a closer look takes for a face: a mesh can settle on furniture.
    pub(super) fn verify(&mut self, frame: &Frame, time: f64) -> Result<(), FindError> {
        for i in (0..self.tracks.live().len()).rev() {
            let Track { bounds, landmarks, .. } = &self.tracks.live()[i];
            let (bounds, tilt) = (*bounds, mesh::tilt(landmarks));
            let seen = self.detections.iter().any(|detection| same_place(&detection.bounds, &bounds));
            if !seen && !self.seen_close_up(frame, &bounds, tilt, SUSPECT)? {
                self.tracks.lose(i, time);
            }
        }
        Ok(())
    }

    /// Whether a closer look shows a face where a detection that is not sure does, and a person if it is large.
    fn confirmed(&mut self, frame: &Frame, detection: &Detection) -> Result<bool, FindError> {
        if detection.score >= SURE {
            return Ok(true);
        }
        let bounds = &detection.bounds;
        if !self.seen_close_up(frame, bounds, mesh::tilt_of_detection(detection), FACE)? {
            return Ok(false);
        }
        let large = bounds.w.max(bounds.h) >= LARGE * self.size.0.min(self.size.1) as f32;
        Ok(!large || self.people(frame)?.share(bounds) > SHOWN)
    }

    /// Whether the cheap detector sees a face there, tilted by `tilt`, with at least this score.
    fn seen_close_up(&mut self, frame: &Frame, bounds: &Rect, tilt: f32, score: f32) -> Result<bool, FindError> {
        let search = Probes::new(self.size.0, self.size.1, self.close_up.size()).around(bounds, tilt);
        self.closer.clear();
        self.close_up.detect(frame, &search, score, &mut self.closer).map_err(failed(DETECTOR))?;
        Ok(self.closer.iter().any(|seen| same_place(&seen.bounds, bounds)))
    }

    /// Begins to follow the hinted faces that are not followed yet.
    pub(super) fn take_hints(&mut self, frame: &Frame, hints: &[Rect], most: usize) -> Result<(), FindError> {
        let keypoints = [Point::default(); 6];
        for &bounds in hints.iter().take(MOST_FACES).filter(|hint| usable(hint)) {
            if !self.tracks.hold(&bounds) {
                self.begin(frame, &mesh::roi_of_rect(&bounds), true, FACE, most)?;
                self.tracks.part();
            }
            self.detections.push(Detection { bounds, keypoints, score: FACE });
        }
        Ok(())
    }

    /// Begins to follow the face in a region, if there is room for it and its mesh scores at `least` that much. The
    /// face may be `upside_down` there.
    fn begin(
        &mut self,
        frame: &Frame,
        roi: &Similarity,
        upside_down: bool,
        least: f32,
        most: usize,
    ) -> Result<(), FindError> {
        if self.tracks.live().len() >= most {
            return Ok(());
        }
        let Some(left) = self.attempts.checked_sub(1) else {
            self.unfinished = true;
            return Ok(());
        };
        self.attempts = left;
        let mut best: Option<(f32, Similarity)> = None;
        for roi in [*roi, mesh::upside_down(roi)].into_iter().take(1 + usize::from(upside_down)) {
            if self.look(frame, &roi)?.is_none() {
                continue;
            }
            // Once more on the region that the landmarks ask for, which is how the face is seen from the next frame on.
            let refined = mesh::roi_of_landmarks(&self.landmarks);
            let Some((bounds, score)) = self.look(frame, &refined)? else { continue };
            if score >= SURE_MESH {
                self.tracks.begin(&self.landmarks, bounds, score);
                return Ok(());
            }
            if best.is_none_or(|(other, _)| score > other) {
                best = Some((score, refined));
            }
        }
        let Some((_, refined)) = best.filter(|(score, _)| *score >= least) else { return Ok(()) };
        if let Some((bounds, score)) = self.look(frame, &refined)? {
            self.tracks.begin(&self.landmarks, bounds, score);
        }
        Ok(())
    }
}

/// Search `i` of [`Probes::others`], and the score that is asked there: faces that lie are rare, and only a sure one
/// is taken.
fn other_place(probes: &Probes, i: usize) -> (Similarity, f32) {
    (probes.other(i), if i < probes.tiles() { FACE } else { SURE })
}

/// Whether a hint can be a rectangle about a face.
fn usable(hint: &Rect) -> bool {
    let numbers = [hint.x, hint.y, hint.w, hint.h].iter().all(|value| value.is_finite());
    numbers && hint.w >= 1.0 && hint.h >= 1.0
}
