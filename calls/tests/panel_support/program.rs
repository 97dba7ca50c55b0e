//! The program, as a user starts it.

use std::io::{BufRead, BufReader, Lines, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::exit_code::exit_code;
use super::http::{Answer, Page, ask};

pub(crate) const CLIP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/media/ada.mp4");

/// Ends with its value.
pub(crate) struct Panel {
    child: Child,
    /// Open for as long as it runs, as a terminal is.
    _lines: Lines<BufReader<ChildStdout>>,
    pub(crate) port: u16,
    /// The page's path: the key between two strokes.
    pub(crate) path: String,
}

/// The command with its own folder for the key and for settings, and no way out but the page.
fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    command.arg("panel").args(words).args(["--no-pipewire", "--loopback", "off"]);
    command.env("XDG_RUNTIME_DIR", folder).env("XDG_CONFIG_HOME", folder.join("config"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Panel {
    /// Starts it on the clip.
    pub(crate) fn start(folder: &Path, model: &str, more: &[&str]) -> Self {
        let recordings = folder.join("recordings").display().to_string();
        let words = [CLIP, "--model", model, "--size", "640x360", "--recordings", &recordings];
        Self::run(&mut command(folder, &[&words, more, &["--no-browser"]].concat()))
    }

    /// Starts it on a desktop whose browser only writes down what it is to open.
    pub(crate) fn start_on_desktop(folder: &Path, model: &str) -> (Self, String) {
        let (opener, opened) = (folder.join("xdg-open"), folder.join("opened"));
        std::fs::write(&opener, format!("#!/bin/sh\necho \"$1\" > {0}.new; mv {0}.new {0}\n", opened.display()))
            .unwrap();
        std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o700)).unwrap();
        let mut command = command(folder, &[CLIP, "--model", model, "--port", "0"]);
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let panel = Self::run(command.env("PATH", path).env("DISPLAY", ":9"));
        let begun = Instant::now();
        while !opened.exists() {
            assert!(begun.elapsed() < Duration::from_secs(30), "no browser is started");
            std::thread::sleep(Duration::from_millis(20));
        }
        (panel, std::fs::read_to_string(opened).unwrap().trim().to_owned())
    }

    fn run(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let page = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, page) = line.split_once("http://127.0.0.1:")?;
            Some(page.to_owned())
        });
        let Some(page) = page else {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("no page: {said}");
        };
        let (port, path) = page.split_once('/').unwrap();
        Self { child, _lines: lines, port: port.parse().unwrap(), path: format!("/{path}") }
    }

    /// Runs one that cannot start; gives its exit code and what it says.
    pub(crate) fn refused(folder: &Path, words: &[&str]) -> (i32, String) {
        let output = command(folder, words).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.path)
    }

    pub(crate) fn host(&self) -> String {
        format!("Host: 127.0.0.1:{}", self.port)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        ask(self.port, &[&format!("GET {}{path} HTTP/1.1", self.path), &self.host()], "")
    }

    /// Sends a command; the sentence where it is refused.
    pub(crate) fn command(&self, command: Value) -> Result<(), String> {
        let head = [format!("POST {}api/command HTTP/1.1", self.path), self.host()];
        let answer = ask(self.port, &[&head[0], &head[1], "Content-Type: application/json"], &command.to_string());
        if answer.status == 200 { Ok(()) } else { Err(answer.json()["error"].as_str().unwrap().to_owned()) }
    }

    pub(crate) fn set(&self, property: &str, value: &str) -> Result<(), String> {
        self.command(json!({ "do": "set", "property": property, "value": value }))
    }

    pub(crate) fn page(&self) -> Page {
        Page::open(self.port, &self.path)
    }

    /// Looks at the preview until the value goes, as an open page does: the camera does not idle.
    pub(crate) fn look(&self) -> Look {
        let (stop, port) = (Arc::new(AtomicBool::new(false)), self.port);
        let (stopped, head) = (Arc::clone(&stop), [format!("GET {}preview/after HTTP/1.1", self.path), self.host()]);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Acquire) {
                ask(port, &[&head[0], &head[1]], "");
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        Look { stop, thread: Some(thread) }
    }

    pub(crate) fn interrupt(&self) {
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
    }

    /// Clock ticks that it has spent.
    pub(crate) fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields = stat.rsplit(") ").next().unwrap().split(' ').skip(11).take(2);
        fields.map(|field| field.parse::<u64>().unwrap()).sum()
    }

    /// Its exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        exit_code(&mut self.child)
    }
}

/// See [`Panel::look`].
pub(crate) struct Look {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Look {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let _ = self.thread.take().unwrap().join();
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
