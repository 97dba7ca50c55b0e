//! The swap model: the file, what it must hold, and the engines that run it.

mod engine;

pub use engine::{Engine, EngineError, Generated};
