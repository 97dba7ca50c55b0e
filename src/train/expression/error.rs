//! What can go wrong.

use std::path::{Path, PathBuf};

use crate::face::FindError;
use crate::train::augment::SettingError;
use crate::train::eval::EvalError;
use crate::train::mask::MaskError;
use crate::train::optimise::OptimiseError;
use crate::train::session::SessionError;
use crate::train::zoo::BlueprintError;

/// An expression network that cannot be trained or used.
#[derive(Debug, thiserror::Error)]
pub enum ExpressionError {
    /// A clip, its truth, a file of the run or the network's file cannot be used.
    #[error("{}: {reason}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Nothing to train on.
    #[error("nothing to train on in one of the clips: every crop is of somebody who is held back; give it as --test")]
    Nothing,
    /// Clips and their class masks.
    #[error(transparent)]
    Mask(#[from] MaskError),
    /// The truth beside a clip.
    #[error(transparent)]
    Truth(#[from] EvalError),
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
    Session(Box<SessionError>),
    /// Weights that blow up.
    #[error("step {0}: the loss is no number; begin again with a lower --rate")]
    Diverged(u64),
}

impl From<SessionError> for ExpressionError {
    fn from(error: SessionError) -> Self {
        Self::Session(Box::new(error))
    }
}

impl ExpressionError {
    pub(super) fn file(file: &Path, reason: impl std::fmt::Display) -> Self {
        Self::File { file: file.to_owned(), reason: reason.to_string() }
    }
}
