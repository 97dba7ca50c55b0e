//! The plugin as users meet it: `gst-inspect-1.0` and `gst-launch-1.0`, over the built library.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that fails may stop"
)]

mod common;

use std::path::PathBuf;
use std::process::{Command, Output};

use common::{ada, ben};

const PROPERTIES: [&str; 20] = [
    "model",
    "morph",
    "face-type",
    "coverage",
    "x-offset",
    "y-offset",
    "select",
    "detect-interval",
    "smoothing",
    "erode",
    "blur",
    "color-transfer",
    "opacity",
    "face-scale",
    "sharpen",
    "threads",
    "device",
    "pipeline-depth",
    "on-failure",
    "stats",
];

/// One of GStreamer's tools with the plugin in its path, or `None` after saying that the plugin is not built.
fn tool(name: &str) -> Option<Command> {
    // Cargo builds it with this test, beside it; what lies in target/release may be older.
    let built = std::env::current_exe().unwrap().with_file_name("libgstfaceswap.so");
    if !built.exists() {
        eprintln!("skipped: there is no {}", built.display());
        return None;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("plugin");
    std::fs::create_dir_all(&folder).unwrap();
    // Tests beside this one may have made it already.
    let _ = std::os::unix::fs::symlink(&built, folder.join("libgstfaceswap.so"));
    let mut command = Command::new("timeout");
    command.args(["100", name]).env("GST_PLUGIN_PATH", folder).env("GST_REGISTRY", launch_registry());
    Some(command)
}

/// Not the registry of the tests that link the plugin: its plugins are others.
fn launch_registry() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("gstreamer-registry-launch.bin")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn inspect_lists_every_property_with_what_it_means() {
    let Some(mut inspect) = tool("gst-inspect-1.0") else { return };
    let said = text(&inspect.args(["--no-colors", "faceswap"]).output().unwrap());
    for property in PROPERTIES {
        let line =
            said.lines().find_map(|line| line.trim_start().strip_prefix(property)?.trim_start().strip_prefix(':'));
        let blurb = line.unwrap_or_else(|| panic!("no property {property} in\n{said}"));
        assert!(blurb.trim().len() > 10, "{property} says only '{blurb}'");
    }
    assert!(said.contains("none (0)"), "the rank is not none:\n{said}");
}

#[test]
fn every_frame_of_the_clip_gets_into_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let length = |element: &str| {
        let raw = folder.path().join("out.gray");
        let line = format!(
            "filesrc location={} ! decodebin {element} ! videoscale ! videoconvert ! \
             video/x-raw,format=GRAY8,width=64,height=36 ! filesink location={}",
            ada(),
            raw.display()
        );
        let output = tool("gst-launch-1.0")?.arg("-q").args(line.split_whitespace()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        Some(std::fs::metadata(&raw).unwrap().len())
    };
    let Some(decoded) = length("") else { return };
    assert!(decoded >= 150 * 64 * 36, "the clip is shorter than it was");
    assert_eq!(length(&format!("! faceswap model={}", ben())), Some(decoded));
}

/// What `gst-launch-1.0` says of a stream that cannot be worked on.
fn refusal(properties: &str, environment: &[(&str, &str)]) -> Option<String> {
    let mut launch = tool("gst-launch-1.0")?;
    let line = format!("videotestsrc num-buffers=3 ! video/x-raw,format=I420 ! faceswap {properties} ! fakesink");
    let output = launch.args(line.split_whitespace()).envs(environment.iter().copied()).output().unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{line} did not fail as it should:\n{said}");
    Some(said)
}

#[test]
fn a_format_that_is_known_beforehand_is_refused_by_its_name() {
    let Some(mut launch) = tool("gst-launch-1.0") else { return };
    let line = format!("videotestsrc num-buffers=3 ! video/x-raw,format=GRAY8 ! faceswap model={} ! fakesink", ben());
    let output = launch.args(line.split_whitespace()).output().unwrap();
    let said = text(&output);
    assert!(
        !output.status.success() && said.contains("faceswap0 can't handle caps") && said.contains("GRAY8"),
        "{said}"
    );
}

#[test]
fn the_user_reads_what_to_do_about_a_missing_model() {
    let Some(said) = refusal("model=/nowhere/ben.dfm", &[]) else { return };
    assert!(said.contains("ERROR") && said.contains("/nowhere/ben.dfm"), "{said}");
}

#[test]
fn the_user_reads_what_to_do_without_onnx_runtime() {
    let nowhere = [("ORT_DYLIB_PATH", "/nonexistent/lib.so")];
    let Some(said) = refusal(&format!("model={}", ben()), &nowhere) else { return };
    assert!(said.contains("ORT_DYLIB_PATH"), "{said}");
}

#[test]
fn auto_works_without_a_gpu_and_gpu_says_what_to_do() {
    let none = [("VK_DRIVER_FILES", "/nonexistent"), ("VK_ICD_FILENAMES", "/nonexistent")];
    let Some(mut launch) = tool("gst-launch-1.0") else { return };
    let line = format!("videotestsrc num-buffers=3 ! video/x-raw,format=I420 ! faceswap model={} ! fakesink", ben());
    let output = launch.args(line.split_whitespace()).envs(none).env("LIBGL_DRIVERS_PATH", "/nonexistent").output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let all = [none[0], none[1], ("LIBGL_DRIVERS_PATH", "/nonexistent")];
    let Some(said) = refusal(&format!("device=gpu model={}", ben()), &all) else { return };
    assert!(said.contains("device=") || said.contains("GPU"), "{said}");
}
