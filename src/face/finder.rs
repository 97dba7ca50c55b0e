//! Every face of a frame: the mesh on the faces that are followed, the detector where that is not enough.

use super::mesh::{self, Mesh, MeshNetwork};
use super::probes::Probes;
use super::tracker::{Track, Tracks, plausible, same_place};
use super::{BlazeFace, Detection, Detector, Face, FindError, FinderSettings, Smoothing, template};
use crate::frame::Frame;
use crate::geometry::{Point, Rect, Similarity};
use crate::runtime::{NetworkError, Runtime};

/// Score from which on a detection or a mesh is a face.
const FACE: f32 = 0.5;
/// Score below which a new detection must be seen by the other detector too, and the mesh be sure: furniture can pass
/// one network, but hardly all three.
const SURE: f32 = 0.8;
/// Score of a mesh from which on it is sure. Below, a new face may be upside down: a mouth was taken for eyes.
const SURE_MESH: f32 = 0.95;
/// Score from which on a detection is suspected to be a face.
const SUSPECT: f32 = 0.3;
/// Faces that are followed at most, whatever the settings say.
const MOST_FACES: usize = 64;
/// Suspects that are kept at most.
const MOST_SUSPECTS: usize = 64;
/// New faces that are tried in a frame at most: each takes several runs of the mesh.
const MOST_ATTEMPTS: usize = 2;
/// Lost faces that are looked for one by one in a frame, at most.
const MOST_REVISITS: usize = 2;

const MESH: &str = "face mesh";
const DETECTOR: &str = "face detector";

fn failed(network: &'static str) -> impl Fn(NetworkError) -> FindError {
    move |source| FindError::Run { network, source }
}

/// What a [`Finder`] knows of the frames so far.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct FinderState {
    tracks: Tracks,
    size: (usize, usize),
    fresh: bool,
    since_search: u32,
    next_probe: usize,
    elsewhere: bool,
    unfinished: bool,
}

impl Default for FinderState {
    fn default() -> Self {
        let tracks = Tracks::default();
        Self { tracks, size: (0, 0), fresh: true, since_search: 0, next_probe: 0, elsewhere: false, unfinished: false }
    }
}

/// Finds and follows the faces of one stream.
#[derive(Debug)]
pub struct Finder {
    detector: Detector,
    /// Looks closely at one place: there the cheap detector is enough.
    close_up: Detector,
    mesh: MeshNetwork,
    tracks: Tracks,
    /// What the detectors saw in this frame, weak detections included.
    detections: Vec<Detection>,
    /// What a closer look at one of them saw.
    closer: Vec<Detection>,
    suspects: Vec<Rect>,
    landmarks: Vec<Point>,
    /// Faces of earlier frames, kept for their memory.
    spare: Vec<Face>,
    /// Width and height of the last frame.
    size: (usize, usize),
    /// Whether no frame was searched since the start or a reset.
    fresh: bool,
    /// Frames since the detector searched the whole frame.
    since_search: u32,
    next_probe: usize,
    detector_ran: bool,
    /// Whether the last search without anybody to follow was not of the whole frame.
    elsewhere: bool,
    /// New faces that may still be tried in this frame.
    attempts: usize,
    /// Whether some were left for the next.
    unfinished: bool,
}

impl Finder {
    /// Loads the networks from the bytes that are compiled in.
    ///
    /// # Errors
    /// [`FindError::Load`] where ONNX Runtime refuses one.
    pub fn new(runtime: &Runtime, mesh: Mesh) -> Result<Self, FindError> {
        Self::with_detector(runtime, mesh, BlazeFace::Back)
    }

    /// The same with another detector to search whole frames; a closer look always takes the cheap one.
    ///
    /// # Errors
    /// As [`Finder::new`].
    pub fn with_detector(runtime: &Runtime, mesh: Mesh, detector: BlazeFace) -> Result<Self, FindError> {
        let load = |network| move |source| FindError::Load { network, source };
        Ok(Self {
            detector: Detector::new(runtime, detector).map_err(load(DETECTOR))?,
            close_up: Detector::new(runtime, BlazeFace::Short).map_err(load(DETECTOR))?,
            mesh: MeshNetwork::new(runtime, mesh).map_err(load(MESH))?,
            tracks: Tracks::default(),
            detections: Vec::new(),
            closer: Vec::new(),
            suspects: Vec::with_capacity(MOST_SUSPECTS),
            landmarks: Vec::with_capacity(mesh.points()),
            spare: Vec::new(),
            size: (0, 0),
            fresh: true,
            since_search: 0,
            next_probe: 0,
            detector_ran: false,
            elsewhere: false,
            attempts: 0,
            unfinished: false,
        })
    }

