//! The program `standin webcam`, as a user starts it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::exit_code::exit_code;

/// Ends with its value.
pub(crate) struct Webcam {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Webcam {
    pub(crate) fn start(words: &[&str]) -> Self {
        Self::start_in(&[], words)
    }

    /// With these variables in its environment.
    pub(crate) fn start_in(environment: &[(&str, &str)], words: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
        command.arg("webcam").args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.envs(environment.iter().copied());
        let mut child = command.spawn().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (out, error) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let read = |from: Box<dyn std::io::Read + Send>| {
            let lines = Arc::clone(&lines);
            std::thread::spawn(move || {
                for line in BufReader::new(from).lines().map_while(Result::ok) {
                    lines.lock().unwrap().push(line);
                }
            });
        };
        read(Box::new(out));
        read(Box::new(error));
        Self { child, lines }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has printed.
    pub(crate) fn text(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// Waits for a line that begins with `word` after the first `seen` lines; gives how many there are then.
    pub(crate) fn wait_for(&self, word: &str, seen: usize) -> usize {
        let begun = Instant::now();
        loop {
            let lines = self.lines.lock().unwrap();
            if let Some(place) = lines.iter().skip(seen).position(|line| line.starts_with(word)) {
                return seen + place + 1;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "no '{word}' after line {seen} of:\n{}",
                lines.join("\n")
            );
            drop(lines);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The node that it says it offers.
    pub(crate) fn node(&self) -> String {
        let line = self.wait_for("pipewire  node", 0);
        let text = self.lines.lock().unwrap()[line - 1].clone();
        text.split('\'').nth(1).unwrap().to_owned()
    }

    pub(crate) fn interrupt(&self) {
        Command::new("kill").args(["-INT", &self.id().to_string()]).status().unwrap();
    }

    /// Its exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        exit_code(&mut self.child)
    }
}

impl Drop for Webcam {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
