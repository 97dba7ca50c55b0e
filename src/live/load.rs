//! A model's file to what runs it: consent first, then a provider of ONNX Runtime or a GPU.

use std::path::PathBuf;

use super::trial::is_faster;
use super::{Device, Model, Undone};
use crate::blend::{Blender, CpuBlender};
use crate::consent::{Consent, ConsentError, today};
use crate::gpu::{GpuDevice, GpuError, Selection, adapters};
use crate::runtime::{NetworkOptions, Provider, Runtime, RuntimeError};
use crate::swap::{GpuEngine, GpuEngineError, ModelError, ModelFile, OnnxEngine, OnnxEngineError};
use crate::swapper::{GpuSwapper, HostSwapper, Swapper};

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
    /// The GPU cannot be opened, or refuses the blend.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The GPU does not run the network.
    #[error(transparent)]
    GpuEngine(#[from] GpuEngineError),
    /// Loading came to nothing.
    #[error("{}: {reason}", path.display())]
    Undone {
        /// The model.
        path: PathBuf,
        /// How.
        reason: Undone,
    },
}

type Swappers = Vec<Box<dyn Swapper>>;

/// What runs a model, and on what, in words.
type Placed = (Swappers, String);

/// What to load, and how to run it.
#[derive(Debug, Clone)]
pub struct Load {
    /// The model file.
    pub path: PathBuf,
    /// A folder in which the ONNX Runtime library may lie.
    pub beside: Option<PathBuf>,
    /// Threads inside one run.
    pub threads: usize,
    /// Where it is to run.
    pub device: Device,
    /// Frames that are worked on at once.
    pub swappers: usize,
}

impl Load {
    /// Loads and warms up.
    ///
    /// # Errors
    /// [`LoadError`], which says what to do.
    pub fn run(&self) -> Result<Model, LoadError> {
        self.run_blending_by(|| Box::new(CpuBlender::default()))
    }

    /// The same; what swaps in host memory is blended by what `blender` makes.
    ///
    /// # Errors
    /// As [`Load::run`].
    pub fn run_blending_by(&self, blender: impl Fn() -> Box<dyn Blender>) -> Result<Model, LoadError> {
        let file = ModelFile::open(&self.path)?;
        let consent = file.consented(today())?;
        let runtime = Runtime::load(self.beside.as_deref())?;
        let (swappers, runs_on) = match &self.device {
            Device::Gpu(selection) => self.on_gpu(&runtime, &file, selection)?,
            Device::Host(provider) => self.on_host(&runtime, &file, *provider, &blender)?,
            Device::Auto => self.on_best(&runtime, &file, &blender)?,
        };
        Ok(self.model(&file, consent, runs_on, swappers))
    }

    fn on_host(
        &self,
        runtime: &Runtime,
        file: &ModelFile,
        provider: Provider,
        blender: &dyn Fn() -> Box<dyn Blender>,
    ) -> Result<Placed, LoadError> {
        let options = NetworkOptions { threads: self.threads, provider };
        let engines = OnnxEngine::several(runtime, file, options, self.count())?;
        let swapper = |engine| Box::new(HostSwapper::new(Box::new(engine), blender())) as Box<dyn Swapper>;
        Ok((engines.into_iter().map(swapper).collect(), provider.name().to_owned()))
    }

    fn on_gpu(&self, runtime: &Runtime, file: &ModelFile, selection: &Selection) -> Result<Placed, LoadError> {
        let gpu = GpuDevice::shared(selection)?;
        let engines = GpuEngine::several(runtime, file, &gpu, self.count())?;
        let mut runs_on = gpu.info().to_string();
        if let Some(engine) = engines.first() {
            runs_on += &format!(", {}", engine.tier());
            if !engine.refusals().is_empty() {
                runs_on += &format!(" ({})", engine.refusals());
            }
        }
        let swapper = |swapper| Box::new(swapper) as Box<dyn Swapper>;
        Ok((GpuSwapper::several(engines)?.into_iter().map(swapper).collect(), runs_on))
    }

    /// On the first accelerator that works, else on the faster of the best GPU, where it is no software, and the
    /// processor.
    fn on_best(
        &self,
        runtime: &Runtime,
        file: &ModelFile,
        blender: &dyn Fn() -> Box<dyn Blender>,
    ) -> Result<Placed, LoadError> {
        let mut offered = Provider::ACCELERATORS.into_iter().filter(|provider| provider.offered());
        if let Some(placed) = offered.find_map(|provider| self.on_host(runtime, file, provider, blender).ok()) {
            return Ok(placed);
        }
        let mut host = self.on_host(runtime, file, Provider::Cpu, blender)?;
        let adapters = adapters();
        let best = Selection::Auto.find(&adapters).filter(|&best| !adapters[best].is_software());
        let Some(best) = best else { return Ok(host) };
        let reason = match self.on_gpu(runtime, file, &Selection::Index(best)) {
            Ok(mut gpu) => {
                let (ours, rival) = (gpu.0.first_mut(), host.0.first_mut());
                if let (Some(ours), Some(rival)) = (ours, rival)
                    && is_faster(ours.as_mut(), rival.as_mut())
                {
                    return Ok(gpu);
                }
                format!("{} is slower, or cannot swap", adapters[best])
            }
            Err(error) => error.to_string(),
        };
        host.1 += &format!(" ({reason})");
        Ok(host)
    }

    fn count(&self) -> usize {
        self.swappers.max(1)
    }

    fn model(&self, file: &ModelFile, consent: &Consent, runs_on: String, swappers: Swappers) -> Model {
        let mut model = Model::of(swappers, consent.expires());
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
