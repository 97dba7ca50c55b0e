//! `standin-train eval`, as a user runs it.
#![cfg(feature = "train")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test that fails may stop"
)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::onnx::SwapModel;
use serde_json::Value;
use standin::consent::Consent;
use standin::swap::ModelFile;

/// Exit code, standard output, standard error.
fn eval(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin-train"));
    let output = command.arg("eval").args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The bundled clip.
fn ada() -> String {
    root().join("examples/media/ada.mp4").display().to_string()
}

/// The bundled model with its consent.
fn ben() -> String {
    root().join("models/ben.dfm").display().to_string()
}

/// A shared clip, or `None` after saying that the test is skipped.
fn shared(name: &str) -> Option<String> {
    let path = root().join("../shared/media").join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path.canonicalize().unwrap().display().to_string())
}

/// A model whose driver comes back as it is, with a consent record.
fn identity_model(folder: &Path) -> String {
    let model = SwapModel::identity().save(folder, "identity.dfm");
    let consent = Consent {
        subject: "Ada".to_owned(),
        statement: "yes".to_owned(),
        uses: vec!["testing".to_owned()],
        from: "2020-01-01".parse().unwrap(),
        until: "2999-12-31".parse().unwrap(),
        contact: "ada@standin.invalid".to_owned(),
        model_sha256: ModelFile::open(&model).unwrap().sha256().to_owned(),
        signature: None,
    };
    consent.save(&model, false).unwrap();
    model.display().to_string()
}

fn report(folder: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join("eval.json")).unwrap()).unwrap()
}

fn mean(report: &Value, key: &str) -> f64 {
    report["figures"][key]["mean"].as_f64().unwrap_or_else(|| panic!("no figure {key}"))
}

/// A value of the table; `None` where the clips do not say.
fn row(report: &Value, key: &str) -> Option<f64> {
    report["table"].as_object().unwrap().get(key).unwrap_or_else(|| panic!("no row {key}")).as_f64()
}

/// A clip of `frames` grey frames of this size, made by GStreamer.
fn grey_clip(folder: &Path, name: &str, size: (u32, u32), frames: u32) -> String {
    gst::init().unwrap();
    let file = folder.join(name);
    let (w, h) = size;
    let text = format!(
        "videotestsrc pattern=solid-color foreground-color=0xff808080 num-buffers={frames} ! \
         video/x-raw,format=I420,width={w},height={h},framerate=25/1 ! jpegenc ! avimux ! filesink location=\"{}\"",
        file.display()
    );
    let pipeline = gst::parse::launch(&text).unwrap();
    use gst::prelude::*;
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let ended =
        bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &[gst::MessageType::Eos, gst::MessageType::Error]);
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(matches!(ended.unwrap().view(), gst::MessageView::Eos(_)));
    file.display().to_string()
}

#[test]
fn a_clip_without_truth_gives_both_reports() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("deep/er");
    let (code, text, error) = eval(&[&ben(), "--driver", &ada(), "--frames", "24", "-o", &out.display().to_string()]);
    assert_eq!(code, 0, "{error}");
    assert!(text.contains("24 frames: 24 swapped") && text.contains("samples changed outside: 0"), "{text}");
    let report = report(&out);
    assert_eq!(report["frames"].as_array().unwrap().len(), 24);
    assert_eq!(report["outside"], 0);
    assert!(report["identity"].is_null() && report["figures"]["ssim"].is_null());
    assert!(mean(&report, "pose") < 4.0, "pose {}", mean(&report, "pose"));
    // The rows are there, and those that need more are empty.
    for key in ["ssim", "ssim_gain", "bare_ssim", "eye_detail", "eye_ssim_left", "to_target", "iris_to_truth"] {
        assert_eq!(row(&report, key), None, "{key}");
    }
    for key in ["mouth_opening", "lid_left", "iris_left_horizontal", "warping", "temporal", "expression", "swapped"] {
        assert!(row(&report, key).is_some(), "{key}");
    }
    assert!(row(&report, "mouth_opening").unwrap() > 0.8 && row(&report, "mouth_opening_lag").unwrap().abs() < 1.5);
    let html = std::fs::read_to_string(out.join("eval.html")).unwrap();
    assert!(html.contains("needs --truth") && html.contains("needs --truth or --target"));
    assert!(html.contains("<svg") && html.contains("data:image/png;base64,iVBORw0KGgo"));
    // Nothing comes from elsewhere, nothing runs.
    for foreign in ["http://", "https://", "<script", "<link", "url("] {
        assert!(!html.contains(foreign), "{foreign}");
    }
}

