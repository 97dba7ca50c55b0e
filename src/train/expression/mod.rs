//! Training of the expression network, the judge of what a drawn face does: lids, mouth, brows and pose, whoever it
//! is. It gives gaze, too, which is not to be trusted and does not count.
//!
//! 1. [`reader`] cuts crops out of clips whose truth a renderer left beside them; [`outputs`] makes numbers of that truth.
//!    Some people are held back.
//! 2. [`batch`] changes crops as cameras and decoders do, soft ones above all, and shows the face alone.
//! 3. [`trainer`] makes squared differences small, saves and writes the file; [`measure`] says how good it is.
//! 4. [`ExpressionJudge`] is the file in use: a loss that compares what two faces do.

pub mod batch;
mod error;
mod judge;
pub mod measure;
pub mod outputs;
pub mod reader;
pub mod trainer;

pub use error::ExpressionError;
pub use judge::{BUILT_IN, ExpressionHeader, ExpressionJudge, alone, fits};

/// Side in px of the crop that the network sees: full face, rigid alignment, as the base that comes with Standin has
/// it.
pub const SIDE: usize = 160;
