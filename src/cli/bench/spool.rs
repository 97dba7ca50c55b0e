//! A clip decoded beforehand, in a file, so that neither the decoder nor a clip's worth of memory is measured.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};

use anyhow::{Context, ensure};

use crate::frame::{Layout, OwnedFrame};
use crate::media::Clip;

/// Raw frames in an unnamed file.
#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    layout: Layout,
    count: usize,
}

impl Spool {
    /// Decodes at most `most` frames.
    pub(super) fn fill(clip: Clip, most: usize) -> anyhow::Result<Self> {
        let mut file = BufWriter::new(tempfile::tempfile().context("no temporary file for the decoded clip")?);
        let (mut layout, mut count) = (None, 0);
        for frame in clip.take(most) {
            let frame = frame?;
            let first = *layout.get_or_insert(*frame.layout());
            ensure!(first == *frame.layout(), "the clip changes its size or format at frame {count}");
            for plane in 0..first.format.planes() {
                file.write_all(frame.bytes(plane)).context("no room for the decoded clip")?;
            }
            count += 1;
        }
        let layout = layout.context("the clip has no frame")?;
        Ok(Self { file: file.into_inner()?, layout, count })
    }

    /// What the frames are.
    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// Reads frame `i`; past the end the clip runs backwards, then forwards again, so that nothing jumps.
    pub(super) fn read(&mut self, i: usize, frame: &mut OwnedFrame) -> anyhow::Result<()> {
        let lap = i % (2 * self.count);
        let place = if lap < self.count { lap } else { 2 * self.count - 1 - lap };
        let planes = 0..self.layout.format.planes();
        let size: usize = planes.clone().map(|plane| frame.bytes(plane).len()).sum();
        self.file.seek(SeekFrom::Start((place * size) as u64))?;
        for plane in planes {
            self.file.read_exact(frame.bytes_mut(plane))?;
        }
        Ok(())
    }
}
