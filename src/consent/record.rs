//! The record and when it is valid.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use jiff::civil::{Date, date};
use serde::Serialize;

/// One person's consent to the use of one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Consent {
    /// Whose face the model gives.
    pub subject: String,
    /// What they agreed to, in their words.
    pub statement: String,
    /// What the model may be used for.
    pub uses: Vec<String>,
    /// First day, in UTC.
    pub from: Date,
    /// Last day, in UTC.
    pub until: Date,
    /// Where to ask or to withdraw.
    pub contact: String,
    /// SHA-256 of the model, 64 lower-case hexadecimal digits (see [`crate::consent`] for which bytes).
    pub model_sha256: String,
    /// Kept as it is. Signing comes later; this leaves its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<toml::Table>,
}

/// Why a model may not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// No record.
    #[error("{} has no consent record: there is no {}; write one with `standin consent new {}`", model.display(), record.display(), model.display())]
    Missing {
        /// The model file.
        model: PathBuf,
        /// Where the record should be.
        record: PathBuf,
    },
    /// The record cannot be read.
    #[error("the consent record {} cannot be read: {reason}; mend it, or write one with `standin consent new MODEL --force`", record.display())]
    Unreadable {
        /// The record.
        record: PathBuf,
        /// Why.
        reason: String,
    },
    /// Not TOML, or not a record.
    #[error("the consent record {} is malformed: {reason}; mend it, or write one with `standin consent new MODEL --force`", record.display())]
    Malformed {
        /// The record, or the model that holds it.
        record: PathBuf,
        /// Which field is wrong, or which line.
        reason: String,
    },
    /// Before `from`.
    #[error(
        "the consent of {subject} is valid from {from} (UTC); wait, or write a new one with `standin consent new MODEL --force`"
    )]
    NotYet {
        /// Who.
        subject: String,
        /// First day.
        from: Date,
    },
    /// After `until`.
    #[error(
        "the consent of {subject} expired after {until} (UTC); ask them again, and write a new one with `standin consent new MODEL --force`"
    )]
    Expired {
        /// Who.
        subject: String,
        /// Last day.
        until: Date,
    },
    /// The record of another file.
    #[error(
        "the consent of {subject} is for another file (model_sha256 is {recorded}, this model's is {model}); write one for this model with `standin consent new MODEL --force`"
    )]
    OtherFile {
        /// Who.
        subject: String,
        /// Hash in the record.
        recorded: String,
        /// Hash of the model.
        model: String,
    },
}

impl Consent {
    /// Whether the record is of the model with this hash, and valid on `today` (UTC).
    ///
    /// # Errors
    /// [`ConsentError::OtherFile`], [`ConsentError::NotYet`], [`ConsentError::Expired`].
    pub fn check(&self, sha256: &str, today: Date) -> Result<(), ConsentError> {
        let subject = || self.subject.clone();
        if self.model_sha256 != sha256 {
            let (recorded, model) = (self.model_sha256.clone(), sha256.to_owned());
            return Err(ConsentError::OtherFile { subject: subject(), recorded, model });
        }
        if today < self.from {
            return Err(ConsentError::NotYet { subject: subject(), from: self.from });
        }
        if today > self.until {
            return Err(ConsentError::Expired { subject: subject(), until: self.until });
        }
        Ok(())
    }

    /// The first moment at which the record is no longer valid: 24:00 UTC on `until`.
    pub fn expires(&self) -> SystemTime {
        const DAY: u64 = 24 * 60 * 60;
        let days = self.until.duration_since(date(1970, 1, 1)).as_secs() / DAY as i64;
        let since = |days: i64| Duration::from_secs(days.unsigned_abs() * DAY);
        match days + 1 {
            days @ 0.. => SystemTime::UNIX_EPOCH + since(days),
            days => SystemTime::UNIX_EPOCH - since(days),
        }
    }
}
