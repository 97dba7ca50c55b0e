//! Reads and writes the folder.

use std::path::{Path, PathBuf};

use super::{FaceRecord, FaceSetError, Header};

/// A face set that was opened: its header and its table; pictures stay where they are.
#[derive(Debug, Clone)]
pub struct FaceSet {
    /// The folder.
    pub folder: PathBuf,
    /// What it is.
    pub header: Header,
    /// Its faces, in the order of the table.
    pub faces: Vec<FaceRecord>,
}

impl FaceSet {
    /// Opens a folder.
    ///
    /// # Errors
    /// [`FaceSetError`], naming the file and the line.
    pub fn open(folder: &Path) -> Result<Self, FaceSetError> {
        let reason = "not written yet".to_owned();
        Err(FaceSetError::NotAFaceSet { folder: folder.to_owned(), reason })
    }
}

/// Adds faces to a folder; what it wrote before a stop is kept and gone on from.
#[derive(Debug)]
pub struct Writer {}
