//! One way out: what is pushed into it leaves there.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gst::prelude::*;
use gst_app::AppSrc;

use crate::fault::{self, Fault};

/// Which way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A camera that applications find through PipeWire.
    PipeWire,
    /// A camera that applications open as a device file.
    Loopback,
    /// A window.
    Preview,
    /// A file.
    Record,
    /// The sound, beside the pictures.
    Microphone,
}

/// A running pipeline from an `appsrc` to where the picture leaves. Ends with its value.
#[derive(Debug)]
pub struct Door {
    /// Which.
    pub kind: Kind,
    pipeline: gst::Pipeline,
    entrance: AppSrc,
    /// Whether the pipeline has ended, for who changes its state.
    ended: Arc<Mutex<bool>>,
    /// Since when nothing has left.
    stuck: Cell<Option<Instant>>,
}

/// Pictures that may wait at the entrance.
const WAITING: u64 = 2;
/// How long a door may be stuck.
const STUCK: Duration = Duration::from_secs(1);

impl Door {
    /// A door of these words (from raw video in `caps` on), that runs at once. What its bus has to say goes to `said`.
    ///
    /// # Errors
    /// Why there is none, in GStreamer's words.
    pub fn open(
        kind: Kind,
        words: &str,
        caps: &gst::Caps,
        prepare: impl FnOnce(&gst::Pipeline) -> Result<(), Fault>,
        said: impl Fn(&gst::Message) + Send + Sync + 'static,
    ) -> Result<Self, DoorError> {
        let words = format!("appsrc name=entrance ! {words}");
        let pipeline = gst::parse::launch(&words).map_err(DoorError::Words)?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| DoorError::Gst("no pipeline".to_owned()))?;
        let entrance = pipeline.by_name("entrance").and_then(|element| element.downcast::<AppSrc>().ok());
        let entrance = entrance.ok_or_else(|| DoorError::Gst("no entrance".to_owned()))?;
        entrance.set_caps(Some(caps));
        entrance.set_format(gst::Format::Time);
        entrance.set_is_live(true);
        entrance.set_max_buffers(WAITING);
        entrance.set_max_bytes(0);
        entrance.set_leaky_type(gst_app::AppLeakyType::Downstream);
        prepare(&pipeline).map_err(DoorError::Fault)?;
        // A sink may offer a clock that stands while nobody looks.
        pipeline.use_clock(Some(&gst::SystemClock::obtain()));
        let bus = pipeline.bus().ok_or_else(|| DoorError::Gst("no bus".to_owned()))?;
        bus.set_sync_handler(move |_, message| {
            said(message);
            let ends = matches!(message.type_(), gst::MessageType::Eos | gst::MessageType::Error);
            if ends { gst::BusSyncReply::Pass } else { gst::BusSyncReply::Drop }
        });
        if pipeline.set_state(gst::State::Playing).is_err() {
            let error = bus.pop_filtered(&[gst::MessageType::Error]);
            let reason = match error.as_ref().map(|message| message.view()) {
                Some(gst::MessageView::Error(error)) => error.error().message().to_owned(),
                _ => "it does not start".to_owned(),
            };
            let _ = pipeline.set_state(gst::State::Null);
            return Err(DoorError::Gst(reason));
        }
        Ok(Self { kind, pipeline, entrance, ended: Arc::default(), stuck: Cell::new(None) })
    }

    /// Sends a picture out, which shows what is now. The pixels are shared, not copied. Gives what is to be done next
    /// for a door that is stuck.
    #[must_use]
    pub fn push(&self, picture: &gst::BufferRef) -> Option<Emptying> {
        let mut picture = picture.copy();
        if let Some(picture) = picture.get_mut() {
            picture.set_pts(self.pipeline.current_running_time());
            picture.set_dts(gst::ClockTime::NONE);
            picture.set_duration(gst::ClockTime::NONE);
            picture.unset_flags(gst::BufferFlags::DISCONT);
        }
        let stuck = self.free();
        // A door that no longer takes anything has said so on its bus.
        let _ = self.entrance.push_buffer(picture);
        stuck
    }

    /// A PipeWire camera of which somebody has kept all buffers for a while stands still from then on: the node moves
    /// only when a picture is sent, and buffers come back only when it moves. Paused and resumed, it has its buffers
    /// again.
    fn free(&self) -> Option<Emptying> {
        if self.kind != Kind::PipeWire || self.entrance.current_level_buffers() < WAITING {
            self.stuck.set(None);
            return None;
        }
        let since = self.stuck.get().unwrap_or_else(Instant::now);
        self.stuck.set(Some(since));
        if since.elapsed() > STUCK { self.emptying() } else { None }
    }

    /// Where a recording takes sound in; `None` of other doors, and of one that has no sound.
    pub fn sound(&self) -> Option<AppSrc> {
        self.pipeline.by_name("sound")?.downcast().ok()
    }

    /// What takes back what waits at a PipeWire camera for somebody to look.
    pub fn emptying(&self) -> Option<Emptying> {
        self.stuck.set(None);
        let emptying = Emptying { pipeline: self.pipeline.clone(), ended: Arc::clone(&self.ended) };
        (self.kind == Kind::PipeWire).then_some(emptying)
    }

    /// Lets what is on its way arrive, so that a file is whole; at most five seconds.
    pub fn finish(&self) {
        let Some(bus) = self.pipeline.bus() else { return };
        if let Some(sound) = self.sound() {
            let _ = sound.end_of_stream();
        }
        if let Some(silence) = self.pipeline.by_name("silence") {
            silence.send_event(gst::event::Eos::new());
        }
        if self.entrance.end_of_stream().is_ok() {
            let ends = [gst::MessageType::Eos, gst::MessageType::Error];
            let _ = bus.timed_pop_filtered(gst::ClockTime::from_seconds(5), &ends);
        }
    }
}