    /// Forgets every face, as after a seek; track numbers go on.
    pub fn reset(&mut self) {
        self.tracks.clear();
        self.suspects.clear();
        self.fresh = true;
        self.since_search = 0;
        self.next_probe = 0;
    }

    /// What it knows of the frames so far, to go on from there in another process.
    pub fn state(&self) -> FinderState {
        FinderState {
            tracks: self.tracks.noted(),
            size: self.size,
            fresh: self.fresh,
            since_search: self.since_search,
            next_probe: self.next_probe,
            elsewhere: self.elsewhere,
            unfinished: self.unfinished,
        }
    }

    /// Goes on from a noted state: the next frame gives what it would have given there, but that smoothing begins anew.
    /// The default state is that of a new finder, whose first face has number 1.
    pub fn restore(&mut self, state: FinderState) {
        self.tracks = state.tracks;
        self.size = state.size;
        self.fresh = state.fresh;
        self.since_search = state.since_search;
        self.next_probe = state.next_probe;
        self.elsewhere = state.elsewhere;
        self.unfinished = state.unfinished;
        self.suspects.clear();
    }

    /// Replaces `faces` by those of `frame`, largest first. `time` is the frame's in seconds; `hints` are face
    /// rectangles in frame px that somebody else found, and replace the detector where they lead to a face.
    ///
    /// A face that is lost in this frame is looked for in this frame, so that a cut leaves no gap. Where nothing is
    /// followed, the first frame is searched thoroughly (tiles, turned by quarter turns); later ones are searched whole
    /// and in one of those ways by turns, and only a few new faces are tried a frame, so that no frame takes long.
    ///
    /// # Errors
    /// [`FindError::Run`]; `faces` is then empty, and the faces that are followed stay so.
    pub fn find(
        &mut self,
        frame: &Frame,
        hints: &[Rect],
        time: f64,
        settings: &FinderSettings,
        faces: &mut Vec<Face>,
    ) -> Result<(), FindError> {
        self.spare.append(faces);
        let size = (frame.layout().width, frame.layout().height);
        if size != self.size {
            self.reset();
            self.size = size;
        }
        self.suspects.clear();
        self.detections.clear();
        self.detector_ran = false;
        self.attempts = if self.fresh || !hints.is_empty() { usize::MAX } else { MOST_ATTEMPTS };
        self.tracks.forget(time);
        let most = settings.max_faces.min(MOST_FACES);

        let lost = self.follow(frame, time)?;
        self.tracks.part();
        self.tracks.keep_largest(most);
        self.take_hints(frame, hints, most)?;
        let nobody = self.tracks.live().is_empty();
        // Marks that fit no face must not hide the faces that are there.
        if hints.is_empty() || nobody {
            self.since_search = self.since_search.saturating_add(1);
            let due = self.since_search >= settings.detect_interval && settings.detect_interval > 0;
            if self.fresh || lost || nobody || self.unfinished || due {
                self.unfinished = false;
                self.search(frame, lost, most)?;
                self.verify(frame, time)?;
            }
            self.revisit(frame, most)?;
        }
        self.fresh = false;
        self.tracks.align(time, &Smoothing::with_strength(settings.smoothing));
        self.tracks.keep_largest(most);
        self.suspect();
        self.give(faces);
        Ok(())
    }

    /// Places of the last frame, in frame px, where a detector or a hint claims a face that became none: too weak a
    /// detection (score 0.3 to 0.5), one that the mesh rejected, or one beyond `max_faces`. Known only for frames in
    /// which [`Finder::detector_ran`] or that had hints.
    pub fn suspects(&self) -> &[Rect] {
        &self.suspects
    }

    /// Whether detections of the last frame were left for the next, so that it did not take too long; they are among the
    /// suspects.
    pub fn unfinished(&self) -> bool {
        self.unfinished
    }

    /// Whether a detector ran for the last frame.
    pub fn detector_ran(&self) -> bool {
        self.detector_ran
    }

    /// Runs the mesh where each face was; returns whether one was lost.
    fn follow(&mut self, frame: &Frame, time: f64) -> Result<bool, FindError> {
        let mut lost = false;
        for i in (0..self.tracks.live().len()).rev() {
            let roi = self.tracks.live()[i].roi();
            match self.look(frame, &roi)? {
                Some((bounds, score)) => self.tracks.live_mut()[i].moved(&self.landmarks, bounds, score),
                None => {
                    self.tracks.lose(i, time);
                    lost = true;
                }
            }
        }
        Ok(lost)
    }

    /// Runs the mesh on a region; fills `landmarks` and gives their bounds and score if they are a face's.
    fn look(&mut self, frame: &Frame, roi: &Similarity) -> Result<Option<(Rect, f32)>, FindError> {
        let score = self.mesh.run(frame, roi, &mut self.landmarks).map_err(failed(MESH))?;
        let (width, height) = self.size;
        Ok(if score >= FACE { plausible(&self.landmarks, width, height).map(|bounds| (bounds, score)) } else { None })
    }

