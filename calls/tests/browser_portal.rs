//! The camera of `standin webcam` in Chromium and in Firefox, through the desktop's portal, as a page in a browser gets
//! it.
//!
//! The portal asks nobody here: the permission is written before, and the backend that would ask is a name without a
//! program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails may stop")]

#[allow(dead_code, reason = "this file uses its part")]
mod call_support;

use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use call_support::camera::{self, Camera};
use call_support::desktop::Desktop;
use call_support::http_server;
use call_support::models::Lent;
use call_support::portal::{self, Program};
use call_support::webcam::Webcam;

/// The session manager lets a program see cameras a moment after the portal has let it in, so it asks until Standin
/// is there. Tells each step towards the camera that is called Standin, then, four times a second, its name, how many
/// frames have come, and how many pixels are green.
const PAGE: &str = "<!doctype html><video id=v autoplay muted playsinline></video><script>
const say = async text => { await fetch('/say', {method: 'POST', body: text}) };
const pause = time => new Promise(done => setTimeout(done, time));
(async () => { try {
  const devices = navigator.mediaDevices;
  let own;
  for (; !own; await pause(250)) {
    await say('asks for any camera');
    const stream = await devices.getUserMedia({video: true}).catch(error => say('no camera yet: ' + error));
    if (!stream) continue;
    await say('asks for the names of cameras');
    own = (await devices.enumerateDevices()).find(device => device.label == 'Standin');
    stream.getTracks().forEach(track => track.stop());
  }
  await say('asks for Standin');
  const stream = await devices.getUserMedia({video: {deviceId: {exact: own.deviceId}, width: 640, height: 360}});
  await say('waits for a picture');
  v.srcObject = stream; await v.play();
  let frames = 0; v.requestVideoFrameCallback(function next() { frames++; v.requestVideoFrameCallback(next) });
  const canvas = document.createElement('canvas'), draw = canvas.getContext('2d', {willReadFrequently: true});
  for (;;) {
    await pause(250);
    canvas.width = v.videoWidth; canvas.height = v.videoHeight; draw.drawImage(v, 0, 0);
    const pixels = draw.getImageData(0, 0, canvas.width, canvas.height).data;
    let green = 0;
    for (let i = 0; i < pixels.length; i += 4)
      if (pixels[i + 1] > 100 && pixels[i] < 90 && pixels[i + 2] < 90) green++;
    await say([stream.getVideoTracks()[0].label, canvas.width, canvas.height, frames, green].join());
  }
} catch (error) { await say('error ' + error) } })()</script>";

/// How long a browser has for all of its words. A machine with a cold disk and other work takes a minute to start it.
const PATIENCE: Duration = Duration::from_secs(180);

#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

/// The portal, which lets every program have the cameras.
fn start_portal(program: &str, folder: &Path) -> Program {
    let store = "org.freedesktop.impl.portal.PermissionStore";
    let words = ["call", "--session", "--dest", store, "--object-path", "/org/freedesktop/impl/portal/PermissionStore"];
    let method = format!("{store}.SetPermission");
    let permission = ["--method", &method, "devices", "true", "camera", "", "['yes']"];
    let set = Command::new("gdbus").args(words).args(permission).env("HOME", folder).output().unwrap();
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    // Nobody is asked, and so there is nobody who asks.
    portal::start(program, folder, "org.freedesktop.impl.portal.desktop.nobody", "org.freedesktop.impl.portal.Access")
}

/// Serves the page and passes on what it tells.
fn serve() -> (u16, Receiver<String>) {
    let (to, told) = channel();
    let port = http_server::serve(move |request| {
        let page = if request.is("GET / ") { PAGE } else { "" };
        if request.is("POST") {
            // The test may be over.
            let _ = to.send(String::from_utf8(request.body).unwrap());
        }
        ("200 OK\r\nContent-Type: text/html".to_owned(), page)
    });
    (port, told)
}

/// What Firefox says when it aborts by a check of its own as a camera begins, now and then on a busy machine
/// (video_capture_pipewire.cc of 153 ESR).
const OWN_RACE: &str = "RaceDetected";
/// How often a browser is opened because of that.
const MOST_TIMES: usize = 4;
/// How often it is looked whether it did.
const LOOK: Duration = Duration::from_secs(1);