/// Pauses and resumes a door. It may take its time, and so holds nothing of the door's up; a door that has ended
/// stays so.
#[derive(Debug)]
pub struct Emptying {
    pipeline: gst::Pipeline,
    ended: Arc<Mutex<bool>>,
}

impl Emptying {
    /// Does it. A door that does not resume says so on its bus, as one that fails does.
    pub fn run(self) {
        let ended = lock(&self.ended);
        if *ended {
            return;
        }
        let paused = self.pipeline.set_state(gst::State::Paused);
        let resumed = paused.and_then(|_| self.pipeline.set_state(gst::State::Playing));
        drop(ended);
        if resumed.is_err() {
            gst::element_error!(self.pipeline, gst::CoreError::StateChange, ("it does not resume"));
        }
    }
}

fn lock(ended: &Mutex<bool>) -> MutexGuard<'_, bool> {
    ended.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Door {
    fn drop(&mut self) {
        let mut ended = lock(&self.ended);
        *ended = true;
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Why a door does not open.
#[derive(Debug)]
pub enum DoorError {
    /// In GStreamer's words.
    Gst(String),
    /// In GStreamer's words about ours.
    Words(gst::glib::Error),
    /// In ours.
    Fault(Fault),
}

impl DoorError {
    /// As a fault: ours, or what `name` makes of GStreamer's words.
    pub fn named(self, name: impl FnOnce(String) -> Fault) -> Fault {
        match self {
            Self::Gst(reason) => name(reason),
            Self::Words(error) => fault::unparsed(&error, name),
            Self::Fault(fault) => fault,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn a_door_that_has_ended_is_not_resumed() {
        gst::init().unwrap();
        let caps = gst::Caps::new_empty_simple("video/x-raw");
        let open = || Door::open(Kind::PipeWire, "fakesink async=false", &caps, |_| Ok(()), |_| {}).unwrap();
        let door = open();
        door.emptying().unwrap().run();
        assert_eq!(door.pipeline.current_state(), gst::State::Playing);
        let (late, pipeline) = (door.emptying().unwrap(), door.pipeline.clone());
        drop(door);
        late.run();
        assert_eq!(pipeline.current_state(), gst::State::Null);
    }
}