    /// Looks at the whole frame, and elsewhere while nothing is followed: in every other frame, so that none takes long.
    fn search(&mut self, frame: &Frame, lost: bool, most: usize) -> Result<(), FindError> {
        let probes = Probes::new(self.size.0, self.size.1, self.detector.size());
        self.since_search = 0;
        self.elsewhere = !self.elsewhere && !self.fresh && !lost && self.tracks.live().is_empty();
        if self.elsewhere {
            self.next_probe = (self.next_probe + 1) % probes.others();
            return self.probe_other(frame, &probes, self.next_probe, most);
        }
        self.probe(frame, &probes.whole(), FACE, most)?;
        if !self.fresh || !self.tracks.live().is_empty() {
            return Ok(());
        }
        for i in 0..probes.others() {
            // All tiles, but one turn: faces that stand are not looked for lying.
            if i >= probes.tiles() && !self.tracks.live().is_empty() {
                break;
            }
            self.probe_other(frame, &probes, i, most)?;
        }
        Ok(())
    }

    /// A tile, or the frame turned: there faces are rare, and only a sure one is taken.
    fn probe_other(&mut self, frame: &Frame, probes: &Probes, i: usize, most: usize) -> Result<(), FindError> {
        let least = if i < probes.tiles() { FACE } else { SURE };
        self.probe(frame, &probes.other(i), least, most)
    }

    /// One run of the detector; follows what scores at `least` that much.
    fn probe(&mut self, frame: &Frame, search: &Similarity, least: f32, most: usize) -> Result<(), FindError> {
        let first = self.detections.len();
        self.detector.detect(frame, search, SUSPECT, &mut self.detections).map_err(failed(DETECTOR))?;
        self.detector_ran = true;
        self.admit(frame, first, least, most)
    }

    /// Looks again where faces were lost a moment ago.
    fn revisit(&mut self, frame: &Frame, most: usize) -> Result<(), FindError> {
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

    /// Begins to follow the detections from number `first` on that are a new face and score at `least` that much, largest
    /// first.
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
    fn verify(&mut self, frame: &Frame, time: f64) -> Result<(), FindError> {
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

    /// Whether a closer look shows a face where a detection that is not sure does.
    fn confirmed(&mut self, frame: &Frame, detection: &Detection) -> Result<bool, FindError> {
        if detection.score >= SURE {
            return Ok(true);
        }
        self.seen_close_up(frame, &detection.bounds, mesh::tilt_of_detection(detection), FACE)
    }

    /// Whether the cheap detector sees a face there, tilted by `tilt`, with at least this score.
    fn seen_close_up(&mut self, frame: &Frame, bounds: &Rect, tilt: f32, score: f32) -> Result<bool, FindError> {
        let search = Probes::new(self.size.0, self.size.1, self.close_up.size()).around(bounds, tilt);
        self.closer.clear();
        self.close_up.detect(frame, &search, score, &mut self.closer).map_err(failed(DETECTOR))?;
        Ok(self.closer.iter().any(|seen| same_place(&seen.bounds, bounds)))
    }

    /// Begins to follow the hinted faces that are not followed yet.
    fn take_hints(&mut self, frame: &Frame, hints: &[Rect], most: usize) -> Result<(), FindError> {
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

    /// Begins to follow the face in a region, if there is room for it and its mesh scores at `least` that much. The face
    /// may be `upside_down` there.
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

    /// Lists the detections that became no face.
    fn suspect(&mut self) {
        for Detection { bounds, .. } in &self.detections {
            let listed = self.suspects.iter().any(|other| same_place(other, bounds));
            if self.suspects.len() < MOST_SUSPECTS && !listed && !self.tracks.hold(bounds) {
                self.suspects.push(*bounds);
            }
        }
    }

    /// Writes the faces that are followed, in the memory of earlier ones.
    fn give(&mut self, faces: &mut Vec<Face>) {
        for track in self.tracks.live() {
            let mut landmarks = self.spare.pop().map(|face| face.landmarks).unwrap_or_default();
            landmarks.clear();
            landmarks.extend_from_slice(&track.landmarks);
            faces.push(Face {
                track: track.id,
                score: track.score,
                bounds: track.bounds,
                landmarks,
                to_canonical: track.to_canonical,
                yaw: template::yaw(&track.landmarks, &track.to_canonical),
            });
        }
        self.spare.truncate(MOST_FACES);
    }
}

/// Whether a hint can be a rectangle about a face.
fn usable(hint: &Rect) -> bool {
    let numbers = [hint.x, hint.y, hint.w, hint.h].iter().all(|value| value.is_finite());
    numbers && hint.w >= 1.0 && hint.h >= 1.0
}
