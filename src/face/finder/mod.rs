//! Every face of a frame: the mesh on the faces that are followed, the detector where that is not enough.

mod search;
mod search_thread;

use self::search_thread::SearchThread;
use super::mesh::{Mesh, MeshNetwork};
use super::tracker::{Tracks, plausible, same_place};
use super::{
    BlazeFace, Detection, Detector, Face, FindError, FinderSettings, PeopleMap, PeopleNetwork, Recognised, Smoothing,
    template,
};
use crate::frame::Frame;
use crate::geometry::{Point, Rect, Similarity};
use crate::runtime::{NetworkError, Runtime};

/// Score from which on a detection or a mesh is a face.
const FACE: f32 = 0.5;
/// Faces that are followed at most, whatever the settings say.
const MOST_FACES: usize = 64;
/// Suspects that are kept at most.
const MOST_SUSPECTS: usize = 64;
/// New faces that are tried in a frame at most: each takes several runs of the mesh.
const MOST_ATTEMPTS: usize = 2;

const MESH: &str = "face mesh";
const DETECTOR: &str = "face detector";
const PEOPLE: &str = "network that finds people";

fn failed(network: &'static str) -> impl Fn(NetworkError) -> FindError {
    move |source| FindError::Run { network, source }
}

/// Frames that a search beside the stream takes.
const ROUTINE: u8 = 2;

/// A search beside the stream. It is taken in a fixed number of frames later, so that the outcome does not depend on
/// how fast the detector is.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
enum Routine {
    #[default]
    None,
    /// Until so many frames later the detector has time.
    Running(u8),
    /// It has seen this, which is not to be known before.
    Seen(u8, Vec<Detection>),
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
    #[serde(default)]
    routine: Routine,
}

impl Default for FinderState {
    fn default() -> Self {
        let tracks = Tracks::default();
        let routine = Routine::None;
        let (elsewhere, unfinished) = (false, false);
        Self { tracks, size: (0, 0), fresh: true, since_search: 0, next_probe: 0, elsewhere, unfinished, routine }
    }
}

