//! The first stage: faces of each frame, in order, and the plan for them.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Receiver;

use super::statistics::milliseconds;
use super::{CastingBefore, ColourMemory, Drift, FindFaces, Guard, Job, Observation, References, SceneCut, Stage};
use crate::face::{Face, FindError, Recognised, Recognition};
use crate::frame::{Frame, VideoBuffer};
use crate::geometry::Rect;

/// Finds and plans. Without a finder (its networks are still loading, or could not be loaded) it plans blindly.
pub struct FindStage {
    finder: Option<Box<dyn FindFaces>>,
    inbox: Receiver<Box<dyn FindFaces>>,
    /// Tells performers from strangers, where there are any and their references are loaded.
    recognition: Option<(u64, Recognition)>,
    references: Arc<References>,
    /// Copied from the finder, which may have to look again meanwhile.
    suspects: Vec<Rect>,
    guard: Guard,
    scene: SceneCut,
    drift: Drift,
    colours: ColourMemory,
    casting: CastingBefore,
    epoch: u64,
    time: f64,
}

impl FindStage {
    /// A stage that looks for faces with the finder that comes through `inbox`.
    pub fn new(inbox: Receiver<Box<dyn FindFaces>>) -> Self {
        Self {
            finder: None,
            inbox,
            recognition: None,
            references: Arc::default(),
            suspects: Vec::new(),
            guard: Guard::default(),
            scene: SceneCut::default(),
            drift: Drift::default(),
            colours: ColourMemory::default(),
            casting: CastingBefore::default(),
            epoch: 0,
            time: 0.0,
        }
    }

    /// The same, which knows the performers of `references`.
    #[must_use]
    pub fn recognising(self, references: Arc<References>) -> Self {
        Self { references, ..self }
    }

    /// Fills in `faces` and `plan`.
    pub fn run<F: VideoBuffer, T>(&mut self, job: &mut Job<F, T>) {
        if job.frame.is_none() {
            return;
        }
        let begun = Instant::now();
        if let Ok(finder) = self.inbox.try_recv() {
            self.finder = Some(finder);
        }
        if let Some(ready) = self.references.take() {
            self.recognition = Some(ready);
        }
        // Time that falls far back is another stream, too; a little is jitter.
        if job.epoch != self.epoch || job.time < self.time - 1.0 {
            self.epoch = job.epoch;
            self.time = job.time;
            self.guard.reset();
            self.scene.reset();
            self.drift.reset();
            self.colours.reset();
            self.recognition.iter_mut().for_each(|(_, recognition)| recognition.reset());
            if let Some(finder) = &mut self.finder {
                finder.reset();
            }
        }
        self.time = job.time.max(self.time);
        job.time = self.time;
        if self.casting.changes_to(&job.casting) {
            self.colours.reset();
        }
        self.colours.take(&mut job.colours);
        if let Err(failure) = self.plan(job) {
            job.faces.clear();
            job.failure = failure;
            self.guard.plan_blind(job.settings.on_failure, &mut job.plan);
        }
        self.colours.give(&job.plan.swap, job.time, &mut job.colours);
        job.timings.stages[Stage::Find as usize] = milliseconds(begun);
    }

    /// Fills in `faces` and `plan` by looking at the frame; the reason where that is not possible, if there is more
    /// to say than that nothing is loaded yet.
    fn plan<F: VideoBuffer, T>(&mut self, job: &mut Job<F, T>) -> Result<(), Option<String>> {
        let Some(finder) = &mut self.finder else { return Err(None) };
        let Some(buffer) = &job.frame else { return Err(None) };
        let failed = |error: FindError| Some(error.to_string());
        let frame = buffer.frame().map_err(|error| Some(error.to_string()))?;
        let settings = &job.settings;
        let cut = self.scene.is_cut(&frame);
        let search = settings.search(job.degradation, cut);
        finder.find(&frame, &job.hints, job.time, &search, &mut job.faces).map_err(failed)?;
        if !settings.performers.is_empty() {
            let recognition = self.recognition.as_mut().filter(|(number, _)| *number == settings.references);
            recognise(recognition.map(|it| &mut it.1), &frame, cut, &mut job.faces).map_err(Some)?;
        }
        self.suspects.clear();
        self.suspects.extend_from_slice(finder.suspects());
        let unfinished = finder.unfinished();
        let needed = self.guard.needs_people(settings, &job.faces);
        let people = if needed { finder.people(&frame).map_err(failed)? } else { None };
        let observed = Observation {
            faces: &job.faces,
            suspects: &self.suspects,
            unfinished,
            people,
            cut,
            time: job.time,
            layout: *frame.layout(),
        };
        self.guard.plan(settings, &observed, &mut job.plan);
        if cut {
            self.colours.reset();
            self.drift.reset();
        }
        self.drift.follow(&frame, &mut job.plan);
        self.guard.follow(&job.plan.swap[job.plan.found..]);
        Ok(())
    }
}

/// Says of each face which performer it is; of none, where the references are still being loaded.
fn recognise(
    recognition: Option<&mut Recognition>,
    frame: &Frame<'_>,
    cut: bool,
    faces: &mut [Face],
) -> Result<(), String> {
    let Some(recognition) = recognition else {
        faces.iter_mut().for_each(|face| face.recognised = Recognised::Undecided);
        return Ok(());
    };
    if cut {
        recognition.reset();
    }
    recognition
        .recognise(frame, faces)
        .map_err(|error| format!("the network that recognises performers failed: {error}"))
}
