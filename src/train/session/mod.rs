//! A training: the loop, and the folder in which it can be stopped, looked at and gone on with.
//!
//! ```text
//! RUN/
//!   run.toml                     the [`Recipe`]: model, batch, losses, rates, augmentation, face sets
//!   checkpoints/step-00000500.safetensors    weights, their average, the optimiser's moments, how the subject's faces came
//!                                out where hard ones are replayed; the newest few
//!   previews/step-00000500.png   the same faces at every such step
//!   metrics.jsonl                losses, rate, gradient norm and speed, a line every few steps
//! ```

mod adversary;
mod checkpoint;
mod error;
mod memory;
mod metrics;
mod preview;
mod recipe;
mod run;
mod trainer;

pub mod display;

pub use checkpoint::Checkpoint;
pub use error::SessionError;
pub use memory::Memory;
pub use metrics::{Metrics, Row};
pub use preview::preview;
pub use recipe::{BaseSource, Goal, Recipe};
pub use run::{Average, Run};
pub use trainer::{Event, Stop, Trainer};
