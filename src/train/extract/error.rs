//! What can stop an extraction.

use std::path::PathBuf;

use super::corrections::CorrectionsError;
use crate::face::FindError;
use crate::train::faceset::FaceSetError;

/// An extraction that cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// A source that is not there.
    #[error("{0}: no such file or folder, and no pattern that any file fits")]
    Missing(String),
    /// A source in which there is nothing to read.
    #[error("{0}: no clip and no picture in it (known endings: {1})")]
    Empty(String, String),
    /// A file of an unknown kind.
    #[error("{}: neither a clip nor a picture by its ending (known: {known})", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// Endings that are known.
        known: String,
    },
    /// Masks that fit no source.
    #[error("{mask}: {reason}")]
    Masks {
        /// What was given.
        mask: String,
        /// What is wrong.
        reason: String,
    },
    /// The file of corrections.
    #[error(transparent)]
    Corrections(#[from] CorrectionsError),
    /// The face set.
    #[error(transparent)]
    FaceSet(#[from] FaceSetError),
    /// The face set was made in another way.
    #[error(
        "{}: this face set was made with other settings ({differ}); give the same to go on, another output, or --fresh to begin again",
        folder.display()
    )]
    OtherSettings {
        /// The folder.
        folder: PathBuf,
        /// Which, with both values.
        differ: String,
    },
    /// A source that is not what it was when it was begun.
    #[error(
        "{source_name}: the file has changed since its first {frames} frames were extracted; begin again with --fresh"
    )]
    Changed {
        /// The source.
        source_name: String,
        /// How far it was.
        frames: u64,
    },
    /// The networks.
    #[error(transparent)]
    Find(#[from] FindError),
    /// A thread that could not be had or ended on its own.
    #[error("the {0} thread failed; run again: what was written is kept")]
    Thread(&'static str),
}
