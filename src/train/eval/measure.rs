//! Looks at each frame that comes out of the live path.

use image::GrayImage;

use super::EvalError;
use super::album::{Album, Shot};
use super::detail::{Usual, detail, detail_at};
use super::expression::{self, Expression};
use super::face_mask::FaceMask;
use super::figures::FrameFigures;
use super::identity::{Embedding, Identity};
use super::iris::{self, Place};
use super::likeness;
use super::live_path::{LivePath, Passed};
use super::motion::{Flicker, Jitter};
use super::outside::Allowed;
use super::parts;
use super::picture::{Picture, Square};
use super::seam::seam;
use super::skin_tone::typology_angle;
use super::still::{Steady, steady};
use super::truth::{GroundTruth, TrueFace};
use super::warping::Warper;
use crate::face::{Face, Finder, FinderSettings, Mesh, align};
use crate::frame::{OwnedFrame, VideoBuffer};
use crate::geometry::Rect;
use crate::live::{Outcome, Stage, StageTimes};
use crate::runtime::Runtime;
use crate::train::extract::pose::{Pose, pose};

/// Every so many frames a face is embedded.
const IDENTITY_STRIDE: u64 = 3;
/// Side of the page's pictures in px, and how much more than the face they show.
const SHOT: (usize, f32) = (168, 1.45);
/// How much more than the face is measured, so that the whole crop of the usual models is in it.
const MARGIN: f32 = 1.7;

/// Follows the subject's face in one of the streams, with refined eyes and lips and without smoothing.
struct Watcher {
    finder: Finder,
    faces: Vec<Face>,
}

impl Watcher {
    fn new(runtime: &Runtime) -> Result<Self, EvalError> {
        Ok(Self { finder: Finder::new(runtime, Mesh::Points478)?, faces: Vec::new() })
    }

    /// The face that lies where `at` is.
    fn see(&mut self, frame: &OwnedFrame, at: &Rect, time: f64) -> Result<Option<Face>, EvalError> {
        let settings = FinderSettings { smoothing: 0.0, ..FinderSettings::default() };
        self.finder.find(&frame.frame()?, &[*at], time, &settings, &mut self.faces)?;
        let overlap = |face: &Face| face.bounds.iou(at);
        let nearest = self.faces.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
        Ok(nearest.filter(|face| overlap(face) > 0.3).cloned())
    }
}

/// Embeddings of one frame.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// The output's face.
    pub output: Embedding,
    /// The source's face.
    pub source: Embedding,
    /// The truth's face.
    pub truth: Option<Embedding>,
    /// The network's bare output.
    pub bare: Option<Embedding>,
}

/// Expressions of one frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expressions {
    /// The output's.
    pub output: Option<Expression>,
    /// The source's.
    pub source: Option<Expression>,
    /// The ground truth's.
    pub truth: Option<Expression>,
}

/// Where output and source have their irises, and points that no expression moves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Places {
    /// Irises of the output.
    pub iris_output: [Option<Place>; 2],
    /// Irises of the source.
    pub iris_source: [Option<Place>; 2],
    /// Steady points of the output.
    pub steady_output: Option<Steady>,
    /// Steady points of the source.
    pub steady_source: Option<Steady>,
}

/// Poses of one frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Poses {
    /// The output's.
    pub output: Option<Pose>,
    /// The source's.
    pub source: Option<Pose>,
    /// The truth clip's.
    pub truth: Option<Pose>,
    /// The ground truth's.
    pub known: Option<Pose>,
}

/// One frame's part of what says something only over the whole clip.
#[derive(Default)]
struct Series {
    embedded: Option<Embedded>,
    poses: Poses,
    expressions: Expressions,
    places: Places,
}

/// One swapped face, in all the streams.
struct Seen<'a> {
    /// As the live path found it.
    face: &'a Face,
    passed: &'a Passed,
    /// In the source.
    before: Option<Face>,
    /// In the output.
    after: Option<Face>,
    /// The truth's frame, and the face in it.
    truth: Option<(&'a OwnedFrame, Option<Face>)>,
    mask: FaceMask<'a>,
}

impl Seen<'_> {
    fn truth_frame(&self) -> Option<&OwnedFrame> {
        self.truth.as_ref().map(|(frame, _)| *frame)
    }

    fn truth_face(&self) -> Option<&Face> {
        self.truth.as_ref().and_then(|(_, face)| face.as_ref())
    }

    /// The source's face, where it is not turned so far that half of it is guessed.
    fn frontal(&self) -> Option<&Face> {
        self.before.as_ref().filter(|face| pose(&face.landmarks).is_some_and(|p| p.yaw.abs() <= expression::FRONTAL))
    }
}

