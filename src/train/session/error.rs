//! What can go wrong in a training.

use std::path::{Path, PathBuf};

use crate::train::base::BaseError;
use crate::train::expression::ExpressionError;
use crate::train::losses::LossWeightsError;
use crate::train::optimise::OptimiseError;
use crate::train::samples::SampleError;
use crate::train::zoo::BlueprintError;

/// A training that cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A file of the run cannot be read or written.
    #[error("{}: {reason}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another program trains in this folder.
    #[error("{}: another training uses this run; stop it first", .0.display())]
    InUse(PathBuf),
    /// A checkpoint that is not what the run needs.
    #[error("{}: {reason}", file.display())]
    Checkpoint {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The folder holds the training of something else.
    #[error("{}: this run has {field} = {found}, but {wanted} was asked for; leave the option out, or take another folder", run.display())]
    Other {
        /// The run.
        run: PathBuf,
        /// Which field of `run.toml`.
        field: &'static str,
        /// Its value there.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// A model that cannot be made.
    #[error(transparent)]
    Blueprint(#[from] BlueprintError),
    /// A base that cannot be started from.
    #[error(transparent)]
    Base(#[from] BaseError),
    /// An expression network that cannot judge.
    #[error(transparent)]
    Expression(Box<ExpressionError>),
    /// Weights of losses that make no sense.
    #[error(transparent)]
    Losses(#[from] LossWeightsError),
    /// The optimiser refused.
    #[error(transparent)]
    Optimise(#[from] OptimiseError),
    /// No batch came.
    #[error(transparent)]
    Samples(#[from] SampleError),
    /// More than the device has; nothing has begun.
    #[error(
        "the training needs about {} MiB on the device, which has {} MiB free: {}",
        needed.div_ceil(1 << 20), free >> 20, smaller(*batch)
    )]
    Memory {
        /// Bytes that it needs there.
        needed: u64,
        /// Bytes that are free there.
        free: u64,
        /// Faces a side that would fit; none where not even one does.
        batch: Option<usize>,
    },
    /// The weights blow up again and again.
    #[error("step {step}: the loss is no number, nor was it after going back {times} times; go on with a lower --rate")]
    Diverged {
        /// When.
        step: u64,
        /// How often it went back.
        times: usize,
    },
}

impl From<ExpressionError> for SessionError {
    fn from(error: ExpressionError) -> Self {
        Self::Expression(Box::new(error))
    }
}

fn smaller(batch: Option<usize>) -> String {
    batch.map_or_else(
        || "not even --batch 1 fits; take a smaller --resolution or model, or --device cpu".to_owned(),
        |batch| format!("--batch {batch} would fit, in a new run, since a run keeps its batch; or take --device cpu"),
    )
}

impl SessionError {
    /// For what the file system says of `file`.
    pub(super) fn file(file: &Path) -> impl Fn(std::io::Error) -> Self + use<> {
        let file = file.to_owned();
        move |error| Self::File { file: file.clone(), reason: error.to_string() }
    }
}
