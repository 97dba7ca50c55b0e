//! The camera of `standin webcam` in Chromium, through the desktop's portal, as a page in a browser gets it.
//!
//! The portal asks nobody here: the permission is written before, and the backend that would ask is a name without a program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails may stop")]

#[allow(dead_code, reason = "this file uses its part")]
mod call_support;
#[allow(dead_code, reason = "this file uses its part")]
#[path = "../../plugins/faceswap/tests/common/models.rs"]
mod models;
#[allow(dead_code, reason = "this file uses its part")]
#[path = "../../tests/common/onnx.rs"]
mod onnx;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use call_support::camera::{self, Camera};
use call_support::desktop::Desktop;
use call_support::webcam::Webcam;
use models::Lent;

/// Takes the camera that is called Standin and tells, four times a second, its name, how many frames have come, and how many pixels are green.
const PAGE: &str = "<!doctype html><video id=v autoplay muted playsinline></video><script>
const say = text => fetch('/say', {method: 'POST', body: text});
(async () => { try {
  const devices = navigator.mediaDevices;
  (await devices.getUserMedia({video: true})).getTracks().forEach(track => track.stop());
  const own = (await devices.enumerateDevices()).find(device => device.label == 'Standin');
  const stream = await devices.getUserMedia({video: {deviceId: {exact: own.deviceId}, width: 640, height: 360}});
  v.srcObject = stream; await v.play();
  let frames = 0; v.requestVideoFrameCallback(function next() { frames++; v.requestVideoFrameCallback(next) });
  const canvas = document.createElement('canvas'), draw = canvas.getContext('2d', {willReadFrequently: true});
  for (;;) {
    await new Promise(done => setTimeout(done, 250));
    canvas.width = v.videoWidth; canvas.height = v.videoHeight; draw.drawImage(v, 0, 0);
    const pixels = draw.getImageData(0, 0, canvas.width, canvas.height).data;
    let green = 0;
    for (let i = 0; i < pixels.length; i += 4)
      if (pixels[i + 1] > 100 && pixels[i] < 90 && pixels[i + 2] < 90) green++;
    await say([stream.getVideoTracks()[0].label, canvas.width, canvas.height, frames, green].join());
  }
} catch (error) { await say('error ' + error) } })()</script>";

/// A program that ends with its value.
struct Program(Child);

impl Program {
    fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

fn is_installed(name: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|folder| folder.join(name).is_file())
}

/// The portal, which lets every program have the cameras.
fn portal(program: &str, folder: &Path) -> Program {
    let backend = "[portal]\nDBusName=org.freedesktop.impl.portal.desktop.nobody\n\
                   Interfaces=org.freedesktop.impl.portal.Access;\nUseIn=nobody\n";
    std::fs::write(folder.join("nobody.portal"), backend).unwrap();
    let store = "org.freedesktop.impl.portal.PermissionStore";
    let words = ["call", "--session", "--dest", store, "--object-path", "/org/freedesktop/impl/portal/PermissionStore"];
    let method = format!("{store}.SetPermission");
    let permission = ["--method", &method, "devices", "true", "camera", "", "['yes']"];
    let set = Command::new("gdbus").args(words).args(permission).env("HOME", folder).output().unwrap();
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    let environment = [("XDG_DESKTOP_PORTAL_DIR", folder.to_str().unwrap()), ("XDG_CURRENT_DESKTOP", "nobody")];
    Program::start(Command::new(program).envs(environment).env("HOME", folder))
}

/// Serves the page and passes on what it tells.
fn serve() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (to, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let to = to.clone();
            std::thread::spawn(move || answer(stream, &to));
        }
    });
    (port, told)
}

fn answer(mut stream: TcpStream, to: &Sender<String>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) =
            line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            length = value.trim().parse().unwrap_or_else(|_| panic!("{name} is {value}"));
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let page = if first.starts_with("POST") { "" } else { PAGE };
    if first.starts_with("POST") {
        to.send(String::from_utf8(body).ok()?).ok()?;
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length:";
    write!(stream, "{head} {}\r\n\r\n{page}", page.len()).ok()
}

#[test]
fn chromium_shows_the_swapped_face() {
    let places = ["/usr/libexec/xdg-desktop-portal", "/usr/lib/xdg-desktop-portal"];
    let Some(program) = places.into_iter().find(|place| Path::new(place).is_file()) else {
        return skip("xdg-desktop-portal is not installed");
    };
    if let Some(missing) = ["chromium", "gdbus"].into_iter().find(|name| !is_installed(name)) {
        return skip(&format!("{missing} is not installed"));
    }
    let Some(desktop) = Desktop::start() else { return };
    let (lent, _camera) = (Lent::green(), Camera::start());
    let _portal = portal(program, desktop.path());
    let model = lent.path.display().to_string();
    let words = ["--camera", camera::NAME, "--model", &model, "--size", "640x360", "--set", "color-transfer=none"];
    let webcam = Webcam::start(&[&words[..], &["--name", "Standin"]].concat());
    webcam.node();
    let (port, told) = serve();
    let profile = format!("--user-data-dir={}", desktop.path().join("chromium").display());
    let words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--use-fake-ui-for-media-stream"];
    let more = ["--enable-features=WebRtcPipeWireCamera", &profile, &format!("http://127.0.0.1:{port}/")];
    let _chromium = Program::start(Command::new("chromium").args(words).args(more).env("HOME", desktop.path()));
    let (begun, mut last) = (Instant::now(), String::new());
    loop {
        assert!(begun.elapsed() < Duration::from_secs(60), "the page says '{last}':\n{}", webcam.text());
        let Ok(text) = told.recv_timeout(Duration::from_secs(60)) else {
            panic!("the page says nothing more than '{last}'")
        };
        assert!(!text.starts_with("error"), "{text}");
        let fields: Vec<_> = text.split(',').collect();
        let number = |place: usize| fields[place].parse::<u32>().unwrap();
        if fields[0] == "Standin" && (number(1), number(2)) == (640, 360) && number(3) > 30 && number(4) > 300 {
            break;
        }
        last = text;
    }
}
