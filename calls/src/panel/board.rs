//! What every open page shows, in one place: pages are told when it changes, and all show the same.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::watch;

use super::inputs::Input;
use super::models::Model;
use super::performers::{Performer, Reference};
use crate::call::{Event, State};
use crate::fault::Fault;
use crate::outlet::Kind;

/// Seconds of statistics that are kept for a page that comes later.
const HISTORY: usize = 120;
/// Warnings that are shown.
const WARNINGS: usize = 4;

/// The state of the panel.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Facts {
    /// In one word: stopped, idle, starting, swapping, waiting.
    state: &'static str,
    /// Why it waits.
    fault: Option<String>,
    /// Whose face it is.
    pub(super) subject: String,
    /// Last day of the consent (UTC).
    pub(super) until: String,
    /// The model's file.
    pub(super) model: String,
    /// Models to choose from.
    pub(super) models: Vec<Model>,
    /// The input's id.
    pub(super) input: String,
    /// Inputs to choose from.
    pub(super) inputs: Vec<Input>,
    /// Pixels and frames a second, for people.
    pub(super) size: String,
    latency_ms: Option<f64>,
    doors: BTreeMap<&'static str, Door>,
    warnings: VecDeque<String>,
    /// Values of the element's properties.
    pub(super) values: BTreeMap<String, String>,
    /// Whom the element tells apart.
    pub(super) performers: Vec<Performer>,
    /// Pictures to choose from, for them.
    pub(super) references: Vec<Reference>,
    /// Names of presets.
    pub(super) presets: Vec<String>,
    /// The `gst-launch-1.0` line that does the same.
    pub(super) line: String,
}

/// A way out.
#[derive(Debug, Clone, Serialize)]
struct Door {
    open: bool,
    /// Where it is found, or why it is closed.
    words: String,
}

/// The statistics of a second and its number.
type Second = (u64, Map<String, Value>);

#[derive(Debug, Default)]
struct Kept {
    facts: Facts,
    /// Raised with every change of the facts.
    version: u64,
    seconds: VecDeque<Second>,
}

/// The facts and the seconds. Cheap to read; who waits for a change holds nothing.
#[derive(Debug)]
pub(super) struct Board {
    kept: Mutex<Kept>,
    changed: watch::Sender<()>,
}

impl Default for Board {
    fn default() -> Self {
        let facts = Facts { state: "stopped", ..Facts::default() };
        Self { kept: Mutex::new(Kept { facts, ..Kept::default() }), changed: watch::Sender::new(()) }
    }
}

/// What a page has been told.
#[derive(Debug, Default)]
pub(super) struct Told {
    version: Option<u64>,
    second: u64,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes facts, and tells every page.
    pub(super) fn change(&self, change: impl FnOnce(&mut Facts)) {
        let mut kept = self.lock();
        change(&mut kept.facts);
        kept.version += 1;
        drop(kept);
        self.changed.send_replace(());
    }

    /// A copy of the facts.
    pub(super) fn facts(&self) -> Facts {
        self.lock().facts.clone()
    }

    /// What a page waits on.
    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// What happened in the call.
    pub(super) fn hear(&self, event: Event) {
        match event {
            Event::State(state) => self.change(|facts| facts.enter(&state)),
            Event::Opened(kind, place) => self.change(|facts| {
                facts.doors.insert(name(kind), Door { open: true, words: place });
            }),
            Event::Closed(kind, Some(fault)) => self.change(|facts| {
                facts.doors.insert(name(kind), Door { open: false, words: fault.to_string() });
            }),
            Event::Closed(kind, None) => self.change(|facts| {
                facts.doors.remove(name(kind));
            }),
            Event::Latency(latency) => self.change(|facts| facts.latency_ms = Some(latency.nseconds() as f64 / 1e6)),
            Event::Warning(warning) => self.change(|facts| facts.warn(warning)),
            Event::Statistics(statistics) => {
                let mut kept = self.lock();
                let number = kept.seconds.back().map_or(1, |(number, _)| number + 1);
                kept.seconds.push_back((number, numbers(&statistics)));
                if kept.seconds.len() > HISTORY {
                    kept.seconds.pop_front();
                }
                drop(kept);
                self.changed.send_replace(());
            }
        }
    }

    /// What a page has not been told yet, as server-sent events; empty where there is nothing.
    pub(super) fn news(&self, told: &mut Told) -> String {
        let kept = self.lock();
        let mut text = String::new();
        if told.version != Some(kept.version) {
            told.version = Some(kept.version);
            text.push_str(&event("state", &serde_json::to_string(&kept.facts)));
        }
        let new: Vec<_> = kept.seconds.iter().filter(|(number, _)| *number > told.second).collect();
        if let Some((last, _)) = new.last() {
            told.second = *last;
            text.push_str(&event("seconds", &serde_json::to_string(&new)));
        }
        text
    }
}

/// Text of one event. JSON has no line ends of its own.
fn event(name: &str, json: &serde_json::Result<String>) -> String {
    json.as_ref().map(|json| format!("event: {name}\ndata: {json}\n\n")).unwrap_or_default()
}

impl Facts {
    fn enter(&mut self, state: &State) {
        let fault = |fault: &Fault| Some(fault.to_string());
        (self.state, self.fault) = match state {
            State::Stopped => ("stopped", None),
            State::Idle => ("idle", None),
            State::Starting => ("starting", None),
            State::Swapping => ("swapping", None),
            State::Waiting(why) => ("waiting", fault(why)),
        };
        if *state == State::Stopped {
            self.doors.clear();
            self.latency_ms = None;
        }
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.retain(|known| *known != warning);
        self.warnings.push_back(warning);
        if self.warnings.len() > WARNINGS {
            self.warnings.pop_front();
        }
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::PipeWire => "pipewire",
        Kind::Loopback => "loopback",
        Kind::Preview => "window",
        Kind::Record => "recording",
        Kind::Microphone => "microphone",
    }
}

/// The numbers of the element's statistics.
fn numbers(statistics: &gst::Structure) -> Map<String, Value> {
    let number = |name: &str| statistics.value(name).ok()?.transform::<f64>().ok()?.get::<f64>().ok();
    let fields = statistics.fields().map(|name| name.to_string());
    fields.filter_map(|name| number(&name).map(|number| (name, Value::from(number)))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_what_it_does_not_know() {
        gst::init().unwrap();
        let board = Board::default();
        let (mut early, mut late) = (Told::default(), Told::default());
        assert!(board.news(&mut early).starts_with("event: state\ndata: {\"state\":\"stopped\""));
        assert_eq!(board.news(&mut early), "");
        board.hear(Event::State(State::Waiting(Fault::NoCamera)));
        assert!(board.news(&mut early).contains("no camera is found"));
        for _ in 0..HISTORY + 5 {
            let second =
                gst::Structure::builder("faceswap-stats").field("fps", 29.5_f64).field("frames", 30_u64).build();
            board.hear(Event::Statistics(second));
        }
        let text = board.news(&mut late);
        assert!(text.contains("\"fps\":29.5") && text.contains("\"frames\":30.0"), "{text}");
        assert_eq!(text.matches("fps").count(), HISTORY);
        assert_eq!(board.news(&mut late), "");
    }

    #[test]
    fn warnings_are_few_and_each_is_there_once() {
        let mut facts = Facts::default();
        for warning in ["a", "b", "a", "c", "d", "e", "e"] {
            facts.warn(warning.to_owned());
        }
        assert_eq!(facts.warnings, ["a", "c", "d", "e"]);
    }
}
