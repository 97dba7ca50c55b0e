//! What a user names, as a list of clips and pictures.

use std::path::{Path, PathBuf};

use super::ExtractError;
use super::masks::MaskSource;

const CLIPS: [&str; 15] =
    ["avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "ogv", "ts", "vob", "webm", "wmv"];
const PICTURES: [&str; 3] = ["jpeg", "jpg", "png"];
/// End of a file's name before its ending by which a mask beside its source is told: such files are no sources.
const MASK_SUFFIX: &str = "_mask";

/// What a file is, by its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Frames, through GStreamer.
    Clip,
    /// One frame.
    Picture,
}

impl Kind {
    /// Of a file; `None` where the ending is unknown.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        if CLIPS.contains(&ending.as_str()) {
            Some(Self::Clip)
        } else {
            PICTURES.contains(&ending.as_str()).then_some(Self::Picture)
        }
    }
}

/// One clip or picture.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// How the face set calls it: the path as it was given or found.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its masks, if somebody supplied some.
    pub mask: Option<MaskSource>,
}

/// The endings that are known, for people.
fn known() -> String {
    PICTURES.iter().chain(&CLIPS).copied().collect::<Vec<_>>().join(", ")
}

/// The clips and pictures that `given` names: files, folders (searched through, in the order of their names) and
/// patterns such as `takes/*.mp4`. `masks` are none at all or one for each of `given`; see [`MaskSource::find`].
///
/// # Errors
/// [`ExtractError`], naming what is not there, is empty or of an unknown kind, or which mask fits nothing.
pub fn expand(given: &[String], masks: &[PathBuf]) -> Result<Vec<Source>, ExtractError> {
    if !masks.is_empty() && masks.len() != given.len() {
        let mask = masks.iter().map(|mask| mask.display().to_string()).collect::<Vec<_>>().join(", ");
        let reason =
            format!("{} for {} sources; give --mask once for each source, in their order", masks.len(), given.len());
        return Err(ExtractError::Masks { mask, reason });
    }
    let mut sources: Vec<Source> = Vec::new();
    for (i, given) in given.iter().enumerate() {
        let files = files(given)?;
        let alone = files.len() == 1 && Path::new(given).is_file();
        for path in files {
            let kind = Kind::of(&path).ok_or_else(|| ExtractError::Kind { path: path.clone(), known: known() })?;
            let mask = masks.get(i).map(|mask| MaskSource::find(mask, &path, kind, alone)).transpose()?;
            let name = path.display().to_string();
            if !sources.iter().any(|source| source.name == name) {
                sources.push(Source { path, name, kind, mask });
            }
        }
    }
    Ok(sources)
}

fn files(given: &str) -> Result<Vec<PathBuf>, ExtractError> {
    let path = Path::new(given);
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    if path.is_dir() {
        gather(path, &mut found);
    } else {
        let matched = glob::glob(given).map_err(|_| ExtractError::Missing(given.to_owned()))?;
        for path in matched.filter_map(Result::ok) {
            if path.is_dir() {
                gather(&path, &mut found);
            } else if usable(&path) {
                found.push(path);
            }
        }
        if found.is_empty() {
            return Err(ExtractError::Missing(given.to_owned()));
        }
    }
    if found.is_empty() {
        return Err(ExtractError::Empty(given.to_owned(), known()));
    }
    found.sort();
    Ok(found)
}

fn usable(path: &Path) -> bool {
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    Kind::of(path).is_some() && !name.ends_with(MASK_SUFFIX)
}

/// Adds the clips and pictures of a folder and of the folders in it; links to folders are not followed, since they may
/// lead back. A folder that cannot be read counts as empty.
fn gather(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            gather(&path, found);
        } else if usable(&path) && path.is_file() {
            found.push(path);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may stop")]
mod tests {
    use super::*;

    #[test]
    fn folders_and_patterns_give_their_clips_and_pictures_in_order_without_masks() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("b")).unwrap();
        for name in ["z.PNG", "b/two.mp4", "b/two_mask.mkv", "a.jpg", "notes.txt"] {
            std::fs::write(place.path().join(name), "").unwrap();
        }
        let names = |given: String| -> Vec<String> {
            let short = |source: Source| source.path.strip_prefix(place.path()).unwrap().display().to_string();
            expand(&[given], &[]).unwrap().into_iter().map(short).collect()
        };
        let folder = place.path().display().to_string();
        assert_eq!(names(folder.clone()), ["a.jpg", "b/two.mp4", "z.PNG"]);
        assert_eq!(names(format!("{folder}/*.jpg")), ["a.jpg"]);
        assert_eq!(names(format!("{folder}/b/*")), ["b/two.mp4"]);
    }

    #[test]
    fn what_is_not_there_or_of_no_kind_is_named() {
        let place = tempfile::tempdir().unwrap();
        let notes = place.path().join("notes.txt");
        std::fs::write(&notes, "").unwrap();
        let error = |given: &Path| expand(&[given.display().to_string()], &[]).unwrap_err().to_string();
        assert!(error(&notes).contains("notes.txt: neither"));
        assert!(error(place.path()).contains("no clip and no picture"));
        assert!(error(&place.path().join("*.mp4")).contains("no such file"));
        let masks = [PathBuf::from("a"), PathBuf::from("b")];
        assert!(expand(&["x".to_owned()], &masks).unwrap_err().to_string().contains("2 for 1 sources"));
    }
}
