//! Consent records: what they must say, when they are valid, and what is said when they are not.

#![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, SystemTime};

use common::onnx::SwapModel;
use jiff::civil::{Date, date};
use standin::consent::{Consent, ConsentError};
use standin::swap::ModelFile;

const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const FIRST: Date = date(2026, 11, 1);
const LAST: Date = date(2027, 1, 31);

fn record(model_sha256: &str) -> Consent {
    Consent {
        subject: "Ben".to_owned(),
        statement: "I agree to \"it\".".to_owned(),
        uses: vec!["testing".to_owned(), "research".to_owned()],
        from: FIRST,
        until: LAST,
        contact: "ben@standin.invalid".to_owned(),
        model_sha256: model_sha256.to_owned(),
        signature: None,
    }
}

fn parse(text: &str) -> Result<Consent, ConsentError> {
    Consent::parse(text, Path::new("ben.dfm.consent.toml"))
}

/// The record with one line in place of the one that begins as it does.
fn with(line: &str) -> String {
    let field = line.split(' ').next().unwrap();
    let text = record(HASH).to_toml().unwrap();
    let lines = text.lines().map(|old| if old.split(' ').next() == Some(field) { line } else { old });
    lines.fold(String::new(), |text, line| text + line + "\n")
}

fn assert_malformed(text: &str, words: &[&str]) {
    let sentence = parse(text).unwrap_err().to_string();
    for word in words.iter().chain(&["ben.dfm.consent.toml", "standin consent new"]) {
        assert!(sentence.contains(word), "no {word} in: {sentence}");
    }
}

#[test]
fn a_record_survives_its_text() {
    assert_eq!(parse(&record(HASH).to_toml().unwrap()).unwrap(), record(HASH));
    let long = Consent { statement: "I agree.\n\nSays \"Ben\".".to_owned(), ..record(HASH) };
    assert_eq!(parse(&long.to_toml().unwrap()).unwrap(), long);
    let signed = format!("{}\n[signature]\nby = \"someone\"\n", record(HASH).to_toml().unwrap());
    let signed_record = parse(&signed).unwrap();
    assert_eq!(signed_record.signature.as_ref().unwrap()["by"].as_str(), Some("someone"));
    assert_eq!(parse(&signed_record.to_toml().unwrap()).unwrap(), signed_record);
}

#[test]
fn dates_may_be_tomls_own() {
    assert_eq!(parse(&with("from = 2026-11-01")).unwrap(), record(HASH));
}

#[test]
fn every_field_is_needed_and_named() {
    let text = record(HASH).to_toml().unwrap();
    for field in ["subject", "statement", "uses", "from", "until", "contact", "model_sha256"] {
        let without: String =
            text.lines().filter(|line| line.split(' ').next() != Some(field)).map(|line| format!("{line}\n")).collect();
        assert!(without.len() < text.len());
        assert_malformed(&without, &[&format!("`{field}` is missing")]);
    }
}

#[test]
fn wrong_fields_are_named() {
    for field in ["subject", "statement", "contact"] {
        assert_malformed(&with(&format!("{field} = \"  \"")), &[&format!("`{field}` is empty")]);
        assert_malformed(&with(&format!("{field} = 3")), &[&format!("`{field}` should be text")]);
        assert_malformed(&with(&format!("{field} = \"\\u001b[2J\"")), &[&format!("`{field}` has a control")]);
    }
    assert_malformed(&with("uses = []"), &["`uses` is empty"]);
    assert_malformed(&with("uses = [\"\"]"), &["`uses` is empty"]);
    assert_malformed(&with("uses = \"research\""), &["`uses` should be a list"]);
    assert_malformed(&with("uses = [3]"), &["`uses` should be a list"]);
    assert_malformed(&with("from = \"1 November\""), &["`from` should be a date"]);
    assert_malformed(&with("until = \"2026-02-30\""), &["`until` should be a date"]);
    assert_malformed(&with("until = 2027-01-31T10:00:00"), &["`until` should be a date"]);
    assert_malformed(&with("until = \"2026-10-31\""), &["`until` (2026-10-31) is before `from`"]);
    assert_malformed(&with("model_sha256 = \"abc\""), &["`model_sha256` should be 64"]);
    assert_malformed(&format!("untill = \"2030-01-01\"\n{}", with("from = 2026-11-01")), &["no field `untill`"]);
    assert_malformed(&format!("signature = 3\n{}", with("from = 2026-11-01")), &["`signature` should be a table"]);
    assert_malformed("subject = \"Ben\"\nstatement = Yes, I do\n", &["line 2"]);
}

#[test]
fn valid_from_the_first_day_to_the_last() {
    let record = record(HASH);
    for day in [FIRST, date(2026, 12, 24), LAST] {
        assert_eq!(record.check(HASH, day), Ok(()));
    }
    let early = record.check(HASH, FIRST.yesterday().unwrap()).unwrap_err();
    assert!(matches!(early, ConsentError::NotYet { from: FIRST, .. }), "{early}");
    let late = record.check(HASH, LAST.tomorrow().unwrap()).unwrap_err();
    assert!(matches!(late, ConsentError::Expired { until: LAST, .. }), "{late}");
    let other = record.check(&HASH.replace('0', "1"), FIRST).unwrap_err();
    assert!(matches!(other, ConsentError::OtherFile { .. }), "{other}");
    for (error, word) in [(early, "2026-11-01"), (late, "2027-01-31"), (other, HASH)] {
        let sentence = error.to_string();
        assert!([word, "Ben", "standin consent new"].iter().all(|word| sentence.contains(word)), "{sentence}");
    }
}

