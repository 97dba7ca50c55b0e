//! Writes the face set on a thread of its own, and in step with it how far the sources are.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use image::{GrayImage, RgbImage};

use super::progress::{Progress, SourceProgress};
use crate::train::faceset::{FaceRecord, FaceSetError, Writer};

/// From one note of the progress to the next: what a crash loses.
const INTERVAL: Duration = Duration::from_secs(1);

/// What is to be written.
#[derive(Debug)]
pub(super) enum Order {
    /// A face.
    Face(Box<FaceRecord>, RgbImage, GrayImage),
    /// All faces of a frame were ordered: the source's number, and how far it is.
    Frame(usize, Box<SourceProgress>),
}

/// The thread.
pub(super) struct Writing {
    pub(super) folder: PathBuf,
    pub(super) writer: Writer,
    pub(super) progress: Progress,
}

impl Writing {
    /// Writes until nobody orders any more; gives the progress. Where a file cannot be written, the face set is as it
    /// was at the last note.
    pub(super) fn run(mut self, orders: &Receiver<Order>) -> Result<Progress, FaceSetError> {
        let mut noted = Instant::now();
        for order in orders {
            match order {
                Order::Face(mut record, crop, mask) => self.writer.append(&mut record, &crop, &mask)?,
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
