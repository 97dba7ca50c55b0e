//! Clips of the test material, which lies beside the repository; tests are skipped where it is missing.

use std::path::{Path, PathBuf};

use gst::prelude::*;

/// A clip of the test material.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let path = super::root().join("../shared/media").join(name);
    if path.exists() {
        return path.canonicalize().ok();
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// Some of a clip's frames as pictures.
pub(crate) fn pictures(clip: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "filesrc location={} ! decodebin ! videorate ! video/x-raw,framerate=1/1 ! videoconvert ! pngenc ! \
         multifilesink location={}/%03d.png",
        clip.display(),
        folder.path().display()
    );
    super::init();
    let pipeline = gst::parse::launch(&text).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let end = pipeline
        .bus()
        .unwrap()
        .timed_pop_filtered(gst::ClockTime::from_seconds(120), &[gst::MessageType::Eos, gst::MessageType::Error]);
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(matches!(end.unwrap().view(), gst::MessageView::Eos(_)));
    folder
}

/// Ada, on the left, and Ben in one picture, as the beginning of a pipeline.
pub(crate) fn both() -> Option<String> {
    let clip = shared("hard/two_people.mp4")?;
    Some(format!("filesrc location={} ! decodebin ! videoconvert ! video/x-raw,format=I420", clip.display()))
}