/// What was measured so far. Embeddings, poses, expressions and places say something only over the whole clip.
pub struct Measurer {
    source: Watcher,
    output: Watcher,
    truth: Watcher,
    identity: Identity,
    known: Option<GroundTruth>,
    usual: Usual,
    flicker: Flicker,
    jitter: [Jitter; 2],
    warper: Warper,
    /// Each frame's figures.
    pub frames: Vec<FrameFigures>,
    /// Each frame's times.
    pub stages: Vec<StageTimes>,
    /// Each frame's embeddings.
    pub embedded: Vec<Option<Embedded>>,
    /// Each frame's poses.
    pub poses: Vec<Poses>,
    /// Each frame's expressions.
    pub expressions: Vec<Expressions>,
    /// Each frame's places.
    pub places: Vec<Places>,
    /// Frames with a true face that left untouched.
    pub missed: usize,
    /// Swapped frames in whose output no face is found.
    pub unrecognisable: usize,
    /// Swapped frames that were held against the truth.
    pub compared: usize,
    /// Those of them in which the truth's mask has no face where one is.
    pub unmasked: usize,
    /// Why the first frame that could not be swapped could not.
    pub failure: Option<String>,
    /// Pictures.
    pub album: Album,
}

impl Measurer {
    /// Loads what it needs; `usual` is the detail that the target's eyes have.
    ///
    /// # Errors
    /// [`EvalError::Find`] where a network is refused.
    pub fn new(
        runtime: &Runtime,
        identity: Identity,
        known: Option<GroundTruth>,
        usual: Usual,
    ) -> Result<Self, EvalError> {
        Ok(Self {
            source: Watcher::new(runtime)?,
            output: Watcher::new(runtime)?,
            truth: Watcher::new(runtime)?,
            identity,
            known,
            usual,
            flicker: Flicker::default(),
            jitter: Default::default(),
            warper: Warper::default(),
            frames: Vec::new(),
            stages: Vec::new(),
            embedded: Vec::new(),
            poses: Vec::new(),
            expressions: Vec::new(),
            places: Vec::new(),
            missed: 0,
            unrecognisable: 0,
            compared: 0,
            unmasked: 0,
            failure: None,
            album: Album::default(),
        })
    }

    /// Frames a second, where ground truth says so.
    pub fn known_fps(&self) -> Option<f64> {
        self.known.as_ref().map(|known| known.fps)
    }

    /// Whether ground truth is there.
    pub fn has_ground_truth(&self) -> bool {
        self.known.is_some()
    }

    /// Whether no face was found in any frame.
    pub fn saw_nobody(&self) -> bool {
        self.frames.iter().all(|frame| frame.faces == 0)
    }

    /// Measures one frame. `truth` and `classes` are the frames beside it of the truth clip and its mask.
    ///
    /// # Errors
    /// [`EvalError`] where a network fails.
    pub fn measure(
        &mut self,
        number: u64,
        time: f64,
        passed: &Passed,
        live: &LivePath,
        truth: Option<&OwnedFrame>,
        classes: Option<&GrayImage>,
    ) -> Result<(), EvalError> {
        let outcome = match passed.outcome {
            Outcome::Swapped if passed.fresh == 0 => "held",
            Outcome::Swapped => "swapped",
            Outcome::Concealed => "concealed",
            Outcome::Untouched => "untouched",
            Outcome::Dropped => "dropped",
        };
        let mut figures = FrameFigures {
            frame: number,
            time,
            outcome,
            faces: passed.found.len(),
            milliseconds: passed.stages[Stage::Total as usize],
            outside: outside(passed, live),
            ..FrameFigures::default()
        };
        if self.failure.is_none() {
            self.failure.clone_from(&passed.failure);
        }
        let there = self.known.as_ref().is_some_and(|known| known.faces(number as usize) > 0);
        self.missed += usize::from(there && passed.outcome == Outcome::Untouched);
        let subject = passed.swapped.first().filter(|_| outcome == "swapped");
        let mut series = Series::default();
        match subject {
            Some(face) => {
                let beside = match truth {
                    Some(frame) => self.truth.see(frame, &face.bounds, time)?,
                    None => None,
                };
                let seen = Seen {
                    face,
                    passed,
                    before: self.source.see(&passed.plate, &face.bounds, time)?,
                    after: self.output.see(&passed.output, &face.bounds, time)?,
                    truth: truth.map(|frame| (frame, beside)),
                    mask: FaceMask { face, classes, size: (passed.plate.layout().width, passed.plate.layout().height) },
                };
                series = self.subject(&mut figures, &seen)?;
            }
            None => {
                self.flicker.interrupt();
                self.jitter.iter_mut().for_each(Jitter::interrupt);
                self.warper.interrupt();
            }
        }
        self.frames.push(figures);
        self.stages.push(passed.stages);
        self.embedded.push(series.embedded);
        self.poses.push(series.poses);
        self.expressions.push(series.expressions);
        self.places.push(series.places);
        Ok(())
    }

