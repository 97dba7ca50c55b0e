//! `standin doctor`, completions, manual pages and logs, as a user meets them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails may stop")]

#[allow(dead_code, reason = "this file uses its part")]
#[path = "../../tests/common/onnx.rs"]
mod onnx;

use std::process::{Command, Stdio};

use onnx::SwapModel;

/// Exit code, standard output, standard error of `standin` in an environment that lacks `without`.
fn standin(without: &[&str], with: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    command.env("XDG_CONFIG_HOME", home.path()).env_remove("STANDIN_LOG").env_remove("STANDIN_CONFIG");
    for name in without {
        command.env_remove(name);
    }
    let output = command.envs(with.iter().copied()).args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The findings of `standin doctor --json`.
fn doctor(with: &[(&str, &str)], arguments: &[&str]) -> (i32, serde_json::Value) {
    let (code, out, error) = standin(&[], with, &[&["doctor", "--json"], arguments].concat());
    assert_eq!(error, "", "nothing else is said");
    (code, serde_json::from_str(&out).unwrap())
}

fn finding<'a>(report: &'a serde_json::Value, area: &str, what: &str) -> &'a serde_json::Value {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|found| found["area"] == area && found["what"] == what).unwrap()
}

/// The line where the environment names a library that is none.
const MEND: &str = "unset ORT_DYLIB_PATH, or set it to a library of ONNX Runtime 1.17 or newer";

#[test]
fn no_onnx_runtime_is_a_fault_with_its_mend() {
    let (code, report) = doctor(&[("ORT_DYLIB_PATH", "/no/such/libonnxruntime.so")], &[]);
    assert_eq!((code, &report["good"]), (1, &false.into()));
    let library = finding(&report, "ONNX Runtime", "library");
    assert_eq!((&library["state"], &library["mend"]), (&"fault".into(), &MEND.into()));
    assert_eq!(finding(&report, "GStreamer", "GStreamer")["state"], "good");
}

#[test]
fn a_session_without_pipewire_has_no_door() {
    let folder = tempfile::tempdir().unwrap();
    let (code, report) = doctor(&[("XDG_RUNTIME_DIR", &folder.path().display().to_string())], &[]);
    assert_eq!(finding(&report, "PipeWire", "server")["state"], "note");
    let loopback =
        report["findings"].as_array().unwrap().iter().any(|f| f["area"] == "v4l2loopback" && f["state"] == "good");
    if !loopback {
        assert_eq!((code, &finding(&report, "Virtual camera", "webcam")["state"]), (1, &"fault".into()));
    }
}

#[test]
fn a_model_without_consent_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = SwapModel::plain().save(folder.path(), "small.dfm").display().to_string();
    let (code, report) = doctor(&[], &[&path, "Cargo.toml"]);
    assert_eq!(code, 1);
    let model = finding(&report, "Models", &path);
    assert!(model["detail"].as_str().unwrap().contains("no consent record"), "{model}");
    assert!(model["mend"].as_str().unwrap().contains("standin consent new"), "{model}");
    assert_eq!(finding(&report, "Models", "Cargo.toml")["state"], "fault");
}

#[test]
fn wrong_settings_are_a_finding() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[bench]\nframe = 1\n").unwrap();
    let (code, report) = doctor(&[("STANDIN_CONFIG", &file.path().display().to_string())], &[]);
    let settings = finding(&report, "Settings", "config.toml");
    assert!(
        code == 1 && settings["detail"].as_str().unwrap().contains(":2: there is no key `bench.frame`"),
        "{settings}"
    );
}

#[test]
fn other_commands_end_in_the_same_mend() {
    let arguments = ["bench", "--model", "../models/ben.dfm", "--clip", "../examples/media/ada.mp4", "--frames", "2"];
    let (code, _, error) = standin(&[], &[("ORT_DYLIB_PATH", "/no/such/libonnxruntime.so")], &arguments);
    assert_eq!(code, 1);
    assert!(error.ends_with(&format!("standin: mend: {MEND}\n")), "{error}");
    assert_eq!(error.lines().count(), 2, "{error}");
}

#[test]
fn nothing_but_standin_writes_to_standard_error() {
    let (_, out, error) = standin(&["XDG_RUNTIME_DIR"], &[], &["devices"]);
    assert_eq!(error, "", "with {out}");
    let (_, out, error) = standin(&["XDG_RUNTIME_DIR"], &[], &["doctor"]);
    assert_eq!(error, "", "with {out}");
}

#[test]
fn completions_and_pages_are_made_from_the_definition() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, out, _) = standin(&[], &[], &["completions", shell]);
        assert!(code == 0 && out.contains("doctor") && out.contains("detect-interval"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (code, ..) = standin(&[], &[], &["man", "--out", &folder.path().display().to_string()]);
    assert_eq!(code, 0);
    let page = std::fs::read_to_string(folder.path().join("standin-doctor.1")).unwrap();
    assert!(page.contains("mend") && page.contains("JSON"), "{page}");
    assert!(folder.path().join("standin.1").is_file() && folder.path().join("standin-consent-new.1").is_file());
}

#[test]
fn logs_go_to_standard_error_as_far_as_asked() {
    let (code, out, error) = standin(&[], &[], &["-vv", "config"]);
    assert!(code == 0 && error.contains("DEBUG") && !out.contains("DEBUG"), "{error}");
    assert_eq!(standin(&[], &[], &["config"]).2, "");
    assert!(standin(&[], &[("STANDIN_LOG", "standin_calls=debug")], &["config"]).2.contains("settings:"));
    let (code, _, error) = standin(&[], &[("STANDIN_LOG", "standin=loudly")], &["config"]);
    assert!(code == 2 && error.contains("STANDIN_LOG is 'standin=loudly'"), "{error}");
}

#[test]
fn python_does_not_look_where_the_command_was_started() {
    use std::os::unix::fs::PermissionsExt;
    let (bin, cache, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (python, told) = (bin.path().join("python3"), bin.path().join("told"));
    std::fs::write(&python, format!("#!/bin/sh\npwd > {}\nexit 1\n", told.display())).unwrap();
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    command.args(["doctor", "--mend"]).env_remove("ORT_DYLIB_PATH").env("PATH", path);
    let output = command.env("XDG_CACHE_HOME", cache.path()).current_dir(here.path()).output().unwrap();
    let Ok(folder) = std::fs::read_to_string(told) else {
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("ONNX Runtime loads: nothing to fetch"), "{text}");
        return;
    };
    assert!(folder.starts_with(&cache.path().canonicalize().unwrap().display().to_string()), "{folder}");
}
