//! `standin-train export`: what is written, with which record, and what is refused.

#![cfg(feature = "train")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test that fails may stop"
)]

use std::path::Path;
use std::process::{Command, Stdio};

use burn::tensor::{Device, Tensor};
use clap::Parser;
use standin::cli::Outcome;
use standin::cli::train::export::{Trained, write};
use standin::cli::train::{Cli, Command as Subcommand};
use standin::consent::{Consent, today};
use standin::swap::ModelFile;
use standin::train::export::Metadata;
use standin::train::weights::Parameter;
use standin::train::zoo::Network;
use standin::train::zoo::preset::Dimensions;

const TERMS: [&str; 12] = [
    "--subject",
    "Ben",
    "--statement",
    "I agree",
    "--uses",
    "testing, research",
    "--from",
    "2020-01-01",
    "--until",
    "2999-12-31",
    "--contact",
    "ben@standin.invalid",
];

/// A small model that was not trained, and six crops.
fn trained() -> Trained {
    let small = Dimensions { ae: 16, e: 8, d: 8, resolution: 32, ..Dimensions::named("live").unwrap() };
    let network = Network::new(small.blueprint().unwrap()).unwrap();
    let weights = network.init(7, &Device::flex());
    let metadata = Metadata { model: "live".to_owned(), steps: 12, who: "somebody".to_owned(), ..Metadata::default() };
    let rows = Tensor::<1, burn::tensor::Int>::arange(0..6 * 3 * 32 * 32, &Device::flex()).float();
    let crops = (rows * 0.37).sin().mul_scalar(0.5).add_scalar(0.5).reshape([6, 3, 32, 32]);
    Trained { network, weights, metadata, crops }
}

/// Writes into `folder/model.dfm`; what was said, or the sentence of the error.
fn export_of(trained: Trained, folder: &Path, more: &[&str]) -> Result<String, String> {
    let model = folder.join("model.dfm").display().to_string();
    let arguments = [&["standin-train", "export", "run", "--out", &model][..], more].concat();
    let Subcommand::Export(arguments) = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?.command
    else {
        unreachable!()
    };
    let mut out = Vec::new();
    let outcome = write(&arguments, trained, &mut out).map_err(|error| format!("{error:#}"))?;
    assert_eq!(outcome, Outcome::Good);
    Ok(String::from_utf8(out).unwrap())
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_model_with_its_record_may_run() {
    let folder = tempfile::tempdir().unwrap();
    let said = export_of(trained(), folder.path(), &TERMS).unwrap();
    assert!(said.contains("32 x 32, fp32") && said.contains("max ") && said.contains("consent of Ben"), "{said}");
    assert_eq!(files(folder.path()), ["model.dfm", "model.dfm.consent.toml"]);
    let model = ModelFile::open(folder.path().join("model.dfm")).unwrap();
    assert_eq!(model.consented(today()).unwrap().uses, ["testing", "research"]);
    assert_eq!(model.name(), "model");
    assert!(model.origin().contains(&("standin.who", "Ben".to_owned())), "{:?}", model.origin());
}

#[test]
fn a_model_without_a_record_will_not_run_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--name", "Ben at 32", "--licence", "CC0-1.0", "--precision", "fp16"];
    let said = export_of(trained(), folder.path(), &more).unwrap();
    assert!(said.contains("will not run") && said.contains("standin consent new"), "{said}");
    assert_eq!(files(folder.path()), ["model.dfm"]);
    let model = ModelFile::open(folder.path().join("model.dfm")).unwrap();
    assert_eq!(model.name(), "Ben at 32");
    for (key, value) in [("standin.who", "somebody"), ("standin.licence", "CC0-1.0"), ("standin.precision", "fp16")] {
        assert!(model.origin().contains(&(key, value.to_owned())), "{:?}", model.origin());
    }
}