#[test]
fn a_swap_that_changes_nothing_measures_as_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = identity_model(folder.path());
    let out = folder.path().join("out");
    let (clip, out_text) = (ada(), out.display().to_string());
    let (code, _, error) = eval(&[&model, "--driver", &clip, "--truth", &clip, "--frames", "36", "-o", &out_text]);
    assert_eq!(code, 0, "{error}");
    let report = report(&out);
    // The source is the truth; the swap of 64 px is a little softer.
    assert!(mean(&report, "ssim_unswapped") > 0.999);
    assert!((0.75..0.9999).contains(&mean(&report, "ssim")), "{}", mean(&report, "ssim"));
    assert!(mean(&report, "perceptual") > mean(&report, "perceptual_unswapped"));
    let identity = &report["identity"];
    assert!(identity["driver_to_target"].as_f64().unwrap() < 1e-3);
    assert!(identity["to_target"].as_f64().unwrap() < 0.4, "{identity}");
    assert!(mean(&report, "pose") < 1.0 && mean(&report, "seam") < 3.0);
    // It is in place, follows at once, and is blurred: SSIM forgives that, detail does not.
    let value = |key: &str| row(&report, key).unwrap_or_else(|| panic!("{key} is empty"));
    for key in ["shift_x", "shift_y", "bare_shift_x", "bare_shift_y"] {
        assert!(value(key).abs() < 0.5, "{key} {}", value(key));
    }
    assert!(value("ssim_gain") < 0.01 && value("bare_ssim") > 0.95, "{} {}", value("ssim_gain"), value("bare_ssim"));
    let (mouth, lag) = (value("mouth_opening"), value("mouth_opening_lag"));
    assert!(mouth > 0.9 && lag == 0.0, "{mouth} {lag}");
    assert!((0.1..0.7).contains(&value("eye_detail")), "{}", value("eye_detail"));
    // Blur costs the temporal error, where it wins the warping error.
    let (temporal, warping) = (value("temporal"), value("warping"));
    assert!((3.0..8.0).contains(&temporal) && warping < 0.0, "{temporal} {warping}");
    assert!(value("iris_to_truth") < 0.06, "{}", value("iris_to_truth"));
    assert!(value("bare_to_target") < 0.45, "{}", value("bare_to_target"));
    let empty: Vec<&String> =
        report["table"].as_object().unwrap().iter().filter(|r| r.1.is_null()).map(|r| r.0).collect();
    // There need not be five frames of a still head.
    assert!(empty.iter().all(|key| key.starts_with("still_jitter")), "{empty:?}");
    let tones = report["skin_tones"].as_array().unwrap();
    assert_eq!(tones.iter().map(|tone| tone["frames"].as_u64().unwrap()).sum::<u64>(), 36);
}

