//! What the element's tests share: GStreamer set up once, models that paint, pipelines that are watched.
#![allow(dead_code, unused_imports, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

mod clip;
mod frames;
mod material;
mod models;
#[path = "../../../../tests/common/onnx.rs"]
pub(crate) mod onnx;
mod patience;
mod process;
mod watched;

use std::path::PathBuf;
use std::sync::Once;

pub(crate) use frames::{Face, Frame, changed, luma_at};
pub(crate) use material::{both, pictures, shared};
pub(crate) use models::Lent;
pub(crate) use patience::Patience;
pub(crate) use process::{Process, has_thread};
pub(crate) use watched::{Failure, Watched, play};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

/// The demonstration clip: 1280x720, one face.
pub(crate) fn ada() -> String {
    root().join("examples/media/ada.mp4").display().to_string()
}

/// The demonstration model.
pub(crate) fn ben() -> String {
    root().join("models/ben.dfm").display().to_string()
}

/// GStreamer with the element in it, and with a registry of its own.
pub(crate) fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: every test begins here, so that no thread reads the environment meanwhile.
        unsafe { std::env::set_var("GST_REGISTRY", registry()) };
        gst::init().expect("GStreamer starts");
        gstfaceswap::plugin_register_static().expect("the element is known");
    });
}

/// A registry that is no user's.
pub(crate) fn registry() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("gstreamer-registry.bin")
}

/// The first `frames` frames of the demonstration clip (60 at the most), as the beginning of a pipeline.
pub(crate) fn clip(frames: u32) -> String {
    assert!(frames <= clip::FRAMES);
    format!(
        "filesrc location={} blocksize={} num-buffers={frames} ! \
         rawvideoparse format=i420 width=1280 height=720 framerate=30/1",
        clip::decoded().display(),
        clip::FRAME_BYTES
    )
}

/// The same at a quarter of its area, where only the presence of a face matters.
pub(crate) fn small_clip(frames: u32) -> String {
    format!("{} ! videoscale n-threads=1 ! video/x-raw,width=640,height=360", clip(frames))
}
