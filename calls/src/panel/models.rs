//! The models that the page offers, with whose face each gives and until when.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Serialize;
use standin::consent::today;
use standin::swap::ModelFile;

/// A model as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Model {
    /// Its file.
    pub(super) path: PathBuf,
    /// The file's name.
    name: String,
    /// Whose face it is.
    subject: Option<String>,
    /// Last day of the consent (UTC).
    until: Option<String>,
    /// Why it cannot be used.
    fault: Option<String>,
}

/// Looks at a model. Its whole file is read, as the consent is for exactly these bytes.
fn look_at(path: &Path) -> Model {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bare = Model { path: path.to_owned(), name, subject: None, until: None, fault: None };
    let model = match ModelFile::open(path) {
        Ok(model) => model,
        Err(error) => return Model { fault: Some(error.to_string()), ..bare },
    };
    let (subject, until) = match model.consent() {
        Ok(consent) => (Some(consent.subject.clone()), Some(consent.until.to_string())),
        Err(_) => (None, None),
    };
    let fault = model.consented(today()).err().map(|error| error.to_string());
    Model { subject, until, fault, ..bare }
}

/// The files: those that were named, then the others of their folders, each once.
pub(super) fn files(named: &[PathBuf]) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut add = |file: PathBuf| {
        let file = file.canonicalize().unwrap_or(file);
        if !files.contains(&file) {
            files.push(file);
        }
    };
    named.iter().cloned().for_each(&mut add);
    let folder = |file: &PathBuf| Some(file.canonicalize().ok()?.parent()?.to_owned());
    let folders: Vec<_> = if named.is_empty() { installed() } else { named.iter().filter_map(folder).collect() };
    folders.iter().flat_map(|folder| inside(folder)).for_each(&mut add);
    files
}

/// The models of a folder in the order of their names.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ending| ending == "dfm")).collect();
    files.sort();
    files
}

/// Where models lie that were not named: the user's, those that came with this program, and those beside its sources.
fn installed() -> Vec<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let data = variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local/share")));
    let mut folders: Vec<_> = data.map(|folder| folder.join("standin/models")).into_iter().collect();
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    if let Some(beside) = beside {
        folders.extend(["../share/standin/models", "../../models"].map(|folder| beside.join(folder)));
    }
    folders
}

/// What the page offers of these files.
pub(super) fn all(files: &[PathBuf]) -> Vec<Model> {
    files.iter().map(|file| look_at(file)).collect()
}

/// The model to begin with: the first that was named, else the first one that may be used.
///
/// # Errors
/// There is none.
pub(super) fn first(named: &[PathBuf]) -> anyhow::Result<PathBuf> {
    if let Some(named) = named.first() {
        return Ok(named.clone());
    }
    match files(named).iter().map(|file| look_at(file)).find(|model| model.fault.is_none()) {
        Some(model) => Ok(model.path),
        None => bail!(
            "no model with a valid consent is installed; name one with --model FILE.dfm, or put it into ~/.local/share/standin/models"
        ),
    }
}
