//! From a stream of frames to a stream of swapped frames: the stages, the queue between them, what leaves when one
//! fails.
//!
//! A frame becomes a [`Job`]. [`FindStage`] finds faces and lets the [`Guard`] plan what must happen to each; a
//! [`SwapStage`] crops, swaps and blends, or conceals what could not be swapped. [`Queue`] runs the first on one
//! thread and the second on several, with a fixed number of jobs in flight, and hands frames back in the order they
//! came. [`ModelSlot`] loads models beside the stream, [`ColourMemory`] keeps the colour transfer steady from frame
//! to frame. [`Degradation`] is what is given up where the machine cannot keep up, [`Latency`] says what all this
//! costs, [`StreamStatistics`] where it goes.

mod casting;
mod colours;
mod degradation;
mod device;
mod drift;
mod faceless;
mod find_faces;
mod find_stage;
mod guard;
mod job;
mod ladder;
mod latency;
mod load;
mod model;
mod observation;
mod pending;
mod plan;
mod prepare;
mod queue;
mod references;
mod reorder;
mod scene_cut;
mod select;
mod settings;
mod slot;
mod statistics;
mod swap_stage;
mod trial;
mod visibility;

pub use casting::{Casting, CastingBefore};
pub use colours::{ColourMemory, ColourNotes};
pub use degradation::{Degradation, Occupancy, Sacrifices};
pub use device::{Device, UnknownDevice};
pub use drift::Drift;
pub use faceless::Faceless;
pub use find_faces::FindFaces;
pub use find_stage::FindStage;
pub use guard::Guard;
pub use job::{Job, Outcome, Timings};
pub use ladder::{ABSENT, LONGEST};
pub use latency::Latency;
pub use load::{Load, LoadError};
pub use model::Model;
pub use observation::Observation;
pub use pending::{Pending, Undone};
pub use plan::{Concealed, MARGIN, Plan};
pub use prepare::{PrepareError, prepare_finder, prepare_occlusion};
pub use queue::{Flushed, Queue};
pub use references::References;
pub use reorder::Reorder;
pub use scene_cut::SceneCut;
pub use select::{Select, Selector};
pub use settings::{CropChoice, GuardMode, LabelPlace, LadderTimes, Look, Occlusion, OnFailure, Settings, Strangers};
pub use slot::ModelSlot;
pub use statistics::{Stage, StageTimes, StreamStatistics, Summary, percentile};
pub use swap_stage::SwapStage;
pub use visibility::Visibility;
