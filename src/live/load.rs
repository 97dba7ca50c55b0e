//! A model's file to what runs it: consent first, then a provider of ONNX Runtime or a GPU.

use std::path::PathBuf;
use std::time::Instant;

use super::Model;
use crate::blend::gpu::{GpuDevice, Selection, adapters};
use crate::consent::{Consent, ConsentError, today};
use crate::runtime::{NetworkOptions, Provider, Runtime, RuntimeError};
use crate::swap::{Engine, GpuEngine, ModelError, ModelFile, OnnxEngine, OnnxEngineError, Precision};

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
        let mut model = Model::of(engines, consent.expires());
        model.path = self.path.clone();
        model.sha256 = consent.model_sha256.clone();
        model.subject = consent.subject.clone();
        model.face_type = file.face_type();
        model.coverage = file.coverage();
        model.alignment = file.alignment();
        model.registration = file.registration();
        model.skull_centre = file.skull_centre();
        model.sharpen = file.sharpen().unwrap_or(0.0);
        model.runs_on = runs_on;
        model
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swap::{EngineError, Generated};

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
