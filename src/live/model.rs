//! The model in use: loaded beside the stream, exchanged between two frames.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::pending::Pending;
use crate::blend::gpu::Selection;
use crate::blend::gpu::{GpuDevice, adapters};
use crate::consent::{Consent, ConsentError, today};
use crate::face::pose::pose_through;
use crate::face::{Alignment, Face, FaceType};
use crate::geometry::{Point, Similarity};
use crate::runtime::{NetworkOptions, Provider, Runtime, RuntimeError};
use crate::swap::{
    Engine, EngineError, Generated, ModelError, ModelFile, OnnxEngine, OnnxEngineError, RegistrationMap,
    kept_proportion,
};
use crate::swap::{GpuEngine, GpuNetwork, Precision};

/// A model that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no ONNX Runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The file is missing or not a model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Its consent record is missing, not valid today, or of another file.
    #[error(transparent)]
    Consent(#[from] ConsentError),
    /// The network does not run.
    #[error(transparent)]
    Engine(#[from] OnnxEngineError),
    /// The GPU cannot be opened, or does not run the network.
    #[error("{0}")]
    Gpu(String),
    /// Loading panicked.
    #[error("loading {0} panicked; this is a defect of Standin")]
    Panic(PathBuf),
}

/// A loaded model and as many engines as frames may be worked on at once.
#[derive(Debug)]
pub struct Model {
    /// File, for messages.
    pub path: PathBuf,
    /// Who lent the face.
    pub subject: String,
    /// Face type it was trained with, where it says so.
    pub face_type: Option<FaceType>,
    /// Coverage it was trained with, where it says so.
    pub coverage: Option<f32>,
    /// How the faces that it was trained with were aligned.
    pub alignment: Alignment,
    /// Where it draws a face beside where it belongs, where it says so.
    pub registration: Option<RegistrationMap>,
    /// How far the subject's features lie from where the mean head has them, where it says so.
    pub skull_centre: Option<Point>,
    /// When the consent ends.
    pub expires: SystemTime,
    /// What runs it: a provider of ONNX Runtime, or a GPU.
    pub runs_on: String,
    engines: Pool,
    count: usize,
}

type Pool = (Sender<Box<dyn Engine>>, Receiver<Box<dyn Engine>>);

impl Model {
    /// A model that is none of ours: for tests and for tools with engines of their own.
    pub fn of(engines: Vec<Box<dyn Engine>>, expires: SystemTime) -> Self {
        let (pool, count) = (bounded(engines.len().max(1)), engines.len());
        for engine in engines {
            let _ = pool.0.send(engine);
        }
        Self {
            path: PathBuf::new(),
            subject: String::new(),
            face_type: None,
            coverage: None,
            alignment: Alignment::default(),
            registration: None,
            skull_centre: None,
            expires,
            runs_on: String::new(),
            engines: pool,
            count,
        }
    }

    /// Whether its consent still holds.
    ///
    /// # Errors
    /// The reason, as a sentence.
    pub fn usable(&self) -> Result<(), String> {
        if SystemTime::now() >= self.expires {
            return Err(format!(
                "the consent for {} has ended; ask {} for a new one and write it with `standin consent new`",
                self.path.display(),
                self.subject
            ));
        }
        Ok(())
    }

    /// From where a point of the crop's unit square belongs to where the model draws it, for this face, which `to_crop`
    /// takes from frame px to that square: by the model's map, and by how far the performer's features lie from the
    /// subject's, since some of that stays in what is drawn.
    pub fn registration_of(&self, face: &Face, to_crop: &Similarity) -> Similarity {
        let map = |map: &RegistrationMap| {
            let pose = pose_through(&face.landmarks, to_crop)?;
            Some(map.at(pose.yaw.to_radians(), pose.pitch.to_radians()))
        };
        let mapped = self.registration.as_ref().and_then(map).unwrap_or(Similarity::IDENTITY);
        let crop_sides = to_crop.scale() / face.to_canonical_rigid.scale().max(f32::MIN_POSITIVE);
        match (self.skull_centre.filter(|_| self.alignment == Alignment::Rigid), face.skull_centre) {
            (Some(own), Some(seen)) => kept_proportion(own, seen, crop_sides).then(&mapped),
            _ => mapped,
        }
    }

    /// An engine for one frame; waits for one to be free.
    pub fn engine(&self) -> Borrowed<'_> {
        let engine = if self.count > 0 { self.engines.1.recv().ok() } else { None };
        Borrowed { engine, pool: &self.engines.0 }
    }
}

/// An engine that goes back to its model when dropped.
pub struct Borrowed<'a> {
    engine: Option<Box<dyn Engine>>,
    pool: &'a Sender<Box<dyn Engine>>,
}