    fn subject(&mut self, figures: &mut FrameFigures, seen: &Seen<'_>) -> Result<Series, EvalError> {
        let Seen { face, passed, before, after, .. } = seen;
        self.unrecognisable += usize::from(after.is_none());
        let series = self.series(figures, seen)?;
        self.moves(figures, seen)?;
        let square = Square::about(&face.bounds, MARGIN);
        let (plate, output) = (square.cut(&passed.plate.frame()?), square.cut(&passed.output.frame()?));
        figures.skin_tone = typology_angle(&plate, &square.hull_mask(face));
        let canonical = face.to_canonical.scale() * square.to_frame.scale() / square.side as f32;
        if let Some(seam) = seam(&plate.luma(), &output.luma(), square.side, canonical) {
            (figures.seam, figures.seam_ratio) = (Some(seam.excess), Some(seam.ratio));
        }
        self.compare(figures, seen, &square, [&plate, &output])?;
        self.shoot(figures, face, badness(figures, before.as_ref(), after.as_ref()), passed, seen.truth_frame())?;
        Ok(series)
    }

    /// What says something only over the whole clip.
    fn series(&mut self, figures: &FrameFigures, seen: &Seen<'_>) -> Result<Series, EvalError> {
        let (before, after) = (seen.before.as_ref(), seen.after.as_ref());
        let known = self.known.as_ref().and_then(|known| known.face(figures.frame as usize, &seen.face.bounds));
        let pose = |face: Option<&Face>| face.and_then(|face| pose(&face.landmarks));
        let irises =
            |face: Option<&Face>| seen.frontal().and(face).map_or([None; 2], |face| iris::places(&face.landmarks));
        Ok(Series {
            poses: Poses {
                output: pose(after),
                source: pose(before),
                truth: pose(seen.truth_face()),
                known: known.as_ref().map(|known| known.pose),
            },
            expressions: expressions_of(seen.frontal(), after, known.as_ref()),
            places: Places {
                iris_output: irises(after),
                iris_source: irises(before),
                steady_output: after.and_then(steady),
                steady_source: before.and_then(steady),
            },
            embedded: match (figures.frame % IDENTITY_STRIDE, before, after) {
                (0, Some(before), Some(after)) => self.embed(before, after, seen)?,
                _ => None,
            },
        })
    }

    /// What moved since the frame before.
    fn moves(&mut self, figures: &mut FrameFigures, seen: &Seen<'_>) -> Result<(), EvalError> {
        let mut step = |stream: usize, face: Option<&Face>| match face {
            Some(face) => self.jitter[stream].step(face),
            None => {
                self.jitter[stream].interrupt();
                None
            }
        };
        figures.jitter_source = step(0, seen.before.as_ref());
        figures.jitter_output = step(1, seen.after.as_ref());
        figures.jitter = figures.jitter_output.zip(figures.jitter_source).map(|(output, source)| output - source);
        let (plate, output) = (&seen.passed.plate, &seen.passed.output);
        if let Some(change) = self.flicker.change(seen.face, &plate.frame()?, &output.frame()?) {
            figures.flicker_output = Some(change.output);
            figures.flicker_source = Some(change.plate);
            figures.flicker = Some(change.output - change.plate);
        }
        let reference = seen.truth_frame().unwrap_or(plate);
        if let Some(found) = self.warper.step(seen.face, output, reference, |square| seen.mask.inner(square))? {
            figures.warping_output = Some(found.output);
            figures.warping_reference = Some(found.reference);
            figures.warping = Some(found.output - found.reference);
            figures.temporal = Some(found.temporal);
        }
        Ok(())
    }

