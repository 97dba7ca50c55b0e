//! Looks at each frame that comes out of the live path.

use image::GrayImage;

use super::EvalError;
use super::album::{Album, AlbumFrame};
use super::detail::{Usual, detail, detail_at};
use super::face_mask::FaceMask;
use super::figures::FrameFigures;
use super::iris;
use super::likeness;
use super::live_path::{LivePath, Passed};
use super::motion::{Flicker, Jitter};
use super::outside::Allowed;
use super::parts;
use super::picture::{Picture, Square};
use super::seam::seam;
use super::seen::{Seen, Watcher};
use super::series::Series;
use super::skin_tone::typology_angle;
use super::truth::GroundTruth;
use super::warping::Warper;
use crate::face::IdentityNetwork;
use crate::face::{Face, align};
use crate::frame::{OwnedFrame, VideoBuffer};
use crate::live::{Outcome, Stage, StageTimes};
use crate::runtime::Runtime;

/// Side of the page's pictures in px, and how much more than the face they show.
const PICTURE: (usize, f32) = (168, 1.45);
/// How much more than the face is measured, so that the whole crop of the usual models is in it.
const MARGIN: f32 = 1.7;

/// What was measured so far.
pub struct Measurer {
    source: Watcher,
    output: Watcher,
    truth: Watcher,
    identity: IdentityNetwork,
    known: Option<GroundTruth>,
    usual: Usual,
    flicker: Flicker,
    jitter: [Jitter; 2],
    warper: Warper,
    /// Each frame's figures.
    pub frames: Vec<FrameFigures>,
    /// Each frame's times.
    pub stages: Vec<StageTimes>,
    /// Each frame's part of what says something only over the whole clip.
    pub series: Vec<Series>,
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
        identity: IdentityNetwork,
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
            series: Vec::new(),
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
        self.series.push(series);
        Ok(())
    }

    fn subject(&mut self, figures: &mut FrameFigures, seen: &Seen<'_>) -> Result<Series, EvalError> {
        let Seen { face, passed, before, after, .. } = seen;
        self.unrecognisable += usize::from(after.is_none());
        let known = self.known.as_ref().and_then(|known| known.face(figures.frame as usize, &face.bounds));
        let series = Series::of(seen, known.as_ref(), &mut self.identity)?;
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
        let square = Square::about(&face.bounds, PICTURE.1).sized(PICTURE.0);
        let mut pictures = vec![
            ("source", square.cut(&passed.plate.frame()?).to_image()),
            ("swap", square.cut(&passed.output.frame()?).to_image()),
        ];
        if let Some(truth) = truth {
            pictures.push(("truth", square.cut(&truth.frame()?).to_image()));
        }
        self.album.add(AlbumFrame { frame: figures.frame, pictures }, badness);
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

fn outside(passed: &Passed, live: &LivePath) -> u64 {
    let mut allowed = Allowed::nowhere(passed.plate.layout());
    passed.swapped.iter().for_each(|face| allowed.crop(face, live.crop()));
    passed.concealed.iter().for_each(|region| allowed.region(region));
    if passed.concealed_whole {
        allowed.everywhere();
    }
    allowed.violations(&passed.plate, &passed.output)
}
