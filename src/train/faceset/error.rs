//! What can be wrong with a face set.

use std::path::{Path, PathBuf};

/// A face set that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FaceSetError {
    /// Not a face set.
    #[error("{}: this folder is no face set: {reason}; make one with `standin-train extract`", folder.display())]
    NotAFaceSet {
        /// The folder.
        folder: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// Something else is where a face set should be made.
    #[error("{}: this folder is no face set and holds other files; give an empty or a new one", folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
    /// A file of it cannot be read or written.
    #[error("{}: {reason}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A newer version.
    #[error("{}: face set of version {found}; this program reads up to {}", folder.display(), super::VERSION)]
    Version {
        /// The folder.
        folder: PathBuf,
        /// Its version.
        found: u32,
    },
    /// A line of the table that cannot be read.
    #[error("{}: line {line}: {reason}", file.display())]
    Line {
        /// The table.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

impl FaceSetError {
    pub(super) fn file(file: &Path, error: impl ToString) -> Self {
        Self::File { file: file.to_owned(), reason: error.to_string() }
    }
}