impl Engine for Borrowed<'_> {
    fn resolution(&self) -> usize {
        self.engine.as_ref().map_or(0, |engine| engine.resolution())
    }

    fn crop_mut(&mut self) -> &mut [f32] {
        self.engine.as_mut().map_or(&mut [], |engine| engine.crop_mut())
    }

    fn run(&mut self, morph: f32) -> Result<Generated<'_>, EngineError> {
        match &mut self.engine {
            Some(engine) => engine.run(morph),
            None => Err(EngineError::Run("the model has no engine".to_owned())),
        }
    }

    fn is_lost(&self) -> bool {
        self.engine.as_ref().is_some_and(|engine| engine.is_lost())
    }

    fn gpu(&mut self) -> Option<&mut GpuNetwork> {
        self.engine.as_mut()?.gpu()
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take() {
            let _ = self.pool.send(engine);
        }
    }
}

/// What to load, and how to run it.
#[derive(Debug, Clone)]
pub struct Load {
    /// The model file.
    pub path: PathBuf,
    /// A folder in which the ONNX Runtime library may lie.
    pub beside: Option<PathBuf>,
    /// Threads inside one run.
    pub threads: usize,
    /// Who computes; `None` takes the first accelerator that works, else a GPU that is faster than the processor, else the
    /// processor.
    pub provider: Option<Provider>,
    /// The GPU that is to compute, where one was asked for; no `provider` then.
    pub gpu: Option<Selection>,
    /// Frames that are worked on at once.
    pub engines: usize,
}

impl Load {
    /// Loads and warms up.
    ///
    /// # Errors
    /// [`LoadError`], which says what to do.
    pub fn run(&self) -> Result<Model, LoadError> {
        let file = ModelFile::open(&self.path)?;
        let consent = file.consented(today())?;
        let runtime = Runtime::load(self.beside.as_deref())?;
        if let (None, Some(selection)) = (self.provider, &self.gpu) {
            return self.on_gpu(&runtime, &file, consent, selection);
        }
        let engines = |provider| {
            let options = NetworkOptions { threads: self.threads, provider };
            OnnxEngine::several(&runtime, &file, options, self.engines.max(1))
        };
        let accelerated = || {
            let offered = Provider::ACCELERATORS.into_iter().filter(|provider| provider.offered());
            offered.filter_map(|provider| Some((provider, engines(provider).ok()?))).next()
        };
        let (provider, engines) = match self.provider {
            Some(provider) => (provider, engines(provider)?),
            None => match accelerated() {
                Some(found) => found,
                None => {
                    let mut engines = engines(Provider::Cpu)?;
                    if let Some(model) =
                        engines.first_mut().and_then(|rival| self.on_faster_gpu(&runtime, &file, consent, rival))
                    {
                        return Ok(model);
                    }
                    (Provider::Cpu, engines)
                }
            },
        };
        let engines = engines.into_iter().map(|engine| Box::new(engine) as Box<dyn Engine>).collect();
        Ok(self.model(&file, consent, provider.name().to_owned(), engines))
    }

    fn on_gpu(
        &self,
        runtime: &Runtime,
        file: &ModelFile,
        consent: &Consent,
        selection: &Selection,
    ) -> Result<Model, LoadError> {
        let gpu = GpuDevice::shared(selection).map_err(|error| LoadError::Gpu(error.to_string()))?;
        let engines = GpuEngine::several(runtime, file, &gpu, self.engines.max(1));
        let engines = engines.map_err(|error| LoadError::Gpu(error.to_string()))?;
        let half = engines.first().is_some_and(|engine| engine.precision() == Precision::Half);
        let runs_on = format!("{}{}", gpu.info(), if half { ", 16-bit floats" } else { "" });
        let engines = engines.into_iter().map(|engine| Box::new(engine) as Box<dyn Engine>).collect();
        Ok(self.model(file, consent, runs_on, engines))
    }

    /// On the best GPU, where there is one that is no software and that runs the model faster than `rival`.
    fn on_faster_gpu(
        &self,
        runtime: &Runtime,
        file: &ModelFile,
        consent: &Consent,
        rival: &mut dyn Engine,
    ) -> Option<Model> {
        let adapters = adapters();
        let best = &adapters[Selection::Auto.find(&adapters)?];
        let model = (!best.is_software()).then(|| self.on_gpu(runtime, file, consent, &Selection::Auto).ok())??;
        // Timed with the crop up and the pictures back, which the stream spares itself.
        let faster = is_faster(&mut model.engine(), rival);
        faster.then_some(model)
    }

    fn model(&self, file: &ModelFile, consent: &Consent, runs_on: String, engines: Vec<Box<dyn Engine>>) -> Model {
        Model {
            path: self.path.clone(),
            subject: consent.subject.clone(),
            face_type: file.face_type(),
            coverage: file.coverage(),
            alignment: file.alignment(),
            registration: file.registration(),
            skull_centre: file.skull_centre(),
            runs_on,
            ..Model::of(engines, consent.expires())
        }
    }
}

/// Runs of each engine of which the best counts.
const TRIALS: usize = 3;

/// Whether `engine` takes less time than `rival`; not where it fails.
fn is_faster(engine: &mut dyn Engine, rival: &mut dyn Engine) -> bool {
    let best = |engine: &mut dyn Engine| {
        let time = |_| {
            let begun = Instant::now();
            engine.run(0.5).ok().map(|_| begun.elapsed())
        };
        (0..TRIALS).map(time).collect::<Option<Vec<_>>>()?.into_iter().min()
    };
    match (best(engine), best(rival)) {
        (Some(time), Some(rival)) => time < rival,
        (time, _) => time.is_some(),
    }
}

