//! Decoder B on ONNX Runtime.

use super::contract::Contract;
use super::engine::take;
use super::shared::dense_weights;
use super::{Engine, EngineError, Generated, ModelFile};
use crate::runtime::{Network, NetworkError, NetworkOptions, Provider, Runtime, SharedWeights};

/// An engine that could not be made of a checked file.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OnnxEngineError {
    /// ONNX Runtime did not take the file, or lacks the provider.
    #[error("{file}: {reason}")]
    Load {
        /// The model file.
        file: String,
        /// What was refused.
        reason: NetworkError,
    },
    /// The first run, on a grey crop, failed.
    #[error("{file}: {reason} (on a plain grey crop); the model is damaged or not a swap model")]
    WarmUp {
        /// The model file.
        file: String,
        /// What went wrong.
        reason: EngineError,
    },
}

/// One session of a model, with room for a crop and what is made of it.
#[derive(Debug)]
pub struct OnnxEngine {
    network: Network,
    contract: Contract,
    face: Vec<f32>,
    driver_mask: Vec<f32>,
    face_mask: Vec<f32>,
}

impl OnnxEngine {
    /// Loads the model and runs it once, so that the first frame is not the slow one. Takes long: not for a streaming
    /// thread. It does not ask for consent; [`ModelFile::consented`] does.
    ///
    /// # Errors
    /// [`OnnxEngineError`], naming the file.
    pub fn new(runtime: &Runtime, model: &ModelFile, options: NetworkOptions) -> Result<Self, OnnxEngineError> {
        Self::sharing(runtime, model, options, &SharedWeights::default())
    }

    /// As [`OnnxEngine::new`], `count` engines for as many frames in flight. On the processor they hold the model's
    /// dense weights once.
    ///
    /// # Errors
    /// [`OnnxEngineError`], naming the file.
    pub fn several(
        runtime: &Runtime,
        model: &ModelFile,
        options: NetworkOptions,
        count: usize,
    ) -> Result<Vec<Self>, OnnxEngineError> {
        let shared = match count > 1 && options.provider == Provider::Cpu {
            true => dense_weights(model).map_err(|reason| not_loaded(model, reason))?,
            false => SharedWeights::default(),
        };
        (0..count).map(|_| Self::sharing(runtime, model, options, &shared)).collect()
    }

    fn sharing(
        runtime: &Runtime,
        model: &ModelFile,
        options: NetworkOptions,
        weights: &SharedWeights,
    ) -> Result<Self, OnnxEngineError> {
        let mut network =
            Network::sharing(runtime, model.bytes(), options, weights).map_err(|reason| not_loaded(model, reason))?;
        let contract = model.contract();
        let pixels = contract.resolution * contract.resolution;
        // The file may leave the outputs' shapes open.
        network.expect_output(contract.driver_mask, pixels);
        network.expect_output(contract.face, pixels * 3);
        network.expect_output(contract.face_mask, pixels);
        let [face, driver_mask, face_mask] = [3, 1, 1].map(|channels| vec![0.0; pixels * channels]);
        let mut engine = Self { network, contract, face, driver_mask, face_mask };
        engine.crop_mut().fill(0.5);
        engine.run(0.5).map_err(|reason| OnnxEngineError::WarmUp { file: shown(model), reason })?;
        Ok(engine)
    }
}

fn not_loaded(model: &ModelFile, reason: NetworkError) -> OnnxEngineError {
    OnnxEngineError::Load { file: shown(model), reason }
}

fn shown(model: &ModelFile) -> String {
    model.path().display().to_string()
}

impl Engine for OnnxEngine {
    fn resolution(&self) -> usize {
        self.contract.resolution
    }

    fn crop_mut(&mut self) -> &mut [f32] {
        self.network.input_mut(0)
    }

    fn run(&mut self, morph: f32) -> Result<Generated<'_>, EngineError> {
        if self.contract.has_morph {
            self.network.input_mut(1).fill(morph.clamp(0.0, 1.0));
        }
        self.network.run().map_err(|error| EngineError::Run(error.to_string()))?;
        let Self { network, contract, face, driver_mask, face_mask } = self;
        take(network.output(contract.driver_mask), driver_mask, "driver mask")?;
        take(network.output(contract.face), face, "face")?;
        take(network.output(contract.face_mask), face_mask, "face mask")?;
        Ok(Generated { resolution: contract.resolution, driver: network.input(0), face, driver_mask, face_mask })
    }
}
