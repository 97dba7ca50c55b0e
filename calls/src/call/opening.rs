//! Opens a way out, in a thread of its own: a display, a sound server or a disk may never answer, and a call goes on
//! without.

use std::io;
use std::path::PathBuf;

use crossbeam_channel::Sender;

use super::keeper::Order;
use crate::fault::Fault;
use crate::outlet::microphone::{self, Microphone};
use crate::outlet::registry::Connection;
use crate::outlet::{Door, Kind, SoundWay, Watch, loopback, loopback_lookers, pipewire, record, window};

/// One try at opening a way out: what is told of it counts for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) kind: Kind,
    /// No two tries of a run have the same.
    pub(super) number: u64,
}

/// What is to be opened.
pub(super) struct Opening {
    pub(super) attempt: Attempt,
    /// Of the pictures.
    pub(super) caps: gst::Caps,
    /// What applications call it.
    pub(super) name: String,
    /// The PipeWire camera's node, where it is made anew.
    pub(super) node: Option<String>,
    /// The v4l2loopback device, where one was named.
    pub(super) device: Option<PathBuf>,
    /// The recording's file.
    pub(super) record: PathBuf,
    /// Whether a recording has the microphone's sound.
    pub(super) heard: bool,
    /// The way between the two.
    pub(super) sound: SoundWay,
    pub(super) orders: Sender<Order>,
}

/// A way out that is open, under what name it is found, and the watch over who looks or listens there.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) way: Way,
    pub(super) place: String,
    pub(super) watch: Option<Watch>,
}

/// What leaves there.
#[derive(Debug)]
pub(super) enum Way {
    Pictures(Door),
    Sound(Microphone),
}

impl Opening {
    /// Begins; the end of it is told as [`Order::Opened`].
    pub(super) fn begin(self) {
        let (attempt, orders) = (self.attempt, self.orders.clone());
        let lost = orders.clone();
        let thread = std::thread::Builder::new().name("opening".to_owned());
        let begun = thread.spawn(move || drop(orders.send(Order::Opened(attempt, self.open()))));
        if let Err(error) = begun {
            let _ = lost.send(Order::Opened(attempt, Err(fault(attempt.kind, PathBuf::new(), error.to_string()))));
        }
    }

    fn open(self) -> Result<Opened, Fault> {
        let said = listener(self.attempt, self.orders.clone());
        let pictures = |door: Door, place: String| Opened { way: Way::Pictures(door), place, watch: None };
        match self.attempt.kind {
            Kind::PipeWire => {
                let connection = connect()?;
                let free = || pipewire::free_name(pipewire::NODE, &connection.registry.names());
                let node = self.node.unwrap_or_else(free);
                let door = pipewire::open(&node, &self.name, &self.caps, said)?;
                let (attempt, orders) = (self.attempt, self.orders);
                let told = move |lookers| drop(orders.send(Order::Lookers(attempt, lookers)));
                let watch = connection.watch(node.clone(), told).map_err(unreachable)?;
                Ok(Opened { watch: Some(watch), ..pictures(door, node) })
            }
            Kind::Loopback => {
                let (device, card) = loopback::choose(self.device.as_deref())?;
                let (attempt, orders) = (self.attempt, self.orders);
                let told = move |lookers| drop(orders.send(Order::Lookers(attempt, Some(lookers))));
                let (watch, flowing) = loopback_lookers::watch(&device, told)
                    .map_err(|error| fault(Kind::Loopback, device.clone(), error.to_string()))?;
                let door = loopback::open(&device, &self.caps, move || flowing.say(), said)?;
                let place = format!("{} ({card})", device.display());
                Ok(Opened { watch: Some(watch), ..pictures(door, place) })
            }
            Kind::Preview => Ok(pictures(window::open(&self.caps, said)?, "a window".to_owned())),
            Kind::Record => {
                let door = record::open(&self.record, &self.caps, self.heard, said)?;
                Ok(pictures(door, self.record.display().to_string()))
            }
            Kind::Microphone => {
                let connection = connect()?;
                let node = pipewire::free_name(microphone::NODE, &connection.registry.names());
                let title = format!("{} microphone", self.name);
                let microphone = Microphone::open(microphone::DEFAULT, &node, &title, self.sound, said)?;
                Ok(Opened { way: Way::Sound(microphone), place: node, watch: None })
            }
        }
    }
}

fn connect() -> Result<Connection, Fault> {
    Connection::open().map_err(unreachable)
}

fn unreachable(error: io::Error) -> Fault {
    Fault::NoPipeWire { reason: error.to_string() }
}

/// What hears a way's errors.
fn listener(attempt: Attempt, orders: Sender<Order>) -> impl Fn(&gst::Message) + Send + Sync + 'static {
    move |message: &gst::Message| {
        if let gst::MessageView::Error(error) = message.view() {
            let _ = orders.send(Order::DoorFailed(attempt, error.error().message().to_owned()));
        }
    }
}

/// What is wrong with a way out, in GStreamer's words; `path` is that of a device or a recording.
pub(super) fn fault(kind: Kind, path: PathBuf, reason: String) -> Fault {
    match kind {
        Kind::PipeWire => Fault::NoPipeWire { reason },
        Kind::Loopback => Fault::Loopback { device: path, reason },
        Kind::Preview => Fault::Preview(reason),
        Kind::Record => Fault::Record { path, reason },
        Kind::Microphone => Fault::Microphone(reason),
    }
}