/// A browser that asks nobody whether a page may have a camera.
struct Browser {
    /// Its program under the names that distributions give it.
    names: &'static [&'static str],
    /// How it opens a page, with a folder of its own.
    open: fn(&mut Command, &Path, &str),
}

const CHROMIUM: Browser = Browser {
    names: &["chromium", "chromium-browser"],
    open: |command, folder, page| {
        let profile = format!("--user-data-dir={}", folder.display());
        let words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"];
        let cameras = ["--use-fake-ui-for-media-stream", "--enable-features=WebRtcPipeWireCamera"];
        command.args(words).args(cameras).args([&profile, page]);
    },
};

const FIREFOX: Browser = Browser {
    names: &["firefox-esr", "firefox"],
    open: |command, folder, page| {
        let settings = [
            ("media.webrtc.camera.allow-pipewire", true),
            ("media.navigator.permission.disabled", true),
            ("browser.shell.checkDefaultBrowser", false),
            ("datareporting.policy.dataSubmissionEnabled", false),
        ];
        let line = |(name, value)| format!("user_pref(\"{name}\", {value});\n");
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("user.js"), settings.map(line).concat()).unwrap();
        command.args(["--headless", "--no-remote", "--profile"]).arg(folder).arg(page);
    },
};

#[test]
fn chromium_shows_the_swapped_face() {
    shows_the_swapped_face(&CHROMIUM);
}

#[test]
fn firefox_shows_the_swapped_face() {
    shows_the_swapped_face(&FIREFOX);
}

fn shows_the_swapped_face(browser: &Browser) {
    let Some(program) = portal::program() else {
        return skip("xdg-desktop-portal is not installed");
    };
    let Some(name) = browser.names.iter().find(|name| portal::is_installed(name)) else {
        return skip(&format!("{} is not installed", browser.names.join(" or ")));
    };
    if !portal::is_installed("gdbus") {
        return skip("gdbus is not installed");
    }
    let Some(desktop) = Desktop::start() else { return };
    let (lent, _camera) = (Lent::green(), Camera::start());
    let portal = start_portal(program, desktop.path());
    let model = lent.path.display().to_string();
    let words = ["--camera", camera::NAME, "--model", &model, "--size", "640x360", "--set", "color-transfer=none"];
    let webcam = Webcam::start(&[&words[..], &["--name", "Standin"]].concat());
    webcam.node();
    let (port, told) = serve();
    let open = |time: usize| {
        let mut command = Command::new(name);
        let profile = desktop.path().join(format!("profile{time}"));
        (browser.open)(&mut command, &profile, &format!("http://127.0.0.1:{port}/"));
        Program::start(command.env("HOME", desktop.path()), desktop.path().join(format!("browser{time}.log")))
    };
    let (mut opened, mut times) = (open(1), 1);
    let (begun, mut last) = (Instant::now(), None);
    loop {
        let next = told.recv_timeout(LOOK.min(PATIENCE.saturating_sub(begun.elapsed())));
        if opened.said().contains(OWN_RACE) && times < MOST_TIMES {
            println!("{name} ended by a check of its own ({OWN_RACE}); it is opened again");
            times += 1;
            opened = open(times);
            continue;
        }
        if next.is_err() && begun.elapsed() < PATIENCE {
            continue;
        }
        let Ok(text) = &next else {
            let Some(last) = last else {
                return skip(&format!("{name} opens no page here: {}", opened.said()));
            };
            let others = [("webcam", webcam.text()), (name, opened.said()), ("portal", portal.said())];
            panic!("the page says nothing more than '{last}': {others:#?}");
        };
        assert!(!text.starts_with("error"), "after {last:?}: {text}");
        if is_swapped(text) {
            println!("{name} shows the swapped face {:.1} s after it was started", begun.elapsed().as_secs_f64());
            break;
        }
        last = next.ok();
    }
}

/// Whether the page shows the camera called Standin in its size, moving, with the green face of the test's model.
fn is_swapped(text: &str) -> bool {
    let fields: Vec<_> = text.split(',').collect();
    let [name, numbers @ ..] = fields.as_slice() else { return false };
    let numbers: Vec<u32> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
    matches!(numbers[..], [640, 360, frames, green] if *name == "Standin" && frames > 30 && green > 300)
}
