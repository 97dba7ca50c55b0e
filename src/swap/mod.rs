//! The swap model: the file, what it must hold, and the engines that run it.
//!
//! [`ModelFile::open`] reads a `.dfm` once and checks those bytes: [`decode`] (is it ONNX at all), [`safety`] (does it
//! stay within itself), [`contract`] (is it a swap model). [`OnnxEngine`] runs it, with the feature `gpu` `BurnEngine` too, and [`ModelFile::consented`] says
//! whether it may be.

#[cfg(feature = "gpu")]
mod burn_engine;
pub mod contract;
pub mod convolution;
pub mod decode;
mod engine;
pub mod graph;
mod model_file;
pub mod onnx;
mod onnx_engine;
pub mod passes;
mod registration;
pub mod safety;
mod shared;
mod summary;

#[cfg(feature = "gpu")]
pub use burn_engine::{BurnEngine, BurnEngineError, Drawn, Filter, GpuNetwork, HALF_MEAN, HALF_MOST, Precision, Told};
pub use engine::{Engine, EngineError, Generated};
pub use model_file::{ModelError, ModelFile, ModelProblem};
pub use onnx_engine::{OnnxEngine, OnnxEngineError};
pub use registration::{MOST_SKULL_CENTRE, Registration, RegistrationMap, kept_proportion};
pub use summary::Summary;