#[derive(Debug, Default)]
struct Slot {
    model: Option<Arc<Model>>,
    wanted: u64,
}

/// Holds the model in use. A newly wanted one takes its place only when it is ready, so that no frame waits for it; but on a
/// GPU that it is being put on, both use one queue.
#[derive(Debug, Default)]
pub struct ModelSlot {
    slot: Mutex<Slot>,
}

impl ModelSlot {
    /// The model in use.
    pub fn current(&self) -> Option<Arc<Model>> {
        self.lock().model.clone()
    }

    /// Puts a model in use at once.
    pub fn put(&self, model: Model) {
        let mut slot = self.lock();
        slot.wanted += 1;
        slot.model = Some(Arc::new(model));
    }

    /// Takes the model out of use.
    pub fn clear(&self) {
        let mut slot = self.lock();
        slot.wanted += 1;
        slot.model = None;
    }

    /// Loads a model on a thread of its own and then puts it in use, unless another was asked for since. `done` is told
    /// how it went; on an error the model of before stays in use, and the error comes with whether there is no such
    /// model and none to come.
    pub fn load(
        self: &Arc<Self>,
        load: Load,
        pending: &Arc<Pending>,
        done: impl FnOnce(Result<Arc<Model>, (LoadError, bool)>) + Send + 'static,
    ) {
        let wanted = {
            let mut slot = self.lock();
            slot.wanted += 1;
            slot.wanted
        };
        let slot = Arc::clone(self);
        pending.spawn("standin-load", move || {
            let loaded = catch_unwind(AssertUnwindSafe(|| load.run()))
                .unwrap_or_else(|_| Err(LoadError::Panic(load.path.clone())))
                .map(Arc::new);
            let loaded = {
                let mut slot = slot.lock();
                let latest = slot.wanted == wanted;
                if let (Ok(model), true) = (&loaded, latest) {
                    slot.model = Some(Arc::clone(model));
                }
                loaded.map_err(|error| (error, latest && slot.model.is_none()))
            };
            done(loaded);
        });
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    #[test]
    fn only_a_model_that_says_where_its_subject_s_features_lie_has_faces_moved_and_only_where_they_were_seen() {
        let (own, higher) = (Point::new(0.0, 0.004), Point::new(0.0, -0.006));
        let to_canonical = Similarity { a: 0.01, ..Similarity::IDENTITY };
        // The crop is twice as wide as the canonical frame.
        let to_crop = Similarity { a: 0.005, ..Similarity::IDENTITY };
        let moved = |own, alignment, seen| {
            let model = Model { skull_centre: own, alignment, ..Model::of(Vec::new(), SystemTime::UNIX_EPOCH) };
            let (bounds, landmarks, skull_centre) = (Rect::default(), Vec::new(), seen);
            let to_canonical_rigid = to_canonical;
            let face = Face {
                track: 1,
                score: 1.0,
                bounds,
                landmarks,
                to_canonical,
                to_canonical_rigid,
                skull_centre,
                yaw: 0.0,
            };
            model.registration_of(&face, &to_crop)
        };
        assert_eq!(moved(Some(own), Alignment::Rigid, Some(higher)), kept_proportion(own, higher, 0.5));
        assert!(moved(Some(own), Alignment::Rigid, Some(higher)).ty < 0.0);
        for (own, alignment, seen) in [
            (None, Alignment::Rigid, Some(higher)),
            (Some(own), Alignment::Template, Some(higher)),
            (Some(own), Alignment::Rigid, None),
        ] {
            assert_eq!(moved(own, alignment, seen), Similarity::IDENTITY);
        }
    }
}

#[cfg(test)]
mod gpu_tests {
    use super::*;

    /// Fails after so many runs, each of which takes so many milliseconds.
    #[derive(Debug)]
    struct Scripted(usize, u64);

    impl Engine for Scripted {
        fn resolution(&self) -> usize {
            0
        }

        fn crop_mut(&mut self) -> &mut [f32] {
            &mut []
        }

        fn run(&mut self, _: f32) -> Result<Generated<'_>, EngineError> {
            self.0 = self.0.checked_sub(1).ok_or_else(|| EngineError::Run("as told".to_owned()))?;
            std::thread::sleep(std::time::Duration::from_millis(self.1));
            Ok(Generated { resolution: 0, driver: &[], face: &[], driver_mask: &[], face_mask: &[] })
        }
    }

    #[test]
    fn the_faster_one_is_taken_and_what_fails_is_not() {
        let many = usize::MAX;
        assert!(is_faster(&mut Scripted(many, 1), &mut Scripted(many, 200)));
        assert!(!is_faster(&mut Scripted(many, 200), &mut Scripted(many, 1)));
        assert!(!is_faster(&mut Scripted(TRIALS - 1, 0), &mut Scripted(many, 200)));
        assert!(!is_faster(&mut Scripted(0, 0), &mut Scripted(0, 0)));
        assert!(is_faster(&mut Scripted(TRIALS, 0), &mut Scripted(0, 0)));
    }
}
