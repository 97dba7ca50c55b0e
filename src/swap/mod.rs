//! The swap model: the file, what it must hold, and the engines that run it.
//!
//! [`ModelFile::open`] reads a `.dfm` once and checks those bytes: [`decode`] (is it ONNX at all), [`safety`] (does it
//! stay within itself), [`contract`] (is it a swap model). [`OnnxEngine`] runs it, on a GPU [`GpuEngine`], and
//! [`ModelFile::consented`] says whether it may be.

pub mod contract;
pub mod convolution;
pub mod decode;
mod engine;
mod gpu_engine;
pub mod graph;
mod model_file;
mod not_finite;
mod onnx_engine;
pub mod passes;
mod registration;
pub mod safety;
mod shared;
mod summary;

pub use engine::{Engine, EngineError, Generated};
pub use gpu_engine::{GpuEngine, GpuEngineError, GpuNetwork, MEAN_APART, MOST_APART};
pub use model_file::{ModelError, ModelFile, ModelProblem};
pub use not_finite::not_finite;
pub use onnx_engine::{OnnxEngine, OnnxEngineError};
pub use passes::Tier;
pub use registration::{MOST_SKULL_CENTRE, Registration, RegistrationMap, kept_proportion};
pub use summary::Summary;
