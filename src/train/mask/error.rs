//! What can go wrong.

use std::path::{Path, PathBuf};

use crate::face::FindError;
use crate::train::augment::SettingError;
use crate::train::export::ExportError;
use crate::train::optimise::OptimiseError;
use crate::train::session::SessionError;
use crate::train::zoo::BlueprintError;

/// A training of the occlusion network that cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum MaskError {
    /// A clip, its masks or a file of the run cannot be used.
    #[error("{}: {reason}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Too little to train on or to measure.
    #[error("{0}")]
    Nothing(String),
    /// Faces cannot be looked for.
    #[error(transparent)]
    Find(#[from] FindError),
    /// Augmentation.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The network's layers.
    #[error(transparent)]
    Blueprint(#[from] BlueprintError),
    /// The optimiser.
    #[error(transparent)]
    Optimise(#[from] OptimiseError),
    /// A checkpoint.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The network file.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The network cannot be run.
    #[error(transparent)]
    Run(#[from] crate::runtime::NetworkError),
    /// The thread that prepares batches.
    #[error("no batch comes: {0}")]
    Batches(String),
    /// Weights that blow up.
    #[error("step {0}: the loss is no number; begin again with a lower --rate")]
    Diverged(u64),
}

impl MaskError {
    pub(super) fn file(file: &Path, reason: impl std::fmt::Display) -> Self {
        Self::File { file: file.to_owned(), reason: reason.to_string() }
    }
}
