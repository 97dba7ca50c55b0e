//! Clips through GStreamer, for the tools; and what GStreamer's words for formats and colour mean in the library's.

mod clip;
mod decoder;
mod format;
mod grey;

pub use clip::{Clip, ClipError, ClipOptions};
pub use format::{caps, layout};
pub use grey::GreyClip;