/// Finds and follows the faces of one stream.
#[derive(Debug)]
pub struct Finder {
    detector: SearchThread,
    routine: Routine,
    /// Looks closely at one place: there the cheap detector is enough.
    close_up: Detector,
    mesh: MeshNetwork,
    /// The mesh without refined points, where the other has them; and whether it is to be taken.
    plain: Option<MeshNetwork>,
    plainly: bool,
    people: PeopleNetwork,
    /// Whether it has looked at this frame.
    people_ran: bool,
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
    /// Whether a face was lost for which no search beside the stream was begun yet.
    wanted: bool,
    /// Whether the last frame was one of [`FinderSettings::search_beside`].
    beside: bool,
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
        let detector = Detector::new(runtime, detector).and_then(SearchThread::start).map_err(load(DETECTOR))?;
        Ok(Self {
            detector,
            routine: Routine::None,
            close_up: Detector::new(runtime, BlazeFace::Short).map_err(load(DETECTOR))?,
            mesh: MeshNetwork::new(runtime, mesh).map_err(load(MESH))?,
            plain: match mesh {
                Mesh::Points468 => None,
                Mesh::Points478 => Some(MeshNetwork::new(runtime, Mesh::Points468).map_err(load(MESH))?),
            },
            plainly: false,
            people: PeopleNetwork::new(runtime).map_err(load(PEOPLE))?,
            people_ran: false,
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
            wanted: false,
            beside: false,
        })
    }

    /// Forgets every face, as after a seek; track numbers go on.
    pub fn reset(&mut self) {
        self.tracks.clear();
        self.suspects.clear();
        self.fresh = true;
        self.since_search = 0;
        self.next_probe = 0;
        self.routine = Routine::None;
        self.wanted = false;
        self.beside = false;
    }

    /// What it knows of the frames so far, to go on from there in another process.
    ///
    /// # Errors
    /// [`FindError::Run`] where the detector was at work and fails.
    pub fn state(&mut self) -> Result<FinderState, FindError> {
        if let Routine::Running(left) = self.routine {
            let mut seen = Vec::new();
            self.detector.finish(&mut seen).map_err(failed(DETECTOR))?;
            self.routine = Routine::Seen(left, seen);
        }
        Ok(FinderState {
            routine: self.routine.clone(),
            tracks: self.tracks.noted(),
            size: self.size,
            fresh: self.fresh,
            since_search: self.since_search,
            next_probe: self.next_probe,
            elsewhere: self.elsewhere,
            unfinished: self.unfinished,
        })
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
        self.routine = state.routine;
        self.suspects.clear();
    }

    /// Replaces `faces` by those of `frame`, largest first. `time` is the frame's in seconds; `hints` are face
    /// rectangles in frame px that somebody else found, and replace the detector where they lead to a face.
    ///
    /// While all faces are followed, the detector looks at a frame now and then on a thread of its own, and what it
    /// sees counts two frames later. A face that is lost is looked for in the same frame, so that a cut leaves no
    /// gap. Where nothing is followed, the first frame is searched thoroughly (tiles, turned by quarter turns); later
    /// ones are searched whole and in one of those ways by turns, and only a few new faces are tried a frame, so that
    /// no frame takes long. With [`FinderSettings::search_beside`] only the first frame waits for the detector: who
    /// is lost, and who comes in where nobody is, is looked for by the cheap one in the frame, and by the other on
    /// its thread.
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
        self.plainly = settings.plain_landmarks;
        self.suspects.clear();
        self.detections.clear();
        self.detector_ran = false;
        self.people_ran = false;
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
            if self.fresh || self.unfinished || (lost || nobody) && !settings.search_beside {
                self.unfinished = false;
                self.wanted = false;
                self.routine = Routine::None;
                // What is to be found at once after frames of which that was not asked is a new scene.
                let whole = lost || self.beside && !settings.search_beside;
                self.search(frame, whole, most)?;
                self.verify(frame, time)?;
            } else {
                self.wanted |= lost;
                self.look_beside(frame, settings.detect_interval, time, most)?;
            }
            self.revisit(frame, most)?;
            if settings.search_beside && nobody && self.detections.is_empty() {
                self.glance(frame, most)?;
            }
        } else {
            self.routine = Routine::None;
        }
        self.fresh = false;
        self.beside = settings.search_beside;
        self.tracks.align(time, &Smoothing::with_strength(settings.smoothing));
        self.tracks.keep_largest(most);
        self.suspect();
        self.give(faces);
        Ok(())
    }

    /// Places of the last frame (after a routine search, of the frame that it began with), in frame px, where a
    /// detector or a hint claims a face that became none: too weak a detection (score 0.3 to 0.5), one that the mesh
    /// rejected, or one beyond `max_faces`. Known only for frames in which [`Finder::detector_ran`] or that had
    /// hints.
    pub fn suspects(&self) -> &[Rect] {
        &self.suspects
    }

    /// Whether detections of the last frame were left for the next, so that it did not take too long; they are among
    /// the suspects.
    pub fn unfinished(&self) -> bool {
        self.unfinished
    }

    /// Whether a detector ran for the last frame.
    pub fn detector_ran(&self) -> bool {
        self.detector_ran
    }

    /// Where people are in `frame`, the one that was given to [`Finder::find`] last.
    ///
    /// # Errors
    /// [`FindError::Run`]
    pub fn people(&mut self, frame: &Frame) -> Result<&PeopleMap, FindError> {
        if !self.people_ran {
            self.people.find(frame).map_err(failed(PEOPLE))?;
            self.people_ran = true;
        }
        Ok(self.people.last())
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
        let mesh = self.plain.as_mut().filter(|_| self.plainly).unwrap_or(&mut self.mesh);
        let score = mesh.run(frame, roi, &mut self.landmarks).map_err(failed(MESH))?;
        let (width, height) = self.size;
        Ok(if score >= FACE { plausible(&self.landmarks, width, height).map(|bounds| (bounds, score)) } else { None })
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
                to_canonical_rigid: track.to_canonical_rigid,
                skull_centre: track.skull_centre(),
                yaw: template::yaw(&track.landmarks, &track.to_canonical),
                recognised: Recognised::NotAsked,
            });
        }
        self.spare.truncate(MOST_FACES);
    }
}
