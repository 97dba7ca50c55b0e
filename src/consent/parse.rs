//! TOML text to a record, naming the field that is wrong.

use std::path::Path;

use jiff::civil::Date;
use toml::{Table, Value};

use super::{Consent, ConsentError};

const FIELDS: [&str; 8] = ["subject", "statement", "uses", "from", "until", "contact", "model_sha256", "signature"];

impl Consent {
    /// Reads a record. `record` is the file that holds it, for messages.
    ///
    /// # Errors
    /// [`ConsentError::Malformed`], naming the field.
    pub fn parse(text: &str, record: &Path) -> Result<Self, ConsentError> {
        let malformed = |reason| ConsentError::Malformed { record: record.to_owned(), reason };
        table(text).and_then(|table| read(&table)).map_err(malformed)
    }

    /// As [`Self::parse`], where a record without `model_sha256` gets this one.
    pub(super) fn parse_prepared(text: &str, record: &Path, model_sha256: &str) -> Result<Self, ConsentError> {
        let malformed = |reason| ConsentError::Malformed { record: record.to_owned(), reason };
        let mut table = table(text).map_err(malformed)?;
        table.entry("model_sha256").or_insert_with(|| model_sha256.into());
        read(&table).map_err(malformed)
    }
}

fn table(text: &str) -> Result<Table, String> {
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
        format!("line {} is not TOML: {}", line.unwrap_or(1), error.message())
    })
}

fn read(table: &Table) -> Result<Consent, String> {
    if let Some(unknown) = table.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        let known = FIELDS.join(", ");
        return Err(format!("there is no field `{}`; the fields are {known}", unknown.escape_debug()));
    }
    let consent = Consent {
        subject: string(table, "subject")?,
        statement: string(table, "statement")?,
        uses: uses(table)?,
        from: day(table, "from")?,
        until: day(table, "until")?,
        contact: string(table, "contact")?,
        model_sha256: string(table, "model_sha256")?.to_ascii_lowercase(),
        signature: match table.get("signature") {
            None => None,
            Some(Value::Table(signature)) => Some(signature.clone()),
            Some(_) => return Err("the field `signature` should be a table".to_owned()),
        },
    };
    consent.validate()?;
    Ok(consent)
}

impl Consent {
    /// What a record must be, whoever wrote it; the sentence names the field.
    pub(super) fn validate(&self) -> Result<(), String> {
        let texts = [("subject", &self.subject), ("statement", &self.statement), ("contact", &self.contact)];
        let uses = self.uses.iter().map(|text| ("uses", text));
        for (field, text) in texts.into_iter().chain(uses) {
            if text.trim().is_empty() {
                return Err(format!("the field `{field}` is empty"));
            }
            if text.chars().any(|c| c.is_control() && c != '\n') {
                return Err(format!("the field `{field}` has a control character"));
            }
        }
        if self.uses.is_empty() {
            return Err("the field `uses` is empty; list what the model may be used for".to_owned());
        }
        if self.until < self.from {
            return Err(format!("the field `until` ({}) is before `from` ({})", self.until, self.from));
        }
        let digits = self.model_sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if self.model_sha256.len() != 64 || !digits {
            return Err("the field `model_sha256` should be 64 hexadecimal digits".to_owned());
        }
        Ok(())
    }
}

fn present<'a>(table: &'a Table, field: &str) -> Result<&'a Value, String> {
    table.get(field).ok_or_else(|| format!("the field `{field}` is missing"))
}

fn string(table: &Table, field: &str) -> Result<String, String> {
    let text = present(table, field)?.as_str();
    text.map(str::to_owned).ok_or_else(|| format!("the field `{field}` should be text in quotes"))
}

fn uses(table: &Table) -> Result<Vec<String>, String> {
    let list = present(table, "uses")?.as_array();
    let texts = list.and_then(|list| list.iter().map(|value| value.as_str().map(str::to_owned)).collect());
    texts.ok_or_else(|| "the field `uses` should be a list of texts, such as [\"research\"]".to_owned())
}

/// A date in quotes, or TOML's own without.
fn day(table: &Table, field: &str) -> Result<Date, String> {
    let text = match present(table, field)? {
        Value::String(text) => text.clone(),
        Value::Datetime(date) if date.time.is_none() => date.to_string(),
        _ => String::new(),
    };
    // jiff would take a date with a time, too, and drop the time.
    let date = text.parse().ok().filter(|date: &Date| date.to_string() == text);
    date.ok_or_else(|| format!("the field `{field}` should be a date such as \"2027-01-31\""))
}