#[test]
fn int8_states_its_loss() {
    let folder = tempfile::tempdir().unwrap();
    let said = export_of(trained(), folder.path(), &["--precision", "int8"]).unwrap();
    assert!(said.contains("int8") && said.contains("SSIM 0.") && said.contains("3 crops"), "{said}");
}

#[test]
fn a_prepared_record_gets_the_models_hash() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("ben.toml");
    let text = "subject = \"Ben\"\nstatement = \"Yes\"\nuses = [\"tests\"]\nfrom = 2020-01-01\nuntil = 2999-12-31\ncontact = \"b\"\n";
    std::fs::write(&record, text).unwrap();
    let given = ["--consent", record.to_str().unwrap()];
    export_of(trained(), folder.path(), &given).unwrap();
    let model = ModelFile::open(folder.path().join("model.dfm")).unwrap();
    assert_eq!(model.consented(today()).unwrap().model_sha256, model.sha256());

    // Of another model: nothing is written.
    let other = tempfile::tempdir().unwrap();
    std::fs::write(&record, format!("{text}model_sha256 = \"{}\"\n", "ab".repeat(32))).unwrap();
    let error = export_of(trained(), other.path(), &given).unwrap_err();
    assert!(error.contains("another file") && files(other.path()).is_empty(), "{error}");

    let error = export_of(trained(), other.path(), &[&given[..], &TERMS].concat()).unwrap_err();
    assert!(error.contains("cannot be used with"), "{error}");
}

#[test]
fn files_are_replaced_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    export_of(trained(), folder.path(), &TERMS).unwrap();
    let error = export_of(trained(), folder.path(), &TERMS).unwrap_err();
    assert!(error.contains("model.dfm is there already") && error.contains("--force"), "{error}");
    let again = [&TERMS[..], &["--force", "--precision", "fp16"]].concat();
    export_of(trained(), folder.path(), &again).unwrap();
    assert!(ModelFile::open(folder.path().join("model.dfm")).unwrap().consented(today()).is_ok());

    std::fs::remove_file(folder.path().join("model.dfm")).unwrap();
    let error = export_of(trained(), folder.path(), &TERMS).unwrap_err();
    assert!(error.contains("model.dfm.consent.toml is there already"), "{error}");
}

#[test]
fn what_is_wrong_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |trained: Trained, more: &[&str], words: &[&str]| {
        let error = export_of(trained, folder.path(), more).unwrap_err();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
        assert!(files(folder.path()).is_empty());
    };
    refused(trained(), &["--subject", "Ben"], &["--statement", "--contact"]);
    refused(trained(), &[&TERMS[..9], &["2019-01-01"], &TERMS[10..]].concat(), &["`until`"]);
    refused(trained(), &["--consent", "nowhere.toml"], &["nowhere.toml"]);
    refused(trained(), &["--name", "a\u{7}b"], &["standin.name"]);
    let mut nan = trained();
    let Parameter { value, .. } = &mut nan.weights.0[0];
    *value = value.clone() * f32::NAN;
    refused(nan, &[], &["encoder.0.weight", "not a number"]);
    let mut small = trained();
    small.crops = small.crops.narrow(2, 0, 16);
    refused(small, &[], &["[N, 3, 32, 32]"]);
    let mut far = trained();
    // Beyond what 16 bits tell apart, by cancelling terms.
    for parameter in far.weights.0.iter_mut().filter(|parameter| parameter.name.starts_with("decoder_b.face")) {
        parameter.value = parameter.value.clone() * 3000.0;
    }
    refused(far, &["--precision", "fp16"], &["not the trained one", "fp16", "nothing was written"]);
}

#[test]
fn a_run_that_is_none_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("model.dfm");
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin-train"));
    command.args(["export", "no-such-run", "--out"]).arg(&out).stdin(Stdio::null());
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && error.contains("no-such-run"), "{error}");
    assert!(!out.exists() && !Consent::path_for(&out).exists());
}
