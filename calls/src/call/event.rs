//! What a call tells: its state, and what happens, over a bounded channel.

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::fault::Fault;
use crate::outlet::Kind;

/// Events that may wait for a reader.
const WAITING: usize = 128;

/// What a call does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It has not begun, or has ended.
    Stopped,
    /// Nobody looks: nothing is worked on and the camera is free.
    Idle,
    /// The input and the model are being opened; the card is shown.
    Starting,
    /// What `faceswap` gives is shown.
    Swapping,
    /// The input failed; the card is shown, and it is tried again, unless that is for the user to decide.
    Waiting(Fault),
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// It does something else now.
    State(State),
    /// A way out is open; under what name it is found there.
    Opened(Kind, String),
    /// A way out is closed; why.
    Closed(Kind, Option<Fault>),
    /// How late the picture leaves `faceswap`, by GStreamer's latency query.
    Latency(gst::ClockTime),
    /// The element's statistics of a second.
    Statistics(gst::Structure),
    /// What the element warns of.
    Warning(String),
}

/// Where events go; clones are of the same channel.
#[derive(Debug, Clone)]
pub struct Events {
    to: Sender<Event>,
    from: Receiver<Event>,
    state: Arc<Mutex<State>>,
}

impl Default for Events {
    fn default() -> Self {
        let (to, from) = crossbeam_channel::bounded(WAITING);
        Self { to, from, state: Arc::new(Mutex::new(State::Stopped)) }
    }
}

impl Events {
    /// The state of now.
    pub(super) fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where they are read; each event once, whoever reads.
    pub(super) fn reader(&self) -> Receiver<Event> {
        self.from.clone()
    }

    /// Tells a state, where it is another.
    pub(super) fn enter(&self, state: State) {
        let mut now = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *now != state {
            now.clone_from(&state);
            drop(now);
            self.tell(Event::State(state));
        }
    }

    /// Tells an event; where nobody has read for long, instead of the oldest.
    pub(super) fn tell(&self, event: Event) {
        let mut event = event;
        while let Err(TrySendError::Full(back)) = self.to.try_send(event) {
            let _ = self.from.try_recv();
            event = back;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn a_state_is_told_once_and_the_newest_events_are_kept() {
        let events = Events::default();
        events.enter(State::Idle);
        events.enter(State::Idle);
        assert_eq!((events.reader().len(), events.state()), (1, State::Idle));
        for number in 0..WAITING * 2 {
            events.tell(Event::Warning(number.to_string()));
        }
        assert_eq!(events.reader().len(), WAITING);
        assert!(matches!(events.reader().try_iter().last().unwrap(), Event::Warning(last) if last == "255"));
    }
}
