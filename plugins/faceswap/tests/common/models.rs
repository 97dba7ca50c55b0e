//! Models that are lent to a test, with the consent that they need.

use std::path::{Path, PathBuf};

use standin::consent::sha256_hex;

use super::onnx::{SwapModel, floats, node};

/// A model file with its record, in a folder that goes with it.
pub(crate) struct Lent {
    folder: tempfile::TempDir,
    /// The model.
    pub(crate) path: PathBuf,
}

impl Lent {
    /// A model with a valid record.
    pub(crate) fn new(model: &SwapModel) -> Self {
        let lent = Self::without_consent(model);
        let (bytes, record) = (std::fs::read(&lent.path).unwrap(), ("2020-01-01", "2100-01-01"));
        lent.write_consent(&sha256_hex(&bytes), record);
        lent
    }

    /// A model without a record.
    pub(crate) fn without_consent(model: &SwapModel) -> Self {
        Self::file(&model.bytes())
    }

    /// Any bytes as a model file, without a record.
    pub(crate) fn file(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.dfm");
        std::fs::write(&path, bytes).unwrap();
        Self { folder, path }
    }

    /// A copy of a model and its record.
    pub(crate) fn copy_of(model: &Path) -> Self {
        let (lent, record) = (Self::file(&std::fs::read(model).unwrap()), "consent.toml");
        std::fs::copy(model.with_added_extension(record), lent.path.with_added_extension(record)).unwrap();
        lent
    }

    /// Writes a record for the file with that hash.
    pub(crate) fn write_consent(&self, sha256: &str, (from, until): (&str, &str)) {
        let text = format!(
            "subject = \"Nobody\"\nstatement = \"A test.\"\nuses = [\"testing\"]\nfrom = \"{from}\"\n\
             until = \"{until}\"\ncontact = \"nobody@standin.invalid\"\nmodel_sha256 = \"{sha256}\"\n"
        );
        std::fs::write(self.folder.path().join("model.dfm.consent.toml"), text).unwrap();
    }

    /// The same, lent by somebody of this name.
    pub(crate) fn by(self, subject: &str) -> Self {
        let path = self.folder.path().join("model.dfm.consent.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("Nobody", subject)).unwrap();
        self
    }

    /// Its hash.
    pub(crate) fn sha256(&self) -> String {
        sha256_hex(&std::fs::read(&self.path).unwrap())
    }

    /// Paints faces in one colour (blue, green, red), whatever the driver does.
    pub(crate) fn paint(colour: [f32; 3]) -> Self {
        Self::new(&painting(colour))
    }

    /// Paints faces green.
    pub(crate) fn green() -> Self {
        Self::paint([0.0, 1.0, 0.0])
    }

    /// Gives the driver's own face back: nothing to see, but all stages run.
    pub(crate) fn identity() -> Self {
        Self::new(&SwapModel::identity())
    }

    /// Gives a face, but masks that are 0 everywhere.
    pub(crate) fn nothing_masked() -> Self {
        let mut model = SwapModel::identity();
        model.weights("one").raw_data = Some(bytes::Bytes::copy_from_slice(&0.0_f32.to_le_bytes()));
        Self::new(&model)
    }
}

impl std::fmt::Display for Lent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path.display())
    }
}

fn painting(colour: [f32; 3]) -> SwapModel {
    let mut model = SwapModel::identity();
    let graph = model.graph();
    graph.initializer.push(floats("colour", &[3], &colour));
    graph.node.splice(
        0..1,
        [
            node("Mul", &["in_face:0", "zero"], "black", vec![]),
            node("Add", &["black", "colour"], "out_celeb_face:0", vec![]),
        ],
    );
    model
}
