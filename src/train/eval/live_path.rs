//! The live path, the element's own stages, one frame after the other: nothing is dropped, and what a stage takes is
//! not blurred by its neighbours.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Receiver;

use super::EvalError;
use super::bare::{Bare, Catch};
use crate::face::{CropSettings, Face, FindError, Finder, Mesh, OcclusionNetwork};
use crate::frame::OwnedFrame;
use crate::geometry::Rect;
use crate::live::{Device, FindFaces, FindStage, Load, Model, Outcome, Queue, Settings, StageTimes, SwapStage};
use crate::runtime::{Provider, Runtime};

/// The stages with a model.
pub struct LivePath {
    queue: Queue<OwnedFrame, OwnedFrame>,
    model: Arc<Model>,
    settings: Arc<Settings>,
    crop: CropSettings,
    drawn: Receiver<Bare>,
    passed: u64,
}

/// A frame that came out.
#[derive(Debug)]
pub struct Passed {
    /// As it went in.
    pub plate: OwnedFrame,
    /// As it came out.
    pub output: OwnedFrame,
    /// All faces that were found.
    pub found: Vec<Face>,
    /// The faces that were swapped; those from `fresh` on were held from an earlier frame.
    pub swapped: Vec<Face>,
    /// How many of `swapped` were found in this frame.
    pub fresh: usize,
    /// What the network drew for each of `swapped`, in their order.
    pub drawn: Vec<Bare>,
    /// The regions that were concealed.
    pub concealed: Vec<Rect>,
    /// Whether the whole frame was.
    pub concealed_whole: bool,
    /// What became of it.
    pub outcome: Outcome,
    /// What went wrong.
    pub failure: Option<String>,
    /// Milliseconds by [`Stage`].
    pub stages: StageTimes,
}

impl LivePath {
    /// Loads the model, if its subject consented, and the face networks; all on the processor.
    ///
    /// # Errors
    /// [`EvalError`] where the model may not or cannot be used.
    pub fn new(runtime: &Runtime, model: &Path, threads: usize) -> Result<Self, EvalError> {
        let (path, device) = (model.to_owned(), Device::Host(Provider::Cpu));
        let load = Load { path, beside: None, threads, device, swappers: 1 };
        let (outlet, drawn) = crossbeam_channel::unbounded();
        let model = Arc::new(load.run_blending_by(|| Box::new(Catch::new(outlet.clone())))?);
        let (to_find, finder_inbox) = crossbeam_channel::bounded::<Box<dyn FindFaces>>(1);
        let _ = to_find.send(Box::new(Finder::new(runtime, Mesh::default())?));
        let (to_occlusion, occlusion_inbox) = crossbeam_channel::bounded(1);
        let failed = |source| FindError::Load { network: "occlusion network", source };
        let _ = to_occlusion.send(OcclusionNetwork::new(runtime).map_err(failed)?);
        let swap = SwapStage::default().seeing(occlusion_inbox);
        let queue = Queue::start(0, FindStage::new(finder_inbox), vec![swap]).map_err(EvalError::Start)?;
        let settings = Arc::new(Settings::default());
        let crop = settings.look.crop.resolve(model.face_type, model.coverage, model.alignment);
        Ok(Self { queue, model, settings, crop, drawn, passed: 0 })
    }

    /// The crop that the model sees.
    pub fn crop(&self) -> &CropSettings {
        &self.crop
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Passes a frame through; `time` is its in seconds.
    ///
    /// # Errors
    /// [`EvalError::Lost`] where it does not come out.
    pub fn pass(&mut self, frame: OwnedFrame, time: f64) -> Result<Passed, EvalError> {
        let number = self.passed;
        let lost = || EvalError::Lost(number);
        self.passed += 1;
        let mut job = self.queue.begin().map_err(|_| lost())?;
        job.passenger = Some(frame.clone());
        job.frame = Some(frame);
        job.time = time;
        job.settings = Arc::clone(&self.settings);
        job.casting.model = Some(Arc::clone(&self.model));
        job.timings.arrived = Instant::now();
        self.queue.submit(job);
        let mut job = self.queue.next().ok_or_else(lost)?;
        job.timings.depart(Instant::now());
        let passed = Passed {
            plate: job.passenger.take().ok_or_else(lost)?,
            output: job.frame.take().ok_or_else(lost)?,
            found: job.faces.clone(),
            swapped: job.plan.swap.clone(),
            fresh: job.plan.found,
            drawn: self.drawn.try_iter().collect(),
            concealed: job.plan.conceal.iter().map(|concealed| concealed.region).collect(),
            concealed_whole: job.plan.conceal_all,
            outcome: job.outcome,
            failure: job.failure.take(),
            stages: job.timings.stages,
        };
        self.queue.finish(job);
        Ok(passed)
    }
}
