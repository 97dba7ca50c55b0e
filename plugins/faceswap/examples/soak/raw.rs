//! A clip, decoded into a file, so that no decoder's memory is measured and every seek is exact.

use std::io::Write;
use std::path::Path;

use standin::media::{Clip, ClipOptions};

/// Frames of a clip that are kept.
const KEPT: usize = 150;

/// Frames of I420, one after the other.
#[derive(Debug)]
pub(crate) struct Raw {
    /// The file, which goes with this.
    pub(crate) file: tempfile::NamedTempFile,
    /// Width and height in px.
    pub(crate) size: (usize, usize),
    /// How many frames.
    pub(crate) frames: u64,
}

impl Raw {
    /// The beginning of a clip.
    pub(crate) fn of(clip: &Path) -> anyhow::Result<Self> {
        let mut raw = Self { file: tempfile::NamedTempFile::new()?, size: (0, 0), frames: 0 };
        for frame in Clip::open(clip, ClipOptions::default())?.take(KEPT) {
            let frame = frame?;
            raw.size = (frame.layout().width, frame.layout().height);
            raw.frames += 1;
            (0..3).try_for_each(|plane| raw.file.write_all(frame.bytes(plane)))?;
        }
        anyhow::ensure!(raw.frames > 0, "{} has no frames", clip.display());
        Ok(raw)
    }

    /// Bytes of a frame.
    pub(crate) fn frame_bytes(&self) -> usize {
        let (width, height) = self.size;
        width * height + 2 * width.div_ceil(2) * height.div_ceil(2)
    }
}
