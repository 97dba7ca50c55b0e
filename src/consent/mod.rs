//! Consent records: who agreed that a model of their face is used, for what, and until when.
//!
//! A record is TOML, in `MODEL.consent.toml` beside the model or in the model's metadata (`standin.consent`). It names
//! its model by SHA-256: of the file's bytes when it lies beside; of the bytes of the file's field `graph`
//! ([`crate::swap::ModelFile::graph_sha256`]) when it is inside, since a file cannot hold its own hash.
//!
//! Days are UTC days, so that a record ends at the same moment everywhere: it is valid from 00:00 UTC on `from` to
//! 24:00 UTC on `until`.

mod file;
mod hash;
mod parse;
mod record;

pub use hash::sha256_hex;
pub use record::{Consent, ConsentError};

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Today's date in UTC, which records are checked against.
pub fn today() -> Date {
    jiff::Timestamp::now().to_zoned(TimeZone::UTC).date()
}
