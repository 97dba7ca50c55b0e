//! Opens the ways out, closes one that failed, and opens it again.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::event::{Event, Events};
use super::keeper::Order;
use super::plan::{LoopbackChoice, Plan};
use super::pump::Pump;
use crate::fault::Fault;
use crate::outlet::microphone::{self, Microphone};
use crate::outlet::registry::{Connection, Watch};
use crate::outlet::{Door, Kind, loopback, pipewire, record, window};

/// From one try at a camera's door to the next.
const PATIENCE: Duration = Duration::from_secs(5);

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
    open: Vec<Kind>,
    device: Option<PathBuf>,
    record: Option<PathBuf>,
    microphone: Option<Microphone>,
    /// The node's name, once there was one.
    node: String,
    /// The watch over who looks at the PipeWire camera.
    watch: Option<Watch>,
    retry: Option<Instant>,
    said: Vec<Fault>,
}

impl Doors {
    /// Opens what the plan names.
    pub(super) fn open(plan: &Plan, pump: Pump, events: Events, orders: Sender<Order>) -> Self {
        let doors = &plan.doors;
        let mut wanted = Vec::new();
        let kinds = [
            (Kind::PipeWire, doors.pipewire),
            (Kind::Loopback, doors.loopback != LoopbackChoice::Off),
            (Kind::Preview, doors.preview),
            (Kind::Record, doors.record.is_some()),
        ];
        wanted.extend(kinds.iter().filter(|(_, wanted)| *wanted).map(|(kind, _)| *kind));
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
            wanted,
            open: Vec::new(),
            device,
            record: doors.record.clone(),
            microphone: None,
            node: pipewire::NODE.to_owned(),
            watch: None,
            retry: None,
            said: Vec::new(),
        };
        this.open_missing();
        if doors.audio {
            this.open_microphone();
        }
        this
    }

    fn open_microphone(&mut self) {
        let (node, title) = (format!("{}-microphone", self.node), format!("{} microphone", self.name));
        match Microphone::open(microphone::DEFAULT, &node, &title, self.listener(Kind::Microphone)) {
            Ok(microphone) => {
                self.microphone = Some(microphone);
                self.events.tell(Event::Opened(Kind::Microphone, node));
            }
            Err(fault) => self.fail(Kind::Microphone, fault),
        }
    }

    /// Makes the sound as late as the picture.
    pub(super) fn set_delay(&self, picture: gst::ClockTime) {
        if let Some(microphone) = &self.microphone {
            microphone.set_delay(picture);
        }
    }

    /// Listens to the microphone or not.
    pub(super) fn listen(&self, listen: bool) {
        if let Some(microphone) = &self.microphone {
            microphone.listen(listen);
        }
    }

    /// What hears a door's errors.
    fn listener(&self, kind: Kind) -> impl Fn(&gst::Message) + Send + Sync + 'static {
        let orders = self.orders.clone();
        move |message: &gst::Message| {
            if let gst::MessageView::Error(error) = message.view() {
                let _ = orders.try_send(Order::DoorFailed(kind, error.error().message().to_owned()));
            }
        }
    }

    /// What the pictures go into.
    pub(super) fn pump(&self) -> &Pump {
        &self.pump
    }

    /// When something here is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.retry
    }

    /// Whether pictures are wanted at a door of which it cannot be told whether anybody looks.
    pub(super) fn always_seen(&self) -> bool {
        self.open.iter().any(|kind| *kind != Kind::PipeWire || self.watch.is_none())
    }

    /// Opens what should be open and is not.
    pub(super) fn open_missing(&mut self) {
        self.retry = None;
        for kind in self.wanted.clone() {
            if self.open.contains(&kind) {
                continue;
            }
            match self.open_one(kind) {
                Ok((door, place)) => {
                    self.pump.add(door);
                    self.open.push(kind);
                    self.said.clear();
                    self.events.tell(Event::Opened(kind, place));
                }
                Err(fault) => self.fail(kind, fault),
            }
        }
    }

    fn open_one(&mut self, kind: Kind) -> Result<(Door, String), Fault> {
        let said = self.listener(kind);
        match kind {
            Kind::PipeWire => {
                let unreachable = |error: io::Error| Fault::NoPipeWire { reason: error.to_string() };
                let connection = Connection::open().map_err(unreachable)?;
                let node = pipewire::free_name(&connection.registry.names());
                let door = pipewire::open(&node, &self.name, &self.caps, said)?;
                let orders = self.orders.clone();
                let told = move |lookers| drop(orders.try_send(Order::Lookers(lookers)));
                self.watch = Some(connection.watch(node.clone(), told).map_err(unreachable)?);
                self.node.clone_from(&node);
                Ok((door, node))
            }
            Kind::Loopback => {
                let device = loopback::choose(&loopback::devices(), self.device.as_deref())?;
                let door = loopback::open(&device.path, &self.caps, said)?;
                Ok((door, format!("{} ({})", device.path.display(), device.card)))
            }
            Kind::Preview => Ok((window::open(&self.caps, said)?, "a window".to_owned())),
            Kind::Record => {
                let path = self.record.clone().unwrap_or_default();
                Ok((record::open(&path, &self.caps, said)?, path.display().to_string()))
            }
            Kind::Microphone => Err(Fault::Microphone("it is no door for pictures".to_owned())),
        }
    }

    /// A door has failed, in GStreamer's words.
    pub(super) fn failed(&mut self, kind: Kind, reason: String) {
        let heard = kind == Kind::Microphone && self.microphone.take().is_some();
        if !self.open.contains(&kind) && !heard {
            return;
        }
        let fault = match kind {
            Kind::PipeWire => Fault::NoPipeWire { reason },
            Kind::Loopback => Fault::Loopback { device: self.device.clone().unwrap_or_default(), reason },
            Kind::Preview => Fault::Preview(reason),
            Kind::Record => Fault::Record { path: self.record.clone().unwrap_or_default(), reason },
            Kind::Microphone => Fault::Microphone(reason),
        };
        self.close(kind);
        self.fail(kind, fault);
    }

    /// A camera's door is tried again; a window or a file that its user lost is not. What is the matter is said once.
    fn fail(&mut self, kind: Kind, fault: Fault) {
        if matches!(kind, Kind::Preview | Kind::Record | Kind::Microphone) {
            self.wanted.retain(|wanted| *wanted != kind);
        } else {
            self.retry = Some(Instant::now() + PATIENCE);
        }
        if !self.said.contains(&fault) {
            self.said.push(fault.clone());
            self.events.tell(Event::Closed(kind, Some(fault)));
        }
    }

    fn close(&mut self, kind: Kind) {
        self.open.retain(|open| *open != kind);
        if kind == Kind::PipeWire {
            self.watch = None;
        }
        drop(self.pump.take(kind));
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
        if let Some(door) = self.pump.take(Kind::Record) {
            door.finish();
            self.open.retain(|open| *open != Kind::Record);
            self.events.tell(Event::Closed(Kind::Record, None));
        }
    }
}
