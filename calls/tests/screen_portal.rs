//! The screen of a Wayland desktop: through the real portal, with a backend that shares a camera's node for a screen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails may stop")]

#[allow(dead_code, reason = "this file uses its part")]
mod call_support;

use std::time::Duration;

use call_support::camera::Camera;
use call_support::desktop::Desktop;
use call_support::looker::{Looker, Picture, Seen};
use call_support::models::Lent;
use call_support::portal::{self, Program};
use call_support::screen_backend::{self, Choice, ScreenBackend};
use call_support::webcam::Webcam;

/// How long something may take that takes a moment, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// A desktop whose portal shares what `choice` says of a camera; the camera ends with it. `None` where there is no
/// portal.
struct Screens {
    backend: ScreenBackend,
    portal: Program,
    _camera: Camera,
    _desktop: Desktop,
}

impl Screens {
    #[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
    fn start(choice: fn(u32) -> Choice) -> Option<Self> {
        let Some(program) = portal::program().filter(|_| portal::is_installed("gdbus")) else {
            eprintln!("skipped: xdg-desktop-portal or gdbus is not installed");
            return None;
        };
        let desktop = Desktop::start()?;
        let camera = Camera::start();
        let backend = ScreenBackend::start(choice(node_of("workbench")));
        let portal = portal::start(program, desktop.path(), screen_backend::NAME, screen_backend::INTERFACE);
        Some(Self { backend, portal, _camera: camera, _desktop: desktop })
    }

    /// `standin webcam screen` on it.
    fn webcam(&self, lent: &Lent) -> Webcam {
        let model = lent.path.display().to_string();
        let words = ["screen", "--model", &model, "--size", "640x360", "--set", "color-transfer=none"];
        Webcam::start_in(&[("WAYLAND_DISPLAY", "wayland-9")], &words)
    }
}

/// The number by which PipeWire knows a node.
fn node_of(name: &str) -> u32 {
    let begun = std::time::Instant::now();
    while begun.elapsed() < PATIENCE {
        let told = std::process::Command::new("pw-dump").output().unwrap().stdout;
        let objects: Vec<serde_json::Value> = serde_json::from_slice(&told).unwrap_or_default();
        let of_name = |object: &&serde_json::Value| object.pointer("/info/props/node.name") == Some(&name.into());
        if let Some(id) = objects.iter().find(of_name).and_then(|object| object["id"].as_u64()) {
            return id as u32;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("PipeWire has no node '{name}'");
}

#[test]
fn the_doctor_says_whether_the_portal_shares_a_screen() {
    let Some(screens) = Screens::start(Choice::Share) else { return };
    let report = || {
        let mut doctor = std::process::Command::new(env!("CARGO_BIN_EXE_standin"));
        let output = doctor.args(["doctor", "--json"]).env("WAYLAND_DISPLAY", "wayland-9").output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        report["findings"].as_array().unwrap().iter().find(|finding| finding["what"] == "screen").unwrap().clone()
    };
    assert_eq!(report()["state"], "good");
    drop(screens);
    let Some(_desktop) = Desktop::start() else { return };
    let none = report();
    assert_eq!(none["state"], "note");
    assert!(none["mend"].as_str().unwrap().contains("xdg-desktop-portal"), "{none}");
}

fn never_bare(picture: Picture) {
    assert!(!matches!(picture.seen, Seen::Bare(_)), "a bare face: {picture:?}");
}

#[test]
fn what_is_shared_is_swapped_until_its_user_ends_it() {
    let Some(screens) = Screens::start(Choice::Share) else { return };
    let lent = Lent::green();
    let webcam = screens.webcam(&lent);
    let asked = webcam.wait_for("waiting   the desktop asks which screen or window to share", 0);
    webcam.wait_for("idle", asked);
    let node = webcam.node();
    let see_swapped = || {
        let looker = Looker::at(&node);
        let swapped = looker.until(PATIENCE, |seen| matches!(seen, Seen::Swapped(_)), never_bare);
        assert!(swapped.is_some(), "nothing is swapped: {}", webcam.text());
        looker
    };
    let shown = webcam.text().lines().count();
    drop(see_swapped());
    webcam.wait_for("idle", shown);
    let looker = see_swapped();
    screens.backend.end();
    let card = looker.until(PATIENCE, |seen| seen == Seen::Card, never_bare);
    assert!(card.is_some(), "no card: {}", webcam.text());
    webcam.wait_for("waiting   no screen is shared", 0);
    // Longer than the first waits of an input that is tried again.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(screens.backend.asked(), 1, "asked again: {}", webcam.text());
    assert!(!webcam.text().contains("tried again"), "{}", webcam.text());
    webcam.interrupt();
    assert_eq!(webcam.end(), Some(0));
}

#[test]
fn a_refusal_is_said_and_nobody_is_asked_twice() {
    let Some(screens) = Screens::start(|_| Choice::Refuse) else { return };
    let lent = Lent::green();
    let webcam = screens.webcam(&lent);
    webcam.wait_for("waiting   no screen is shared", 0);
    let looker = Looker::at(&webcam.node());
    let card = looker.until(PATIENCE, |seen| seen == Seen::Card, never_bare);
    assert!(card.is_some(), "no card: {}", webcam.text());
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(screens.backend.asked(), 1, "asked again: {}", webcam.text());
    webcam.interrupt();
    assert_eq!(webcam.end(), Some(0));
}

#[test]
fn a_portal_that_ends_is_said_with_how_to_ask_again() {
    let Some(screens) = Screens::start(Choice::Share) else { return };
    let lent = Lent::green();
    let webcam = screens.webcam(&lent);
    let looker = Looker::at(&webcam.node());
    let swapped = looker.until(PATIENCE, |seen| matches!(seen, Seen::Swapped(_)), never_bare);
    assert!(swapped.is_some(), "nothing is swapped: {}", webcam.text());
    drop(screens.portal);
    let card = looker.until(PATIENCE, |seen| seen == Seen::Card, never_bare);
    assert!(card.is_some(), "no card: {}", webcam.text());
    webcam.wait_for("waiting   the desktop's portal shares no screen now (it has ended); to ask again, ", 0);
    webcam.interrupt();
    assert_eq!(webcam.end(), Some(0));
}

#[test]
fn a_desktop_without_such_a_portal_is_told_what_to_install() {
    let Some(_desktop) = Desktop::start() else { return };
    let lent = Lent::green();
    let model = lent.path.display().to_string();
    let words = ["screen", "--model", &model, "--no-pipewire"];
    let desktop = [("WAYLAND_DISPLAY", "wayland-9"), ("XDG_CURRENT_DESKTOP", "GNOME")];
    let webcam = Webcam::start_in(&desktop, &words);
    webcam.wait_for("waiting   the desktop's portal gives no screen", 0);
    let text = webcam.text();
    assert!(text.contains("; mend: ") && text.contains("xdg-desktop-portal-gnome"), "{text}");
    webcam.interrupt();
    assert_eq!(webcam.end(), Some(0));
}