#[test]
fn ben_s_model_is_measured_against_the_counterfactual() {
    let (Some(driver), Some(truth), Some(mask)) =
        (shared("ada_live.mp4"), shared("ben_as_ada_live.mp4"), shared("ben_as_ada_live_mask.mkv"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    let (code, text, error) =
        eval(&[&ben(), "--driver", &driver, "--truth", &truth, "--truth-mask", &mask, "--frames", "30", "-o", &out]);
    assert_eq!(code, 0, "{error}");
    let report = report(folder.path());
    let identity = |key: &str| report["identity"][key].as_f64().unwrap();
    assert!(identity("to_target") < 0.6 && identity("to_driver") > 0.6, "{text}");
    assert!(identity("driver_to_target") > 0.7, "{text}");
    assert!(mean(&report, "ssim") > mean(&report, "ssim_unswapped"), "{text}");
    assert!(mean(&report, "pose_floor") < 6.0, "{text}");
    let value = |key: &str| row(&report, key).unwrap_or_else(|| panic!("{key} is empty"));
    assert!(
        value("bare_ssim_registered") > value("bare_ssim") && value("bare_ssim") > value("ssim_unswapped"),
        "{text}"
    );
    assert!(value("bare_to_target") < value("bare_to_driver"), "{text}");
    // What a perfect swap would have is better.
    let perfect = |key: &str| report["table_of_truth"][key].as_f64().unwrap_or_else(|| panic!("no {key}"));
    assert!(
        perfect("mouth_opening") > value("mouth_opening"),
        "{} {}",
        perfect("mouth_opening"),
        value("mouth_opening")
    );
    // The lids are no measure here: few of these frames blink, and the mesh follows Ben's own little better than the
    // model's.
    assert!(perfect("to_target") < value("to_target"), "{text}");
    assert!(value("mouth_opening_with_truth") > 0.8, "{}", value("mouth_opening_with_truth"));
    assert_eq!(report["delivery"]["missed"], 0);
    assert_eq!(report["outside"], 0);
}

#[test]
fn the_target_may_be_a_clip_of_its_own() {
    let Some(target) = shared("ben_eval.mp4") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    let (code, _, error) = eval(&[&ben(), "--driver", &ada(), "--target", &target, "--frames", "9", "-o", &out]);
    assert_eq!(code, 0, "{error}");
    let identity = &report(folder.path())["identity"];
    assert!(identity["target_faces"].as_u64().unwrap() >= 8, "{identity}");
    assert!(identity["to_target"].as_f64().unwrap() < identity["to_driver"].as_f64().unwrap(), "{identity}");
    // Without truth the eyes are held against those of the target's clip.
    let detail = row(&report(folder.path()), "eye_detail");
    assert!(detail.is_some_and(|detail| (0.1..2.0).contains(&detail)), "{detail:?}");
}

#[test]
fn the_target_may_be_a_face_set() {
    let Some(target) = shared("ben_eval.mp4") else { return };
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("ben").display().to_string();
    let extracted = Command::new(env!("CARGO_BIN_EXE_standin-train"))
        .args(["extract", &target, "-o", &set])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(extracted.status.success(), "{}", String::from_utf8_lossy(&extracted.stderr));
    let out = folder.path().join("out").display().to_string();
    let (code, _, error) = eval(&[&ben(), "--driver", &ada(), "--target", &set, "--frames", "9", "-o", &out]);
    assert_eq!(code, 0, "{error}");
    let identity = &report(Path::new(&out))["identity"];
    assert!(identity["to_target"].as_f64().unwrap() < 0.6, "{identity}");
    assert!(identity["to_driver"].as_f64().unwrap() > 0.6, "{identity}");
}

#[test]
fn bad_input_is_refused_with_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let bare = SwapModel::identity().save(folder.path(), "bare.dfm").display().to_string();
    let small = grey_clip(folder.path(), "small.avi", (320, 240), 5);
    let short = grey_clip(folder.path(), "short.avi", (1280, 720), 5);
    let (ada, ben) = (ada(), ben());
    let cases: [(&[&str], &[&str]); 7] = [
        (&[&bare, "--driver", &ada], &["bare.dfm", "consent"]),
        (&["missing.dfm", "--driver", &ada], &["missing.dfm"]),
        (&[&ben, "--driver", "missing.mp4"], &["missing.mp4"]),
        (&[&ben, "--driver", &ada, "--truth", &small], &["small.avi", "320x240", "1280x720"]),
        (&[&ben, "--driver", &ada, "--truth", &short], &["short.avi", "shorter"]),
        (&[&ben, "--driver", &short, "--truth", &ada], &["ada.mp4", "longer", "5 frames"]),
        (&[&ben, "--driver", &small], &["small.avi", "no face"]),
    ];
    for (arguments, words) in cases {
        let (code, _, error) = eval(&[arguments, &["-o", &out]].concat());
        assert_eq!(code, 1, "{arguments:?}: {error}");
        for word in words {
            assert!(error.contains(word), "{arguments:?}: no '{word}' in {error}");
        }
        assert_eq!(error.trim().lines().count(), 1, "{error}");
    }
    let (code, _, error) = eval(&[&ben, "--driver", &ada, "--target", &small, "-o", &out]);
    assert!(code == 1 && error.contains("small.avi") && error.contains("target"), "{error}");
    assert_eq!(eval(&[&ben]).0, 2);
    assert!(!Path::new(&out).exists(), "a refused evaluation leaves nothing");
}

#[test]
fn broken_ground_truth_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("driver.mp4");
    std::fs::copy(ada(), &clip).unwrap();
    let out = folder.path().display().to_string();
    for (json, word) in [("{", "EOF"), (r#"{"fps": 30, "view": [1], "frames": []}"#, "'view' has 1 numbers")] {
        std::fs::write(folder.path().join("driver.json"), json).unwrap();
        let (code, _, error) = eval(&[&ben(), "--driver", &clip.display().to_string(), "-o", &out]);
        assert!(code == 1 && error.contains("driver.json") && error.contains(word), "{error}");
    }
}
