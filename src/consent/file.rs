//! The record's file: beside the model, written whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{Consent, ConsentError};

/// Longest record, in bytes.
const MAX_RECORD: u64 = 64 * 1024;

impl Consent {
    /// Where the record of a model lies: `ben.dfm` has `ben.dfm.consent.toml`.
    pub fn path_for(model: &Path) -> PathBuf {
        let mut name = OsString::from(model);
        name.push(".consent.toml");
        name.into()
    }

    /// Reads the record that lies beside a model.
    ///
    /// # Errors
    /// [`ConsentError::Missing`], [`ConsentError::Unreadable`], [`ConsentError::Malformed`].
    pub fn beside(model: &Path) -> Result<Self, ConsentError> {
        let record = Self::path_for(model);
        match read(&record) {
            Ok(text) => Self::parse(&text, &record),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(ConsentError::Missing { model: model.to_owned(), record })
            }
            Err(error) => Err(ConsentError::Unreadable { record, reason: error.to_string() }),
        }
    }

    /// Reads a record that somebody prepared before there was a model: `record` need not have `model_sha256`, and
    /// gets this one. A record that has another is of another model.
    ///
    /// # Errors
    /// [`ConsentError::Unreadable`], [`ConsentError::Malformed`], [`ConsentError::OtherFile`].
    pub fn prepared(record: &Path, model_sha256: &str) -> Result<Self, ConsentError> {
        let text = read(record)
            .map_err(|error| ConsentError::Unreadable { record: record.to_owned(), reason: error.to_string() })?;
        let consent = Self::parse_prepared(&text, record, model_sha256)?;
        if consent.model_sha256 != model_sha256 {
            let (subject, recorded, model) = (consent.subject, consent.model_sha256, model_sha256.to_owned());
            return Err(ConsentError::OtherFile { subject, recorded, model });
        }
        Ok(consent)
    }

    /// The record as TOML.
    ///
    /// # Errors
    /// Why the record would not be readable again: the field that is empty or wrong.
    pub fn to_toml(&self) -> Result<String, String> {
        self.validate()?;
        toml::to_string(self).map_err(|error| error.to_string())
    }

    /// Writes the record beside its model, whole or not at all, and returns where.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where there is one and `overwrite` is not set; [`io::ErrorKind::InvalidInput`]
    /// where a field is empty or wrong; what the file system says.
    pub fn save(&self, model: &Path, overwrite: bool) -> io::Result<PathBuf> {
        let text = self.to_toml().map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))?;
        let record = Self::path_for(model);
        let mut unfinished = OsString::from(&record);
        unfinished.push(format!(".{}.tmp", std::process::id()));
        let unfinished = PathBuf::from(unfinished);
        let written = write(&unfinished, &text).and_then(|()| match overwrite {
            true => fs::rename(&unfinished, &record),
            // Unlike a rename, a link fails where the name is taken.
            false => fs::hard_link(&unfinished, &record),
        });
        let _ = fs::remove_file(&unfinished);
        written.map(|()| record)
    }
}

fn read(record: &Path) -> io::Result<String> {
    if !fs::metadata(record)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut text = String::new();
    let read = File::open(record)?.take(MAX_RECORD + 1).read_to_string(&mut text)?;
    match read as u64 > MAX_RECORD {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, "it has more than 64 KiB")),
        false => Ok(text),
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
