//! A swap model's file: read once, so that what was hashed and checked is what runs.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use jiff::civil::Date;

use super::RegistrationMap;
use super::contract::{Contract, ContractError};
use super::decode::{self, DecodeError, MAX_FILE};
use super::safety::{self, SafetyError};
use super::summary::{Summary, opset};
use crate::consent::{Consent, ConsentError};
use crate::face::{Alignment, FaceType};
use crate::geometry::Point;

mod metadata;

use metadata::Metadata;

/// A model file that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct ModelError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: ModelProblem,
}

/// What is wrong with a model file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelProblem {
    /// No such file.
    #[error("there is no such file; give the path of a .dfm model, or put it there")]
    Missing,
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// A folder, a pipe, a device.
    #[error("this is not a regular file; give the path of a .dfm model")]
    NotAFile,
    /// Not an ONNX model.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// No version of ONNX's operators.
    #[error("the field `opset_import` names no version of ONNX's operators; the file is cut short, or damaged")]
    NoOpset,
    /// Not safe to load.
    #[error(transparent)]
    Safety(#[from] SafetyError),
    /// Not a swap model.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// Metadata of ours that says something impossible.
    #[error("the metadata '{key}' is '{value}'; it should be {expected}")]
    Metadata {
        /// Key.
        key: &'static str,
        /// Value in the file.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}

/// A checked model and the consent that came with it. Cloning copies no weights.
#[derive(Clone)]
pub struct ModelFile {
    path: PathBuf,
    bytes: Bytes,
    sha256: String,
    graph_sha256: String,
    contract: Contract,
    metadata: Metadata,
    summary: Summary,
    consent: Result<Consent, ConsentError>,
    consent_embedded: bool,
}

impl ModelFile {
    /// Reads and checks a file, and reads its consent record: `FILE.consent.toml` beside it, otherwise the one in its
    /// metadata. A bad or missing record is no error here; [`Self::consented`] says so.
    ///
    /// # Errors
    /// [`ModelError`], naming the file and the tensor or field that is wrong.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let error = |problem| ModelError { path: path.to_owned(), problem };
        let bytes = read(path).map_err(error)?;
        Self::from_bytes(path, bytes).map_err(error)
    }

    fn from_bytes(path: &Path, bytes: Bytes) -> Result<Self, ModelProblem> {
        let decoded = decode::decode(&bytes)?;
        let model = &decoded.model;
        safety::check(model)?;
        opset(model).ok_or(ModelProblem::NoOpset)?;
        let contract = Contract::of(model.graph.as_ref().ok_or(DecodeError::NoGraph)?)?;
        let metadata = Metadata::of(model)?;
        let beside = Consent::beside(path);
        let embedded = metadata.consent.as_ref().filter(|_| matches!(beside, Err(ConsentError::Missing { .. })));
        Ok(Self {
            sha256: crate::consent::sha256_hex(&bytes),
            graph_sha256: crate::consent::sha256_hex(&decoded.graph_bytes),
            contract,
            summary: Summary::of(model),
            consent_embedded: embedded.is_some(),
            consent: embedded.map_or(beside, |text| Consent::parse(text, path)),
            metadata,
            path: path.to_owned(),
            bytes,
        })
    }

    /// Where the file was read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes that were checked.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the file, in lower-case hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// SHA-256 of the bytes of the file's field `graph`: what a consent record inside the file names, as a file cannot
    /// hold its own hash.
    pub fn graph_sha256(&self) -> &str {
        &self.graph_sha256
    }

    /// Inputs and outputs.
    pub fn contract(&self) -> Contract {
        self.contract
    }

    /// Side of the square crop, in pixels.
    pub fn resolution(&self) -> usize {
        self.contract.resolution
    }

    /// Whether the model takes `morph_value`.
    pub fn has_morph(&self) -> bool {
        self.contract.has_morph
    }

    /// The crop that the model was trained with, where the file says (`standin.face_type`).
    pub fn face_type(&self) -> Option<FaceType> {
        self.metadata.face_type
    }

    /// Side of that crop in canonical units, where the file says (`standin.coverage`).
    pub fn coverage(&self) -> Option<f32> {
        self.metadata.coverage
    }

    /// How the faces that it was trained with were aligned (`standin.alignment`), by the template where the file does
    /// not say.
    pub fn alignment(&self) -> Alignment {
        self.metadata.alignment.unwrap_or_default()
    }

    /// Where the model draws a face beside where it belongs, where the file says (`standin.registration`).
    pub fn registration(&self) -> Option<RegistrationMap> {
        self.metadata.registration
    }

    /// How far the subject's features lie from where the mean head has them, where the file says
    /// (`standin.skull_centre`): see [`crate::face::pose::skull_centre`].
    pub fn skull_centre(&self) -> Option<Point> {
        self.metadata.skull_centre
    }

    /// How far what the model draws is to be sharpened, 0..3, where the file says (`standin.sharpen`): strength of
    /// [`crate::blend::sharpen::sharpen`].
    pub fn sharpen(&self) -> Option<f32> {
        self.metadata.sharpen
    }

    /// The model's name (`standin.name`), or the file's without its extension.
    pub fn name(&self) -> String {
        let stem = || self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.metadata.name.clone().unwrap_or_else(stem)
    }

    /// What else the trainer wrote of where the model comes from: keys such as `standin.steps`, with the first 200
    /// characters of their values.
    pub fn origin(&self) -> &[(&'static str, String)] {
        &self.metadata.told
    }

    /// What the model is made of.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The consent record as it was read, whether it is valid now or not.
    ///
    /// # Errors
    /// [`ConsentError`] where there is none, or it is malformed.
    pub fn consent(&self) -> Result<&Consent, ConsentError> {
        self.consent.as_ref().map_err(Clone::clone)
    }

    /// The consent record, if it is for this file and valid on `today` (see [`crate::consent::today`]). Nothing live
    /// may run the model without.
    ///
    /// # Errors
    /// [`ConsentError`], which says how to write a record.
    pub fn consented(&self, today: Date) -> Result<&Consent, ConsentError> {
        let consent = self.consent()?;
        let hash = if self.consent_embedded { &self.graph_sha256 } else { &self.sha256 };
        consent.check(hash, today)?;
        Ok(consent)
    }
}

impl std::fmt::Debug for ModelFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, sha256, contract, consent, .. } = self;
        let mut shown = f.debug_struct("ModelFile");
        shown.field("path", path).field("sha256", sha256).field("contract", contract).field("consent", consent);
        shown.finish_non_exhaustive()
    }
}

fn read(path: &Path) -> Result<Bytes, ModelProblem> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => ModelProblem::Missing,
        _ => ModelProblem::Unreadable(error.to_string()),
    };
    let about = std::fs::metadata(path).map_err(failed)?;
    // Opening a pipe would wait for its other end.
    if !about.is_file() {
        return Err(ModelProblem::NotAFile);
    }
    if about.len() > MAX_FILE {
        return Err(DecodeError::TooLarge(about.len()).into());
    }
    let mut bytes = Vec::with_capacity(about.len() as usize + 1);
    File::open(path).map_err(failed)?.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes.into())
}
