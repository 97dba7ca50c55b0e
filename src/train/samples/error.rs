//! What keeps samples from being made.

use std::path::PathBuf;

use super::MINIMUM_FACES;
use crate::train::augment::SettingError;
use crate::train::faceset::FaceSetError;
use crate::train::zoo::Side;

/// Face sets that cannot be trained on, or a loader that stopped.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A side without face sets.
    #[error("side {side:?} has no face set; name one with --a or --b")]
    NoFaceSet {
        /// Which side.
        side: Side,
    },
    /// A base needs people who perform the same frames.
    #[error(
        "the face sets of the troupe do not say who performs which frame, or nobody performs the same frames as others; \
         extract a clip in which people perform the same N frames one after the other with `standin-train extract \
         --performances N`, and give that face set too"
    )]
    NoTroupe,
    /// Somebody of a troupe who is missing from most frames.
    #[error(
        "{source_name}: the person from frame {frame} on was found in {found} of the {frames} frames of the performance, \
         less than half: extract with --performances N for the number of frames that each person performs, or leave this \
         clip out"
    )]
    RarelySeen {
        /// The clip.
        source_name: String,
        /// Frame of the clip in which the person is found first.
        frame: u64,
        /// Frames in which they are found.
        found: usize,
        /// Frames in which anybody is.
        frames: usize,
    },
    /// A face set without, or with too few, faces.
    #[error(
        "{}: {found} faces; a face set to train on must have {MINIMUM_FACES} or more (some hundreds in all poses are \
         good): extract from more or longer clips, or with looser limits",
        folder.display()
    )]
    TooSmall {
        /// The folder.
        folder: PathBuf,
        /// How many faces it has.
        found: usize,
    },
    /// Crops that hold different parts of the head.
    #[error(
        "{}: {found}, but {}: {expected}; extract all face sets with the same face type, coverage and \
         alignment",
        folder.display(),
        first.display()
    )]
    Mismatch {
        /// The folder.
        folder: PathBuf,
        /// What it has.
        found: String,
        /// The folder that was named first.
        first: PathBuf,
        /// What that has.
        expected: String,
    },
    /// A face set that cannot be read, or a corrupt picture of one.
    #[error(transparent)]
    FaceSet(#[from] FaceSetError),
    /// A mask that is not as large as its crop.
    #[error("{}: {found:?} pixels, but its crop has {expected:?}; extract it again or take the face out of the table", file.display())]
    MaskSize {
        /// The mask.
        file: PathBuf,
        /// Its width and height.
        found: (u32, u32),
        /// The crop's.
        expected: (u32, u32),
    },
    /// An augmentation setting out of its range.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A batch or a resolution of nothing.
    #[error("a batch of {batch} samples of {resolution} pixels has nothing in it; both must be 1 or more")]
    Nothing {
        /// Samples a side.
        batch: usize,
        /// Side in pixels.
        resolution: usize,
    },
    /// The system refused a thread.
    #[error("no thread for the loader: {0}")]
    Thread(std::io::Error),
    /// The loader's thread ended: the device failed while it took a batch.
    #[error("the loader stopped: its device failed or ran out of memory; take a smaller batch, or --device cpu")]
    Stopped,
}