    /// How like the truth it is, and how sharp the eyes are.
    fn compare(
        &mut self,
        figures: &mut FrameFigures,
        seen: &Seen<'_>,
        square: &Square,
        [plate, output]: [&Picture; 2],
    ) -> Result<(), EvalError> {
        let frame = seen.passed.output.frame()?;
        let Some(truth) = seen.truth_frame() else {
            if let Some(after) = seen.frontal().and(seen.after.as_ref())
                && let Some(found) = detail(&frame, &after.landmarks)
            {
                figures.eye_detail = self.usual.at(found.at).map(|usual| found.relative / usual);
            }
            return Ok(());
        };
        let truth = truth.frame()?;
        self.compared += 1;
        let there = likeness::composite(figures, square, [plate, output, &square.cut(&truth)], &seen.mask);
        self.unmasked += usize::from(!there);
        if let Some(bare) = seen.passed.drawn.first() {
            likeness::bare(figures, bare, &truth, &seen.mask);
        }
        let Some(beside) = seen.frontal().and(seen.truth_face()) else { return Ok(()) };
        if let Some(boxes) = parts::boxes(&beside.landmarks) {
            likeness::parts(figures, &frame, &truth, &boxes);
        }
        if let Some(wanted) = detail(&truth, &beside.landmarks) {
            // The same place in both: what is misplaced is not what is blurred.
            let place = seen.after.as_ref().map_or(&beside.landmarks, |after| &after.landmarks);
            let drawn = detail_at(&frame, place, wanted.at);
            figures.eye_detail = drawn.map(|drawn| drawn.energy / wanted.energy.max(1e-9));
        }
        if let Some(after) = &seen.after {
            figures.iris_to_truth = iris::apart(&iris::places(&after.landmarks), &iris::places(&beside.landmarks));
        }
        Ok(())
    }

    fn embed(&mut self, before: &Face, after: &Face, seen: &Seen<'_>) -> Result<Option<Embedded>, EvalError> {
        let source = self.identity.embed(&seen.passed.plate.frame()?, &before.landmarks)?;
        let output = self.identity.embed(&seen.passed.output.frame()?, &after.landmarks)?;
        let truth = match seen.truth_frame().zip(seen.truth_face()) {
            Some((frame, face)) => self.identity.embed(&frame.frame()?, &face.landmarks)?,
            None => None,
        };
        let bare = match seen.passed.drawn.first() {
            Some(bare) => self.identity.embed(&bare.picture.to_frame().frame()?, &bare.points(&after.landmarks))?,
            None => None,
        };
        Ok(source.zip(output).map(|(source, output)| Embedded { output, source, truth, bare }))
    }

    fn shoot(
        &mut self,
        figures: &FrameFigures,
        face: &Face,
        badness: f32,
        passed: &Passed,
        truth: Option<&OwnedFrame>,
    ) -> Result<(), EvalError> {
        if !self.album.wants(figures.frame, badness) {
            return Ok(());
        }
        let square = Square::about(&face.bounds, SHOT.1).sized(SHOT.0);
        let mut pictures = vec![
            ("source", square.cut(&passed.plate.frame()?).to_image()),
            ("swap", square.cut(&passed.output.frame()?).to_image()),
        ];
        if let Some(truth) = truth {
            pictures.push(("truth", square.cut(&truth.frame()?).to_image()));
        }
        self.album.add(Shot { frame: figures.frame, pictures }, badness);
        Ok(())
    }
}

/// How bad a frame is, for choosing the worst: by the truth where there is one, else by how far the output's landmarks
/// lie from the source's.
fn badness(figures: &FrameFigures, before: Option<&Face>, after: Option<&Face>) -> f32 {
    let Some(after) = after else { return f32::MAX };
    if let Some(perceptual) = figures.perceptual {
        return perceptual;
    }
    let apart = before.and_then(|before| {
        let scale = align(&before.landmarks)?.scale();
        let pairs = before.landmarks.iter().zip(&after.landmarks);
        Some(scale * pairs.map(|(a, b)| a.distance(*b)).sum::<f32>() / before.landmarks.len().max(1) as f32)
    });
    apart.unwrap_or(0.0)
}

/// `source` is the source's face, where it shows what it does.
fn expressions_of(source: Option<&Face>, after: Option<&Face>, known: Option<&TrueFace>) -> Expressions {
    let Some(source) = source else { return Expressions::default() };
    let truth =
        known.and_then(|known| expression::of_truth(&known.landmarks, &known.pupils, &align(&source.landmarks)?));
    Expressions { output: after.and_then(expression::of_mesh), source: expression::of_mesh(source), truth }
}

fn outside(passed: &Passed, live: &LivePath) -> u64 {
    let mut allowed = Allowed::nowhere(passed.plate.layout());
    passed.swapped.iter().for_each(|face| allowed.crop(face, live.crop()));
    passed.concealed.iter().for_each(|region| allowed.region(region));
    if passed.concealed_whole {
        allowed.everywhere();
    }
    allowed.violations(&passed.plate, &passed.output)
}
