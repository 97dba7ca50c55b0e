//! Opens the ways out, closes one that failed, and opens it again.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::back_off::BackOff;
use super::event::{Event, Events};
use super::keeper::Order;
use super::opening::{self, Attempt, Opened, Opening, Way};
use super::plan::{LoopbackChoice, Plan};
use super::pump::Pump;
use crate::fault::Fault;
use crate::outlet::microphone::Microphone;
use crate::outlet::{Kind, SoundWay, Watch, pipewire};

/// How long a way out may take to open.
const ANSWER: Duration = Duration::from_secs(8);

/// A way out that is open.
#[derive(Debug)]
struct Open {
    attempt: Attempt,
    /// How many look there; `None` where that cannot be told.
    lookers: Option<usize>,
    /// Whether anybody has.
    was_seen: bool,
    /// What tells it.
    _watch: Option<Watch>,
}

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
    /// How often a way out was tried.
    attempts: u64,
    /// Which are being opened, and since when.
    opening: Vec<(Attempt, Instant)>,
    /// What went wrong meanwhile with those that are being opened.
    broken: Vec<(Attempt, String)>,
    open: Vec<Open>,
    /// The node of a PipeWire camera that is open, and since when, until applications find it.
    unannounced: Option<(String, Instant)>,
    /// The node that was told to be open.
    announced: Option<String>,
    device: Option<PathBuf>,
    record: Option<PathBuf>,
    microphone: Option<Microphone>,
    /// From the microphone to the recording.
    sound: SoundWay,
    /// How late the sound is.
    delay: gst::ClockTime,
    back_off: BackOff,
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
            attempts: 0,
            opening: Vec::new(),
            broken: Vec::new(),
            open: Vec::new(),
            unannounced: None,
            announced: None,
            device,
            record: doors.record.clone(),
            microphone: None,
            sound: SoundWay::default(),
            delay: gst::ClockTime::ZERO,
            back_off: BackOff::default(),
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
        self.sound.set_delay(picture);
        true
    }

    /// What the pictures go into.
    pub(super) fn pump(&self) -> &Pump {
        &self.pump
    }

    /// When something here is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let opening = self.opening.iter().map(|(_, since)| *since);
        let answers = opening.chain(self.unannounced.as_ref().map(|(_, since)| *since)).map(|since| since + ANSWER);
        answers.chain(self.retry).min()
    }

    /// Whether anybody may see the picture: where it cannot be told, somebody may.
    pub(super) fn is_seen(&self) -> bool {
        let shows = |open: &&Open| open.attempt.kind != Kind::Microphone;
        self.open.iter().filter(shows).any(|open| open.lookers != Some(0))
    }

    /// So many look at what this try opened.
    pub(super) fn count(&mut self, attempt: Attempt, lookers: usize) {
        let Some(open) = self.open.iter_mut().find(|open| open.attempt == attempt) else { return };
        open.lookers = Some(lookers);
        open.was_seen |= lookers > 0;
        if attempt.kind == Kind::PipeWire {
            self.announce();
        }
    }

    /// Gives up what does not answer, and opens what should be open and is not.
    pub(super) fn look_round(&mut self) {
        let now = Instant::now();
        let late: Vec<_> =
            self.opening.iter().filter(|(_, since)| *since + ANSWER <= now).map(|(attempt, _)| *attempt).collect();
        for attempt in late {
            self.opening.retain(|(opening, _)| *opening != attempt);
            self.fail(attempt.kind, self.fault(attempt.kind, "it does not answer".to_owned()));
        }
        if self.unannounced.as_ref().is_some_and(|(_, since)| *since + ANSWER <= now)
            && let Some(open) = self.open.iter().find(|open| open.attempt.kind == Kind::PipeWire)
        {
            self.failed(open.attempt, "its camera does not appear".to_owned());
        }
        if self.retry.is_some_and(|retry| retry <= now) {
            self.open_missing();
        }
    }

    fn open_missing(&mut self) {
        self.retry = None;
        for kind in self.wanted.clone() {
            let is_open = self.open.iter().any(|open| open.attempt.kind == kind);
            if is_open || self.opening.iter().any(|(opening, _)| opening.kind == kind) {
                continue;
            }
            self.attempts += 1;
            let attempt = Attempt { kind, number: self.attempts };
            self.opening.push((attempt, Instant::now()));
            let opening = Opening {
                attempt,
                caps: self.caps.clone(),
                name: self.name.clone(),
                node: self.announced.clone(),
                device: self.device.clone(),
                record: self.record.clone().unwrap_or_default(),
                heard: self.wanted.contains(&Kind::Microphone),
                sound: self.sound.clone(),
                orders: self.orders.clone(),
            };
            opening.begin();
        }
    }

    /// A way out is open, or cannot be. One that has been given up is closed.
    pub(super) fn opened(&mut self, attempt: Attempt, opened: Result<Opened, Fault>) {
        let broken = self.broken.iter().position(|(broken, _)| *broken == attempt);
        let broken = broken.map(|place| self.broken.swap_remove(place).1);
        let Some(place) = self.opening.iter().position(|(opening, _)| *opening == attempt) else { return };
        let kind = attempt.kind;
        self.opening.swap_remove(place);
        match (opened, broken) {
            (Ok(_), Some(reason)) => self.fail(kind, self.fault(kind, reason)),
            (Ok(Opened { way, place, watch }), None) => {
                match way {
                    Way::Pictures(door) => {
                        if kind == Kind::Record {
                            self.sound.lead_to(door.sound());
                        }
                        self.pump.add(door);
                    }
                    Way::Sound(microphone) => {
                        microphone.set_delay(self.delay);
                        self.microphone = Some(microphone);
                    }
                }
                // Applications find a node before one can look at it.
                let lookers = (kind == Kind::PipeWire).then_some(0);
                self.open.push(Open { attempt, lookers, was_seen: false, _watch: watch });
                self.back_off.reset();
                self.said.retain(|(said, _)| *said != kind);
                match kind {
                    Kind::PipeWire => self.unannounced = Some((place, Instant::now())),
                    _ => self.events.tell(Event::Opened(kind, place)),
                }
            }
            (Err(fault), _) => self.fail(kind, fault),
        }
    }

    /// Whether the PipeWire camera is open and applications do not find it yet: there is no node before the first picture.
    pub(super) fn is_awaited(&self) -> bool {
        self.unannounced.is_some()
    }

    /// Applications find the PipeWire camera.
    fn announce(&mut self) {
        if let Some((node, _)) = self.unannounced.take()
            && self.announced.replace(node.clone()).as_ref() != Some(&node)
        {
            self.events.tell(Event::Opened(Kind::PipeWire, node));
        }
    }

    /// Whether what this try opened is open.
    #[cfg(test)]
    fn is_open(&self, attempt: Attempt) -> bool {
        self.open.iter().any(|open| open.attempt == attempt)
    }

    /// A way out has failed, in GStreamer's words. One that fails before it is told to be open will not be.
    pub(super) fn failed(&mut self, attempt: Attempt, reason: String) {
        if self.opening.iter().any(|(opening, _)| *opening == attempt) {
            self.broken.push((attempt, reason));
        } else if let Some(place) = self.open.iter().position(|open| open.attempt == attempt) {
            let kind = attempt.kind;
            let was_seen = self.open.swap_remove(place).was_seen;
            match kind {
                Kind::Microphone => self.microphone = None,
                Kind::Record => {
                    self.sound.lead_to(None);
                    drop(self.pump.take(kind));
                }
                _ => drop(self.pump.take(kind)),
            }
            if kind == Kind::PipeWire && was_seen && pipewire::is_looker_gone(&reason) {
                self.retry = Some(Instant::now());
            } else {
                self.fail(kind, self.fault(kind, reason));
            }
        }
    }

    fn fault(&self, kind: Kind, reason: String) -> Fault {
        let path = if kind == Kind::Loopback { &self.device } else { &self.record };
        opening::fault(kind, path.clone().unwrap_or_default(), reason)
    }

    /// A camera's door is tried again; a window, a file or a microphone that is lost is not. What is the matter is
    /// said once.
    fn fail(&mut self, kind: Kind, fault: Fault) {
        if kind == Kind::PipeWire {
            (self.unannounced, self.announced) = (None, None);
        }
        if matches!(kind, Kind::Preview | Kind::Record | Kind::Microphone) {
            self.wanted.retain(|wanted| *wanted != kind);
        } else {
            self.retry = Some(Instant::now() + self.back_off.next());
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
        self.opening.retain(|(opening, _)| opening.kind != Kind::Record);
        self.sound.lead_to(None);
        if let Some(door) = self.pump.take(Kind::Record) {
            door.finish();
            self.open.retain(|open| open.attempt.kind != Kind::Record);
            self.events.tell(Event::Closed(Kind::Record, None));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use std::sync::Arc;

    use super::*;
    use crate::call::{Doors as Wanted, Size};
    use crate::camera::Source;
    use crate::outlet::Door;

    const SIZE: Size = Size { width: 64, height: 64, rate: 30 };

    /// A call's, without a way out.
    fn doors() -> Doors {
        gst::init().unwrap();
        let wanted =
            Wanted { pipewire: false, loopback: LoopbackChoice::Off, preview: false, record: None, audio: false };
        let plan = Plan {
            source: Source::Test,
            model: PathBuf::new(),
            properties: Vec::new(),
            size: SIZE,
            mirror: false,
            name: String::new(),
            doors: wanted,
        };
        let pump = Pump::start(Arc::default(), gst::Buffer::new()).unwrap();
        Doors::open(&plan, pump, Events::default(), crossbeam_channel::unbounded().0)
    }

    fn opened() -> Result<Opened, Fault> {
        let door = Door::open(Kind::Preview, "fakesink", &SIZE.caps(), |_| Ok(()), |_| {}).unwrap();
        Ok(Opened { way: Way::Pictures(door), place: String::new(), watch: None })
    }

    #[test]
    fn an_answer_counts_for_its_own_try_alone() {
        let mut doors = doors();
        let attempt = |number| Attempt { kind: Kind::Preview, number };
        doors.opening.push((attempt(2), Instant::now()));
        doors.opened(attempt(1), opened());
        assert!(!doors.is_open(attempt(1)) && doors.opening.len() == 1, "the first try was given up");
        doors.opened(attempt(2), opened());
        assert!(doors.is_open(attempt(2)) && doors.opening.is_empty());
        doors.failed(attempt(1), "late".to_owned());
        assert!(doors.is_open(attempt(2)), "another try's failure closes nothing");
        doors.failed(attempt(2), "now".to_owned());
        assert!(!doors.is_open(attempt(2)));
    }

    #[test]
    fn a_node_that_ends_with_who_looked_is_made_anew_without_a_word() {
        let mut doors = doors();
        let events = doors.events.reader();
        let attempt = |number| Attempt { kind: Kind::PipeWire, number };
        for number in 1..3 {
            doors.opening.push((attempt(number), Instant::now()));
            let place = "standin".to_owned();
            doors.opened(attempt(number), opened().map(|opened| Opened { place, ..opened }));
            assert!(doors.is_awaited() && !doors.is_seen());
            doors.count(attempt(number), 1);
            assert!(!doors.is_awaited() && doors.is_seen());
            doors.failed(attempt(number), "all buffers have been removed".to_owned());
            assert!(!doors.is_seen() && doors.retry.is_some_and(|retry| retry <= Instant::now()));
        }
        let told: Vec<_> = events.try_iter().collect();
        assert!(matches!(&told[..], [Event::Opened(Kind::PipeWire, node)] if node == "standin"), "{told:?}");
    }

    #[test]
    fn what_fails_before_it_is_open_is_not_opened() {
        let mut doors = doors();
        let attempt = Attempt { kind: Kind::PipeWire, number: 1 };
        doors.opening.push((attempt, Instant::now()));
        doors.failed(attempt, "gone".to_owned());
        doors.opened(attempt, opened());
        assert!(!doors.is_open(attempt) && doors.opening.is_empty() && doors.broken.is_empty());
        assert!(doors.retry.is_some(), "it is tried again");
        assert_eq!(doors.said, [(Kind::PipeWire, Fault::NoPipeWire { reason: "gone".to_owned() })]);
        // What opening itself says comes first.
        let attempt = Attempt { kind: Kind::Loopback, number: 2 };
        doors.opening.push((attempt, Instant::now()));
        doors.failed(attempt, "not negotiated".to_owned());
        doors.opened(attempt, Err(Fault::NoLoopback));
        assert_eq!(doors.said.last(), Some(&(Kind::Loopback, Fault::NoLoopback)));
    }
}
