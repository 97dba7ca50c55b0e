//! How far each source is: kept beside the face set, so that the same command goes on from there.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::clean_up::Dropped;
use super::{ExtractError, ExtractSettings};
use crate::face::FinderState;
use crate::train::faceset::{FaceSetError, replace};

/// File of the progress.
pub const PROGRESS: &str = "extract.json";

/// What became of the faces of a source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Frames that were looked at.
    pub frames: u64,
    /// Of these, frames in which no face was found.
    pub without_face: u64,
    /// Faces that were found; each was kept or dropped.
    pub found: u64,
    /// Faces in the face set.
    pub kept: u64,
    /// The others, by reason.
    pub dropped: Dropped,
    /// Faces found, by track.
    pub tracks: BTreeMap<u32, u64>,
}

impl Counts {
    /// Adds those of another source, but for the tracks.
    pub fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.without_face += other.without_face;
        self.found += other.found;
        self.kept += other.kept;
        for (&reason, count) in &other.dropped {
            *self.dropped.entry(reason).or_default() += count;
        }
    }
}

/// One source.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SourceProgress {
    /// Its name.
    pub source: String,
    /// Its size, by which a changed file is told.
    pub bytes: u64,
    /// Its masks.
    pub mask: Option<String>,
    /// Frame to go on with.
    pub next: u64,
    /// Whether its end was reached.
    pub done: bool,
    /// Why it could not be read to its end.
    pub unreadable: Option<String>,
    /// What became of its faces.
    pub counts: Counts,
    /// What the finder knew after the last frame.
    pub finder: FinderState,
}

/// All of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExtractProgress {
    /// How faces are extracted.
    pub settings: ExtractSettings,
    /// Bytes of the table that belong to the frames before those to go on with.
    pub table: u64,
    /// The sources, in the order in which they were first given.
    pub sources: Vec<SourceProgress>,
}

impl ExtractProgress {
    /// Reads the progress of a face set.
    ///
    /// # Errors
    /// [`FaceSetError::File`] where it is missing or unreadable.
    pub fn read(folder: &Path) -> Result<Self, FaceSetError> {
        let file = folder.join(PROGRESS);
        let fails = |reason: String| {
            let reason = format!(
                "{reason}; this face set cannot be gone on with: give another output, or --fresh to begin again"
            );
            FaceSetError::File { file: file.clone(), reason }
        };
        let text = std::fs::read_to_string(&file).map_err(|error| fails(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| fails(error.to_string()))
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// [`FaceSetError::File`]; what was written before is then still there.
    pub fn write(&self, folder: &Path) -> Result<(), FaceSetError> {
        let file = folder.join(PROGRESS);
        let reason = |error: serde_json::Error| FaceSetError::File { file: file.clone(), reason: error.to_string() };
        replace(&file, &serde_json::to_vec(self).map_err(reason)?)
    }

    /// The place of a source in the list, where it is put if it is new.
    ///
    /// # Errors
    /// [`ExtractError`] where it was begun with other masks, or was another file then.
    pub fn place(&mut self, folder: &Path, new: SourceProgress) -> Result<usize, ExtractError> {
        let Some(i) = self.sources.iter().position(|known| known.source == new.source) else {
            self.sources.push(new);
            return Ok(self.sources.len() - 1);
        };
        let known = &mut self.sources[i];
        if known.next == 0 {
            *known = new;
            return Ok(i);
        }
        if known.mask != new.mask {
            let shown = |mask: &Option<String>| mask.clone().unwrap_or_else(|| "none".to_owned());
            let differ = format!("mask of {}: {}, now {}", known.source, shown(&known.mask), shown(&new.mask));
            return Err(ExtractError::OtherSettings { folder: folder.to_owned(), differ });
        }
        if known.bytes != new.bytes {
            return Err(ExtractError::Changed { source_name: new.source, frames: known.next });
        }
        // A file that could not be read may be readable now: a plugin was installed, a disc is back.
        known.unreadable = None;
        Ok(i)
    }
}
