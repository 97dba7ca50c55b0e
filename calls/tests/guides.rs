//! Every command of the guides runs as it is printed.
//!
//! The rule: in `docs/*.md` and `README.md` a fenced block marked `sh` is run, by `sh -e`, and must end with 0. A
//! block marked `console` is not: it needs a camera, a window, another machine, another program or root. The blocks
//! of a document run in their order and in one new folder that has the repository's `examples` and `models`, with the
//! built programs first in PATH and a desktop's PipeWire with one camera. `standin webcam`, which ends by Ctrl-C
//! alone, gets it once it swaps; somebody looks at its camera until then.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails may stop")]
#![allow(clippy::print_stderr, reason = "a test that is skipped, or takes long, says so")]

#[allow(dead_code, reason = "this file uses its part")]
mod call_support;
#[allow(dead_code, reason = "this file uses its part")]
#[path = "../../plugins/faceswap/tests/common/patience.rs"]
mod patience;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use call_support::camera::Camera;
use call_support::desktop::Desktop;
use gst::prelude::*;
use patience::Patience;

/// How often a block that runs is looked at.
const TURN: Duration = Duration::from_millis(200);
/// Units of work that a block may take: many minutes of a core.
const WORK: f64 = 100_000.0;
/// Holds what a block prints.
const PRINTED: &str = ".printed";
/// What other blocks of the guides may be: pictures of what is printed, and files.
const NOT_RUN: [&str; 3] = ["console", "text", "toml"];

/// A fenced block of a document.
struct Block {
    /// `FILE:LINE` of its fence.
    at: String,
    /// The word after the fence.
    mark: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The guides, in the order of their names.
fn guides() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut guides: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    guides.sort();
    guides
}

fn blocks(document: &Path) -> Vec<Block> {
    let (name, text) = (document.file_name().unwrap().display(), fs::read_to_string(document).unwrap());
    let (mut blocks, mut open): (Vec<Block>, bool) = (Vec::new(), false);
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(mark), false) => {
                let at = format!("{name}:{}", number + 1);
                blocks.push(Block { at, mark: mark.to_owned(), text: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => blocks.last_mut().unwrap().text += &format!("{line}\n"),
            (None, false) => {}
        }
    }
    assert!(!open, "{name}: the last block does not end");
    blocks
}

/// Somebody who looks at a camera in PipeWire, whatever its pictures, until it goes.
struct Looker(gst::Element);

impl Looker {
    /// `None` where it cannot look yet.
    fn at(node: &str) -> Option<Self> {
        let raw = "always-copy=true ! video/x-raw,format=YUY2 ! fakesink sync=false";
        let looker = Self(gst::parse::launch(&format!("pipewiresrc target-object={node} {raw}")).unwrap());
        looker.0.set_state(gst::State::Playing).is_ok().then_some(looker)
    }
}

impl Drop for Looker {
    fn drop(&mut self) {
        let _ = self.0.set_state(gst::State::Null);
    }
}

/// What the blocks of a document run in.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["examples", "models"] {
            symlink(root().join(name), folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    /// Files that the blocks have made and nothing has been written to.
    fn empty_files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap());
        let empty = entries.filter(|entry| entry.metadata().is_ok_and(|file| file.is_file() && file.len() == 0));
        let names = empty.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name != PRINTED).collect()
    }

    /// Runs a block to its end; the exit status and what it printed.
    fn run(&self, block: &Block) -> (ExitStatus, String) {
        let programs = Path::new(env!("CARGO_BIN_EXE_standin")).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(programs.into()).chain(std::env::split_paths(&path))).unwrap();
        let printed = self.folder.path().join(PRINTED);
        let out = File::create(&printed).unwrap();
        let mut command = Command::new("sh");
        command.args(["-e", "-c", &block.text]).current_dir(self.folder.path()).process_group(0);
        command.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out);
        command.env("PATH", path).env("GST_PLUGIN_PATH", programs);
        command.env("GST_REGISTRY", programs.join("gstreamer-registry-of-guides.bin"));
        // No settings of whoever runs the tests; but the ONNX Runtime that was fetched.
        let cache = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")).unwrap_or_default();
        command.env("XDG_CACHE_HOME", std::env::var_os("XDG_CACHE_HOME").map_or(cache, PathBuf::from));
        command.env("HOME", self.folder.path()).env_remove("XDG_CONFIG_HOME");
        let mut child = command.spawn().unwrap();
        let group = child.id();
        let (mut patience, mut looker) = (Patience::with_group(group, WORK), None);
        let mut asked = false;
        loop {
            let text = fs::read_to_string(&printed).unwrap_or_default();
            if let Some(status) = child.try_wait().unwrap() {
                // What it left in the background is no part of the next block.
                kill("-KILL", &format!("-{group}"));
                return (status, text);
            }
            let node = text.lines().find_map(|line| line.strip_prefix("pipewire  node '")?.split('\'').next());
            looker = looker.or_else(|| node.and_then(Looker::at));
            if !asked && text.lines().any(|line| line.starts_with("swapping")) {
                asked = interrupt_call(group);
            }
            if patience.is_over() {
                kill("-KILL", &format!("-{group}"));
                child.wait().unwrap();
                panic!("{} does not end:\n{}\n{text}", block.at, block.text);
            }
            std::thread::sleep(TURN);
        }
    }
}

