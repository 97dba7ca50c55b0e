//! Clips through GStreamer, for the tools; and what GStreamer's words for formats and colour mean in the library's.

mod clip;
mod format;

pub use clip::{Clip, ClipError, ClipOptions};
pub use format::{caps, layout};
