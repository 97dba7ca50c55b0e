//! What the element's lines in GStreamer's log begin with.

use std::sync::LazyLock;

/// `GST_DEBUG=faceswap:6` shows all of them.
pub(super) static CAT: LazyLock<gst::DebugCategory> =
    LazyLock::new(|| gst::DebugCategory::new("faceswap", gst::DebugColorFlags::empty(), Some("Face replacement")));
