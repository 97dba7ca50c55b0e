//! The demonstration clip's beginning, decoded once for all tests: no decoder's drain decides how many frames there
//! are.

use std::io::Write;
use std::path::PathBuf;

use standin::media::{Clip, ClipOptions};

/// Frames that are decoded.
pub(super) const FRAMES: u32 = 60;
/// Bytes of an I420 frame of 1280x720.
pub(super) const FRAME_BYTES: u64 = 1280 * 720 * 3 / 2;

/// The file of raw frames, made by whichever test comes first.
pub(super) fn decoded() -> PathBuf {
    super::init();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join("ada.i420");
    let whole =
        |path: &PathBuf| std::fs::metadata(path).is_ok_and(|data| data.len() == FRAME_BYTES * u64::from(FRAMES));
    if !whole(&path) {
        let mut file = tempfile::NamedTempFile::new_in(&folder).unwrap();
        let clip = Clip::open(super::ada().as_ref(), ClipOptions::default()).unwrap();
        for frame in clip.take(FRAMES as usize) {
            let frame = frame.unwrap();
            (0..3).for_each(|plane| file.write_all(frame.bytes(plane)).unwrap());
        }
        // Whole or not at all: tests run beside each other.
        file.persist(&path).unwrap();
    }
    path
}
