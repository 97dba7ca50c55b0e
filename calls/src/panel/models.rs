//! The models that the page offers, with whose face each gives and until when.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Serialize;
use standin::consent::today;
use standin::swap::ModelFile;

use crate::models::files;

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
