//! Looks at each frame that comes out of the live path.

use image::GrayImage;

use super::EvalError;
use super::album::{Album, Shot};
use super::expression::{self, Expression};
use super::figures::FrameFigures;
use super::identity::{Embedding, Identity};
use super::live_path::{LivePath, Passed};
use super::motion::{Flicker, Jitter};
use super::outside::Allowed;
use super::picture::Square;
use super::reference::face_classes;
use super::seam::seam;
use super::similarity::{ms_gmsd, psnr, ssim};
use super::truth::{GroundTruth, TrueFace};
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

/// What was measured so far. Embeddings, poses and expressions say something only over the whole clip.
pub struct Measurer {
    source: Watcher,
    output: Watcher,
    truth: Watcher,
    identity: Identity,
    known: Option<GroundTruth>,
    flicker: Flicker,
    jitter: [Jitter; 2],
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
    /// Loads what it needs.
    ///
    /// # Errors
    /// [`EvalError::Find`] where a network is refused.
    pub fn new(runtime: &Runtime, identity: Identity, known: Option<GroundTruth>) -> Result<Self, EvalError> {
        Ok(Self {
            source: Watcher::new(runtime)?,
            output: Watcher::new(runtime)?,
            truth: Watcher::new(runtime)?,
            identity,
            known,
            flicker: Flicker::default(),
            jitter: Default::default(),
            frames: Vec::new(),
            stages: Vec::new(),
            embedded: Vec::new(),
            poses: Vec::new(),
            expressions: Vec::new(),
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
        let (mut embedded, mut poses, mut expressions) = (None, Poses::default(), Expressions::default());
        match subject {
            Some(face) => {
                self.subject(
                    &mut figures,
                    face,
                    passed,
                    truth,
                    classes,
                    (&mut poses, &mut expressions, &mut embedded),
                )?;
            }
            None => {
                self.flicker.interrupt();
                self.jitter.iter_mut().for_each(Jitter::interrupt);
            }
        }
        self.frames.push(figures);
        self.stages.push(passed.stages);
        self.embedded.push(embedded);
        self.poses.push(poses);
        self.expressions.push(expressions);
        Ok(())
    }

    fn subject(
        &mut self,
        figures: &mut FrameFigures,
        face: &Face,
        passed: &Passed,
        truth: Option<&OwnedFrame>,
        classes: Option<&GrayImage>,
        (poses, expressions, embedded): (&mut Poses, &mut Expressions, &mut Option<Embedded>),
    ) -> Result<(), EvalError> {
        let (plate, output) = (passed.plate.frame()?, passed.output.frame()?);
        let before = self.source.see(&passed.plate, &face.bounds, figures.time)?;
        let after = self.output.see(&passed.output, &face.bounds, figures.time)?;
        self.unrecognisable += usize::from(after.is_none());
        let known = self.known.as_ref().and_then(|known| known.face(figures.frame as usize, &face.bounds));
        let beside = match truth {
            Some(frame) => self.truth.see(frame, &face.bounds, figures.time)?,
            None => None,
        };
        let pose = |face: &Option<Face>| face.as_ref().and_then(|face| pose(&face.landmarks));
        *poses = Poses {
            output: pose(&after),
            source: pose(&before),
            truth: pose(&beside),
            known: known.as_ref().map(|known| known.pose),
        };
        *expressions = expressions_of(before.as_ref(), after.as_ref(), known.as_ref());
        self.moves(figures, before.as_ref(), after.as_ref());
        if let Some(change) = self.flicker.change(face, &plate, &output) {
            figures.flicker_output = Some(change.output);
            figures.flicker_source = Some(change.plate);
            figures.flicker = Some(change.output - change.plate);
        }
        let square = Square::about(&face.bounds, MARGIN);
        let (plate_piece, output_piece) = (square.cut(&plate), square.cut(&output));
        let (plate_luma, output_luma) = (plate_piece.luma(), output_piece.luma());
        let canonical = face.to_canonical.scale() * square.to_frame.scale() / square.side as f32;
        if let Some(seam) = seam(&plate_luma, &output_luma, square.side, canonical) {
            (figures.seam, figures.seam_ratio) = (Some(seam.excess), Some(seam.ratio));
        }
        if let Some(truth) = truth {
            let mut mask = match classes {
                Some(ids) => face_classes(ids, &square),
                None => square.hull_mask(face),
            };
            self.compared += 1;
            self.unmasked += usize::from(mask.iter().all(|&share| share == 0.0));
            square.clip(&mut mask, (passed.plate.layout().width, passed.plate.layout().height));
            let piece = square.cut(&truth.frame()?);
            let (luma, side) = (piece.luma(), square.side);
            figures.ssim = ssim(&output_luma, &luma, side, &mask);
            figures.ssim_unswapped = ssim(&plate_luma, &luma, side, &mask);
            figures.psnr = psnr(&output_piece, &piece, &mask);
            figures.psnr_unswapped = psnr(&plate_piece, &piece, &mask);
            figures.perceptual = ms_gmsd(&output_luma, &luma, side, &mask);
            figures.perceptual_unswapped = ms_gmsd(&plate_luma, &luma, side, &mask);
        }
        if let (0, Some(before), Some(after)) = (figures.frame % IDENTITY_STRIDE, &before, &after) {
            *embedded = self.embed(before, after, passed, truth.zip(beside.as_ref()))?;
        }
        self.shoot(figures, face, badness(figures, before.as_ref(), after.as_ref()), passed, truth)
    }

    fn moves(&mut self, figures: &mut FrameFigures, before: Option<&Face>, after: Option<&Face>) {
        let mut step = |stream: usize, face: Option<&Face>| match face {
            Some(face) => self.jitter[stream].step(face),
            None => {
                self.jitter[stream].interrupt();
                None
            }
        };
        (figures.jitter_source, figures.jitter_output) = (step(0, before), step(1, after));
        figures.jitter = figures.jitter_output.zip(figures.jitter_source).map(|(output, source)| output - source);
    }

    fn embed(
        &mut self,
        before: &Face,
        after: &Face,
        passed: &Passed,
        truth: Option<(&OwnedFrame, &Face)>,
    ) -> Result<Option<Embedded>, EvalError> {
        let source = self.identity.embed(&passed.plate.frame()?, &before.landmarks)?;
        let output = self.identity.embed(&passed.output.frame()?, &after.landmarks)?;
        let truth = match truth {
            Some((frame, face)) => self.identity.embed(&frame.frame()?, &face.landmarks)?,
            None => None,
        };
        Ok(source.zip(output).map(|(source, output)| Embedded { output, source, truth }))
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

fn expressions_of(before: Option<&Face>, after: Option<&Face>, known: Option<&TrueFace>) -> Expressions {
    let frontal = |face: &&Face| pose(&face.landmarks).is_some_and(|pose| pose.yaw.abs() <= expression::FRONTAL);
    let Some(before) = before.filter(frontal) else { return Expressions::default() };
    let truth =
        known.and_then(|known| expression::of_truth(&known.landmarks, &known.pupils, &align(&before.landmarks)?));
    Expressions { output: after.and_then(expression::of_mesh), source: expression::of_mesh(before), truth }
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
