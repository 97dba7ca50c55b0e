//! Opens the ways out, closes one that failed, and opens it again.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::event::{Event, Events};
use super::keeper::Order;
use super::opening::{self, Opened, Opening, Way};
use super::plan::{LoopbackChoice, Plan};
use super::pump::Pump;
use crate::fault::Fault;
use crate::outlet::Kind;
use crate::outlet::microphone::Microphone;
use crate::outlet::registry::Watch;

/// From one try at a camera's door to the next.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a way out may take to open.
const ANSWER: Duration = Duration::from_secs(8);

/// The ways out of a call.
#[derive(Debug)]
pub(super) struct Doors {
    pump: Pump,
    caps: gst::Caps,
    name: String,
    events: Events,
    orders: Sender<Order>,
    /// Which are to be open.
    wanted: Vec<Kind>,
    /// Which are being opened, and since when.
    opening: Vec<(Kind, Instant)>,
    /// Which are open, with the watch over who looks there.
    open: Vec<(Kind, Option<Watch>)>,
    /// The node of a PipeWire camera that is open, until applications find it.
    unseen: Option<String>,
    device: Option<PathBuf>,
    record: Option<PathBuf>,
    microphone: Option<Microphone>,
    /// How late the sound is.
    delay: gst::ClockTime,
    retry: Option<Instant>,
    said: Vec<(Kind, Fault)>,
}

impl Doors {
    /// Begins to open what the plan names.
    pub(super) fn open(plan: &Plan, pump: Pump, events: Events, orders: Sender<Order>) -> Self {
        let doors = &plan.doors;
        let kinds = [
            (Kind::PipeWire, doors.pipewire),
            (Kind::Loopback, doors.loopback != LoopbackChoice::Off),
            (Kind::Preview, doors.preview),
            (Kind::Record, doors.record.is_some()),
            (Kind::Microphone, doors.audio),
        ];
        let device = match &doors.loopback {
            LoopbackChoice::Device(device) => Some(device.clone()),
            LoopbackChoice::Auto | LoopbackChoice::Off => None,
        };
        let mut this = Self {
            pump,
            caps: plan.size.caps(),
            name: plan.name.clone(),
            events,
            orders,
            wanted: kinds.into_iter().filter_map(|(kind, wanted)| wanted.then_some(kind)).collect(),
            opening: Vec::new(),
            open: Vec::new(),
            unseen: None,
            device,
            record: doors.record.clone(),
            microphone: None,
            delay: gst::ClockTime::ZERO,
            retry: None,
            said: Vec::new(),
        };
        this.open_missing();
        this
    }

    /// Makes the sound as late as the picture; false where it was so already.
    pub(super) fn set_delay(&mut self, picture: gst::ClockTime) -> bool {
        if std::mem::replace(&mut self.delay, picture) == picture {
            return false;
        }
        if let Some(microphone) = &self.microphone {
            microphone.set_delay(picture);
        }
        true
    }

    /// What the pictures go into.
    pub(super) fn pump(&self) -> &Pump {
        &self.pump
    }

    /// When something here is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let answers = self.opening.iter().map(|(_, since)| *since + ANSWER);
        answers.chain(self.retry).min()
    }

    /// Whether pictures are wanted at a door of which it cannot be told whether anybody looks.
    pub(super) fn always_seen(&self) -> bool {
        self.open.iter().any(|(kind, _)| !matches!(kind, Kind::PipeWire | Kind::Microphone))
    }

    /// Gives up what does not answer, and opens what should be open and is not.
    pub(super) fn look_round(&mut self) {
        let now = Instant::now();
        let late: Vec<_> =
            self.opening.iter().filter(|(_, since)| *since + ANSWER <= now).map(|(kind, _)| *kind).collect();
        for kind in late {
            self.opening.retain(|(opening, _)| *opening != kind);
            self.fail(kind, self.fault(kind, "it does not answer".to_owned()));
        }
        if self.retry.is_some_and(|retry| retry <= now) {
            self.open_missing();
        }
    }

    fn open_missing(&mut self) {
        self.retry = None;
        for kind in self.wanted.clone() {
            let is_open = self.open.iter().any(|(open, _)| *open == kind);
            if is_open || self.opening.iter().any(|(opening, _)| *opening == kind) {
                continue;
            }
            self.opening.push((kind, Instant::now()));
            let opening = Opening {
                kind,
                caps: self.caps.clone(),
                name: self.name.clone(),
                device: self.device.clone(),
                record: self.record.clone().unwrap_or_default(),
                orders: self.orders.clone(),
            };
            opening.begin();
        }
    }

    /// A way out is open, or cannot be. One that has been given up is closed.
    pub(super) fn opened(&mut self, kind: Kind, opened: Result<Opened, Fault>) {
        let Some(place) = self.opening.iter().position(|(opening, _)| *opening == kind) else { return };
        self.opening.swap_remove(place);
        match opened {
            Ok(Opened { way, place, watch }) => {
                match way {
                    Way::Pictures(door) => self.pump.add(door),
                    Way::Sound(microphone) => {
                        microphone.set_delay(self.delay);
                        self.microphone = Some(microphone);
                    }
                }
                self.open.push((kind, watch));
                self.said.retain(|(said, _)| *said != kind);
                match kind {
                    // There is no node before the first picture.
                    Kind::PipeWire => self.unseen = Some(place),
                    _ => self.events.tell(Event::Opened(kind, place)),
                }
            }
            Err(fault) => self.fail(kind, fault),
        }
    }

    /// Applications find the PipeWire camera.
    pub(super) fn found(&mut self) {
        if let Some(node) = self.unseen.take() {
            self.events.tell(Event::Opened(Kind::PipeWire, node));
        }
    }

    /// A way out has failed, in GStreamer's words.
    pub(super) fn failed(&mut self, kind: Kind, reason: String) {
        if let Some(place) = self.open.iter().position(|(open, _)| *open == kind) {
            drop(self.open.swap_remove(place));
            match kind {
                Kind::Microphone => self.microphone = None,
                _ => drop(self.pump.take(kind)),
            }
            self.fail(kind, self.fault(kind, reason));
        }
    }

    fn fault(&self, kind: Kind, reason: String) -> Fault {
        let path = if kind == Kind::Loopback { &self.device } else { &self.record };
        opening::fault(kind, path.clone().unwrap_or_default(), reason)
    }

    /// A camera's door is tried again; a window, a file or a microphone that is lost is not. What is the matter is said once.
    fn fail(&mut self, kind: Kind, fault: Fault) {
        if matches!(kind, Kind::Preview | Kind::Record | Kind::Microphone) {
            self.wanted.retain(|wanted| *wanted != kind);
        } else {
            self.retry = Some(Instant::now() + PATIENCE);
        }
        let said = (kind, fault);
        if !self.said.contains(&said) {
            self.said.push(said.clone());
            self.events.tell(Event::Closed(kind, Some(said.1)));
        }
    }

    /// Begins a recording, or ends the one that runs.
    pub(super) fn record(&mut self, file: Option<PathBuf>) {
        self.finish_record();
        if file.is_some() {
            self.record = file;
            self.wanted.push(Kind::Record);
            self.open_missing();
        }
    }

    /// Ends a recording so that the file is whole.
    pub(super) fn finish_record(&mut self) {
        self.wanted.retain(|wanted| *wanted != Kind::Record);
        self.opening.retain(|(opening, _)| *opening != Kind::Record);
        if let Some(door) = self.pump.take(Kind::Record) {
            door.finish();
            self.open.retain(|(open, _)| *open != Kind::Record);
            self.events.tell(Event::Closed(Kind::Record, None));
        }
    }
}
