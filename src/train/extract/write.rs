//! Writes the face set on a thread of its own, and in step with it how far the sources are.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use image::GrayImage;

use super::cut::{CropPlace, Cutter};
use super::progress::{ExtractProgress, SourceProgress};
use crate::frame::{OwnedFrame, VideoBuffer};
use crate::train::faceset::{FaceRecord, FaceSetError, Writer};

/// From one note of the progress to the next: what a crash loses.
const INTERVAL: Duration = Duration::from_secs(1);

/// What is to be written.
#[derive(Debug)]
pub(super) enum Order {
    /// A face.
    Face(Box<Cut>),
    /// All faces of a frame were ordered: the source's number, and how far it is.
    Frame(usize, Box<SourceProgress>),
}

/// A face whose crop is still to be made, for which this thread has more time than the analysing one.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) record: FaceRecord,
    pub(super) frame: Arc<OwnedFrame>,
    pub(super) place: CropPlace,
    pub(super) mask: GrayImage,
}

/// The thread.
pub(super) struct Writing {
    pub(super) folder: PathBuf,
    pub(super) writer: Writer,
    pub(super) progress: ExtractProgress,
}

impl Writing {
    /// Writes until nobody orders any more; gives the progress. Where a file cannot be written, the face set is as it
    /// was at the last note.
    pub(super) fn run(mut self, orders: &Receiver<Order>) -> Result<ExtractProgress, FaceSetError> {
        let mut noted = Instant::now();
        let mut cutter = Cutter::default();
        for order in orders {
            match order {
                Order::Face(mut cut) => {
                    // Planes that do not fit their layout were refused before.
                    let Ok(frame) = cut.frame.frame() else { continue };
                    let crop = cutter.crop(&frame, &cut.place);
                    self.writer.append(&mut cut.record, &crop, &cut.mask)?;
                }
                Order::Frame(i, progress) => {
                    if let Some(source) = self.progress.sources.get_mut(i) {
                        *source = *progress;
                    }
                    self.progress.table = self.writer.length();
                    if noted.elapsed() > INTERVAL {
                        self.note()?;
                        noted = Instant::now();
                    }
                }
            }
        }
        self.note()?;
        Ok(self.progress)
    }

    fn note(&self) -> Result<(), FaceSetError> {
        self.writer.sync()?;
        self.progress.write(&self.folder)
    }
}