/// Ctrl-C for the call in the group; whether there is one.
fn interrupt_call(group: u32) -> bool {
    let call = patience::processes(group).into_iter().find(|folder| {
        let words = fs::read(folder.join("cmdline")).unwrap_or_default();
        words.split(|byte| *byte == 0).nth(1) == Some(b"webcam")
    });
    if let Some(folder) = &call {
        kill("-INT", folder.file_name().unwrap().to_str().unwrap());
    }
    call.is_some()
}

fn kill(signal: &str, whom: &str) {
    let _ = Command::new("kill").args([signal, "--", whom]).stderr(Stdio::null()).status();
}

#[test]
fn every_command_runs_as_it_is_printed() {
    let Some(_desktop) = Desktop::start() else { return };
    let _camera = Camera::start();
    let (mut failed, mut ran) = (Vec::new(), 0);
    for document in guides().into_iter().chain([root().join("README.md")]) {
        let stage = Stage::new();
        for block in blocks(&document).iter().filter(|block| block.mark == "sh") {
            eprintln!("{}", block.at);
            let (status, printed) = stage.run(block);
            ran += 1;
            if !status.success() {
                failed.push(format!("{} ends with {status}:\n{}\n{printed}", block.at, block.text));
            }
            for empty in stage.empty_files() {
                failed.push(format!("{} leaves {empty} empty:\n{}\n{printed}", block.at, block.text));
            }
        }
    }
    assert!(failed.is_empty(), "{} of {ran} blocks fail:\n\n{}", failed.len(), failed.join("\n\n"));
    assert!(ran > 10, "{ran} blocks are no guides");
}

#[test]
fn blocks_of_guides_say_whether_they_run() {
    for block in guides().iter().flat_map(|guide| blocks(guide)) {
        let known = block.mark == "sh" || NOT_RUN.contains(&block.mark.as_str());
        assert!(known, "{}: mark the block `sh`, which is run, or one of {NOT_RUN:?}", block.at);
        assert!(!block.text.trim().is_empty(), "{}: an empty block", block.at);
    }
}

/// Texts of the programs, with their literals joined where they go on in the next line.
fn sources() -> String {
    fn add(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                add(&entry, text);
            } else if entry.extension().is_some_and(|ending| ending == "rs") {
                *text += &fs::read_to_string(&entry).unwrap();
            }
        }
    }
    let mut text = String::new();
    for folder in ["src", "calls/src", "plugins/faceswap/src"] {
        add(&root().join(folder), &mut text);
    }
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start())
}

#[test]
fn what_troubleshooting_quotes_is_what_programs_say() {
    let (text, sources) = (fs::read_to_string(root().join("docs/troubleshooting.md")).unwrap(), sources());
    let quoted: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("### \"")?.strip_suffix('"')).collect();
    assert!(quoted.len() > 10, "few sentences: {quoted:?}");
    for sentence in quoted {
        for part in sentence.split('…').map(str::trim).filter(|part| part.len() > 2) {
            assert!(sources.contains(part), "no program says '{part}' of the sentence '{sentence}'");
        }
    }
}