#[test]
fn expires_at_the_end_of_the_last_day() {
    // 2027-02-01T00:00:00Z, by `date -ud 2027-02-01 +%s`.
    assert_eq!(record(HASH).expires(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_801_440_000));
    let expires = |until| Consent { until, ..record(HASH) }.expires();
    assert_eq!(expires(date(1969, 12, 31)), SystemTime::UNIX_EPOCH);
    assert_eq!(expires(date(1969, 12, 30)), SystemTime::UNIX_EPOCH - Duration::from_secs(86_400));
    assert!(expires(Date::MAX) > expires(date(9999, 12, 30)));
}

#[test]
fn a_record_beside_its_model_permits_that_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = SwapModel::plain().save(folder.path(), "small.dfm");
    let without = ModelFile::open(&path).unwrap();
    let missing = without.consented(FIRST).unwrap_err();
    assert!(matches!(missing, ConsentError::Missing { .. }));
    assert!(missing.to_string().contains("small.dfm.consent.toml"), "{missing}");
    assert!(missing.to_string().contains("standin consent new"), "{missing}");

    record(without.sha256()).save(&path, false).unwrap();
    let file = ModelFile::open(&path).unwrap();
    assert_eq!(file.consented(FIRST).unwrap().subject, "Ben");
    assert!(matches!(file.consented(date(2030, 1, 1)), Err(ConsentError::Expired { .. })));

    SwapModel::identity().save(folder.path(), "small.dfm");
    let exchanged = ModelFile::open(&path).unwrap();
    assert!(matches!(exchanged.consented(FIRST), Err(ConsentError::OtherFile { .. })));
}

#[test]
fn a_record_inside_the_model_names_its_graph() {
    let folder = tempfile::tempdir().unwrap();
    let path = SwapModel::plain().save(folder.path(), "small.dfm");
    let bare = ModelFile::open(&path).unwrap();
    let inside = |hash: &str| {
        let text = record(hash).to_toml().unwrap();
        SwapModel::plain().with_metadata("standin.consent", &text).save(folder.path(), "small.dfm");
        ModelFile::open(&path).unwrap()
    };
    assert_eq!(inside(bare.graph_sha256()).consented(LAST).unwrap().subject, "Ben");
    assert!(matches!(inside(bare.sha256()).consented(LAST), Err(ConsentError::OtherFile { .. })));

    // The record beside wins, even where it is the bad one.
    let file = inside(bare.graph_sha256());
    std::fs::write(Consent::path_for(&path), "subject = 3").unwrap();
    assert!(matches!(ModelFile::open(file.path()).unwrap().consented(LAST), Err(ConsentError::Malformed { .. })));
}

#[test]
fn malformed_text_inside_the_model_is_no_consent() {
    let folder = tempfile::tempdir().unwrap();
    let model = SwapModel::plain().with_metadata("standin.consent", "yes");
    let file = ModelFile::open(model.save(folder.path(), "small.dfm")).unwrap();
    let error = file.consented(FIRST).unwrap_err();
    assert!(matches!(error, ConsentError::Malformed { .. }) && error.to_string().contains("small.dfm"), "{error}");
}

#[test]
fn a_record_is_not_overwritten_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("small.dfm");
    let second = Consent { subject: "Ada".to_owned(), ..record(HASH) };
    record(HASH).save(&model, false).unwrap();
    assert_eq!(second.save(&model, false).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(Consent::beside(&model).unwrap().subject, "Ben");
    second.save(&model, true).unwrap();
    assert_eq!(Consent::beside(&model).unwrap().subject, "Ada");
    let empty = Consent { uses: vec![], ..record(HASH) };
    assert_eq!(empty.save(&model, true).unwrap_err().kind(), ErrorKind::InvalidInput);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["small.dfm.consent.toml"]);
}

#[test]
fn a_record_that_is_not_a_text_file_is_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("small.dfm");
    std::fs::write(Consent::path_for(&model), [0xff, 0xfe]).unwrap();
    assert!(matches!(Consent::beside(&model), Err(ConsentError::Unreadable { .. })));
    std::fs::write(Consent::path_for(&model), "#".repeat(70_000)).unwrap();
    assert!(Consent::beside(&model).unwrap_err().to_string().contains("64 KiB"));
    std::fs::remove_file(Consent::path_for(&model)).unwrap();
    std::fs::create_dir(Consent::path_for(&model)).unwrap();
    assert!(Consent::beside(&model).unwrap_err().to_string().contains("not a regular file"));
}

#[test]
fn the_demonstration_model_has_consent() {
    let ben = ModelFile::open("models/ben.dfm").unwrap();
    assert!(ben.consented(date(2030, 6, 1)).unwrap().subject.contains("synthetic"));
}
