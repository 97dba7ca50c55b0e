//! The commands `standin consent` and `standin model`, as a user runs them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails may stop")]

#[allow(dead_code, clippy::expect_used, reason = "this file uses its part; a test that fails may stop")]
#[path = "../../tests/common/onnx.rs"]
mod onnx;

use std::path::Path;
use std::process::{Command, Stdio};

use onnx::SwapModel;

/// Exit code, standard output, standard error. Standard input is closed, so nothing can be asked.
fn standin(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn model(folder: &Path) -> String {
    SwapModel::plain().save(folder, "small.dfm").display().to_string()
}

/// `consent new` with everything it needs.
fn new<'a>(model: &'a str, subject: &'a str, until: &'a str) -> Vec<&'a str> {
    let start =
        ["consent", "new", model, "--subject", subject, "--statement", "I agree", "--uses", "testing, research"];
    [&start[..], &["--from", "2020-01-01", "--until", until, "--contact", "ben@standin.invalid"]].concat()
}

#[test]
fn a_new_record_is_shown_as_valid() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path());
    let (code, out, error) = standin(&new(&model, "Ben", "2999-12-31"));
    assert_eq!((code, error.as_str()), (0, ""));
    assert!(out.contains("small.dfm.consent.toml"), "{out}");

    let (code, out, _) = standin(&["consent", "show", &model]);
    assert_eq!(code, 0);
    assert!(out.contains("uses = [\"testing\", \"research\"]") && out.contains("valid today"), "{out}");

    let (code, out, _) = standin(&["model", &model]);
    assert_eq!(code, 0);
    for words in ["64 x 64", "Conv 1", "opset       13", "Ben, valid until 2999-12-31"] {
        assert!(out.contains(words), "no {words} in {out}");
    }
}

#[test]
fn nobody_who_reads_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path());
    assert_eq!(standin(&new(&model, "Ben", "2999-12-31")).0, 0);
    for words in [&["consent", "show", &model][..], &["config", "--example"], &["doctor", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
        let output = command.args(words).stdin(Stdio::null()).stdout(writer).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(141), ""), "{words:?}");
    }
}

#[test]
fn a_model_tells_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let model = SwapModel::plain().with_metadata("standin.model", "live").with_metadata("standin.steps", "12");
    let (_, out, _) = standin(&["model", &model.save(folder.path(), "small.dfm").display().to_string()]);
    for line in ["model       live\n", "steps       12\n"] {
        assert!(out.contains(line), "no {line} in {out}");
    }
}

#[test]
fn a_record_is_replaced_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path());
    assert_eq!(standin(&new(&model, "Ben", "2999-12-31")).0, 0);
    let (code, _, error) = standin(&new(&model, "Ada", "2999-12-31"));
    assert!(code == 1 && error.contains("--force"), "{error}");
    assert!(standin(&["consent", "show", &model]).1.contains("\"Ben\""));
    assert_eq!(standin(&[new(&model, "Ada", "2999-12-31"), vec!["--force"]].concat()).0, 0);
    assert!(standin(&["consent", "show", &model]).1.contains("\"Ada\""));
}

#[test]
fn what_is_missing_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path());
    let (code, _, error) = standin(&["consent", "new", &model, "--subject", "Ben", "--from", "2020-01-01"]);
    assert_eq!(code, 1);
    assert!(error.contains("--statement, --uses, --until, --contact;"), "{error}");
    let (code, _, error) = standin(&new(&model, " ", "2999-12-31"));
    assert!(code == 1 && error.contains("`subject` is empty"), "{error}");
    let (code, _, error) = standin(&new(&model, "Ben", "2019-12-31"));
    assert!(code == 1 && error.contains("`until`"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_record_that_is_not_valid_is_shown_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path());
    let (code, _, error) = standin(&["consent", "show", &model]);
    assert!(code == 1 && error.contains("no consent record"), "{error}");
    assert_eq!(standin(&new(&model, "Ben", "2020-12-31")).0, 0);
    let (code, out, _) = standin(&["consent", "show", &model]);
    assert!(code == 1 && out.contains("not valid") && out.contains("expired after 2020-12-31"), "{out}");
    let (code, out, _) = standin(&["model", &model]);
    assert!(code == 1 && out.contains("expired after 2020-12-31"), "{out}");
}

#[test]
fn what_is_not_a_model_is_refused_in_one_sentence() {
    for command in [&["model", "Cargo.toml"][..], &["consent", "new", "Cargo.toml"], &["consent", "show", "Cargo.toml"]]
    {
        let (code, out, error) = standin(command);
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(error.starts_with("standin: Cargo.toml: the file is not an ONNX model"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
    assert_eq!(standin(&["nonsense"]).0, 2);
}
