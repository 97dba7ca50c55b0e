//! The thread that keeps a call going: opens the input when somebody looks, closes it when nobody does, and opens it
//! again when it fails.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use standin::consent::{Consent, today};

use super::back_off::BackOff;
use super::card_line::on_card;
use super::doors::Doors;
use super::event::{Event, Events, State};
use super::found::FoundCamera;
use super::latest::Latest;
use super::opening::{Attempt, Opened};
use super::plan::Plan;
use super::post::Post;
use super::promises::Promises;
use super::pump::Pump;
use super::screen_share::ScreenShare;
use super::swap_line::{Said, SwapLine};
use super::{Call, Lent, Taps, consented};
use crate::camera::portal::SharedScreen;
use crate::camera::{Input, Source, screen};
use crate::fault::Fault;
use crate::still_card;

/// How long nobody must look before the input is closed.
const GRACE: Duration = Duration::from_secs(3);
/// How long an input may give nothing.
const SILENCE: Duration = Duration::from_secs(6);
/// How long an input must go well before its next failure counts as the first.
const WELL: Duration = Duration::from_secs(5);

/// What the keeper is told.
#[derive(Debug)]
pub(super) enum Order {
    /// The line of that number has something to say.
    Line(u64, Said),
    /// What the user shares of the screen, in answer to the question of that number, or why nothing is shared any more.
    Screen(u64, Result<SharedScreen, Fault>),
    /// A way out failed, in GStreamer's words.
    DoorFailed(Attempt, String),
    /// So many look at a camera; `None`: PipeWire is gone.
    Lookers(Attempt, Option<usize>),
    /// A way out is open, or cannot be.
    Opened(Attempt, Result<Opened, Fault>),
    /// [`Call::look`] was called, or a look ended.
    Looks,
    /// [`super::Handle::reconnect`].
    Reconnect,
    /// [`super::Handle::set_source`].
    Source(Source),
    /// The model, and with it the consent, is another from now on: [`super::Call::set_model`].
    Model(PathBuf, Box<Consent>),
    /// [`super::Handle::record`].
    Record(Option<PathBuf>),
    /// [`super::Handle::stop`].
    Stop,
}

/// Says that the call has stopped, however its thread ends.
struct Ending(Events);

impl Drop for Ending {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let words = "the call has ended by a defect of Standin; start it again, and report what was printed";
            self.0.tell(Event::Warning(words.to_owned()));
        }
        self.0.enter(State::Stopped);
    }
}

/// The state of the thread.
pub(super) struct Keeper {
    plan: Plan,
    element: gst::Element,
    consent: Lent,
    camera: FoundCamera,
    taps: Taps,
    events: Events,
    orders: Sender<Order>,
    inbox: Receiver<Order>,
    post: Arc<Post>,
    looks: Arc<AtomicUsize>,
    latest: Arc<Latest>,
    doors: Doors,
    share: ScreenShare,
    promises: Promises,
    line: Option<SwapLine>,
    /// Number of the last line, so that what one says that is gone is not heard.
    number: u64,
    back_off: BackOff,
    retry: Option<Instant>,
    /// Since when nobody looks.
    unseen: Option<Instant>,
    /// When the line was opened.
    opened: Instant,
    /// When a picture was last seen to come in, and how many had.
    heard: (Instant, u64),
}

impl Keeper {
    /// Draws the card and begins to open the doors.
    pub(super) fn new(call: &Call, (orders, inbox): (Sender<Order>, Receiver<Order>)) -> anyhow::Result<Self> {
        let (plan, subject) = (call.plan.clone(), call.consent.get().subject);
        let latest = Arc::new(Latest::default());
        let card = still_card::draw(plan.size.width, plan.size.height, &subject, "starting");
        let pump = Pump::start(Arc::clone(&latest), card).context("no thread for the pictures")?;
        let doors = Doors::open(&plan, pump, call.events.clone(), orders.clone());
        Ok(Self {
            plan,
            element: call.element.clone(),
            consent: call.consent.clone(),
            camera: call.camera.clone(),
            taps: call.taps.clone(),
            events: call.events.clone(),
            orders,
            inbox,
            post: Arc::clone(&call.post),
            looks: Arc::clone(&call.looks),
            latest,
            doors,
            share: ScreenShare::default(),
            promises: Promises::default(),
            line: None,
            number: 0,
            back_off: BackOff::default(),
            retry: Some(Instant::now()),
            unseen: Some(Instant::now()),
            opened: Instant::now(),
            heard: (Instant::now(), 0),
        })
    }

    /// Until it is told to stop.
    pub(super) fn run(mut self) {
        let _ending = Ending(self.events.clone());
        self.events.enter(State::Starting);
        while !self.post.is_stopped() {
            self.look_round();
            let now = Instant::now();
            let order = match self.due() {
                Some(due) => self.inbox.recv_timeout(due.saturating_duration_since(now)),
                None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match order {
                Err(RecvTimeoutError::Disconnected) => break,
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        // The last picture of a recording is the call's, not the card.
        self.doors.finish_record();
        self.line = None;
        let Self { doors, inbox, .. } = self;
        drop(doors);
        // A way out that opens from now on finds nobody, and closes.
        drop(inbox);
    }

    /// When to look round without an order.
    fn due(&self) -> Option<Instant> {
        let silence = self.line.as_ref().map(|_| self.heard.0 + SILENCE);
        let idle = self.unseen.filter(|_| self.line.is_some()).map(|since| since + GRACE);
        let retry = self.retry.filter(|_| self.is_seen() || self.never_opened());
        let consent = self.line.as_ref().and_then(|_| self.consent_ends());
        [self.doors.due(), silence, idle, retry, consent].into_iter().flatten().min()
    }

    /// When the consent ends, by the clock of now.
    fn consent_ends(&self) -> Option<Instant> {
        let left = self.consent.lock().expires().duration_since(SystemTime::now()).unwrap_or_default();
        Instant::now().checked_add(left)
    }

    /// Why the model may be used no more, where its consent has ended.
    fn consent_fault(&self) -> Option<Fault> {
        let consent = self.consent.lock();
        let ended = consent.expires() <= SystemTime::now();
        let fault = consent.check(&consent.model_sha256, today()).err().filter(|_| ended)?;
        Some(Fault::Consent(fault.to_string()))
    }

    /// Whether anybody may see the picture.
    fn is_seen(&self) -> bool {
        self.doors.is_seen() || self.looks.load(Ordering::Acquire) > 0
    }

    /// The input is opened once even where nobody looks, so that a fault is said before the call.
    fn never_opened(&self) -> bool {
        self.number == 0
    }

    fn look_round(&mut self) {
        let now = Instant::now();
        self.doors.look_round();
        let seen = self.is_seen();
        self.doors.pump().set_wanted(seen || self.doors.is_awaited());
        self.unseen = if seen { None } else { self.unseen.or(Some(now)) };
        match &self.line {
            Some(line) => {
                let arrived = line.arrived();
                if arrived != self.heard.1 || line.is_held() {
                    self.heard = (now, arrived);
                }
                if self.unseen.is_some_and(|since| since + GRACE <= now) {
                    self.close();
                    self.retry = Some(now);
                    self.doors.pump().empty();
                    self.say("starting");
                    self.events.enter(State::Idle);
                } else if let Some(fault) = self.consent_fault() {
                    self.fail(fault);
                } else if self.heard.0 + SILENCE <= now {
                    let source = &self.plan.source;
                    self.fail(Fault::Silent { input: source.name(), mend: source.mend_of_silence() });
                }
            }
            None if self.retry.is_some_and(|due| due <= now) && (seen || self.never_opened()) => self.open(),
            None => {}
        }
    }

    fn open(&mut self) {
        self.retry = None;
        self.number += 1;
        let (number, orders, events) = (self.number, self.orders.clone(), self.events.clone());
        let said = move |said| match said {
            Said::Event(event) => events.tell(event),
            said => drop(orders.send(Order::Line(number, said))),
        };
        if !matches!(self.events.state(), State::Waiting(_)) {
            self.events.enter(State::Starting);
        }
        self.opened = Instant::now();
        self.heard = (self.opened, 0);
        if let Some(fault) = self.consent_fault() {
            // There may be a new record.
            match consented(&self.plan.model) {
                Ok(consent) => self.consent.set(consent),
                Err(_) => return self.fail(fault),
            }
        }
        let input = match self.share.screen() {
            Some(screen) => screen::shared(screen),
            None if self.plan.source == Source::Screen && screen::is_asked_for() => {
                self.say(on_card(&Fault::ScreenAsked));
                let asked = self.share.ask(self.number, self.orders.clone());
                return self.events.enter(State::Waiting(asked));
            }
            None => self.plan.source.open(self.plan.size.into(), self.promises.broken()),
        };
        let line = input.and_then(|Input { bin, camera }| {
            self.promises.ask(camera.as_ref().and_then(|asked| asked.format.clone()));
            self.camera.set(&self.plan.source, camera);
            SwapLine::open(&bin, &self.plan, &self.element, &self.latest, &self.taps, said)
        });
        match line {
            Ok(line) => self.line = Some(line),
            Err(fault) => self.fail(fault),
        }
    }

    fn close(&mut self) {
        self.promises.close();
        self.line = None;
        self.latest.clear();
    }

    /// The input is closed, the card shown, and the next try set.
    fn fail(&mut self, fault: Fault) {
        let gave = self.line.as_ref().is_some_and(|line| line.arrived() > 0);
        let fault = self.promises.fail(fault, gave);
        self.close();
        if self.opened.elapsed() > WELL {
            self.back_off.reset();
        }
        self.retry = (!fault.is_users()).then(|| Instant::now() + self.back_off.next());
        self.say(on_card(&fault));
        self.events.enter(State::Waiting(fault));
    }

    /// Puts a line on the card.
    fn say(&self, line: &str) {
        let size = self.plan.size;
        self.doors.pump().set_card(still_card::draw(size.width, size.height, &self.consent.get().subject, line));
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Line(number, said) if number == self.number && self.line.is_some() => self.hear(said),
            Order::Line(..) | Order::Looks | Order::Stop => {}
            Order::Screen(number, answer) => match self.share.answer(number, answer) {
                Some(Ok(())) => self.reopen(),
                Some(Err(fault)) => self.fail(fault),
                None => {}
            },
            Order::Opened(attempt, opened) => self.doors.opened(attempt, opened),
            Order::DoorFailed(attempt, reason) => self.doors.failed(attempt, reason),
            Order::Lookers(attempt, Some(lookers)) => self.doors.count(attempt, lookers),
            Order::Lookers(attempt, None) => self.doors.failed(attempt, "its daemon has ended".to_owned()),
            Order::Reconnect => self.begin_anew(),
            Order::Source(source) => {
                self.plan.source = source;
                self.begin_anew();
            }
            Order::Model(model, consent) => {
                // The record of the one before may have been read again meanwhile.
                self.consent.set(*consent);
                self.plan.model = model;
                match self.events.state() {
                    State::Waiting(Fault::Consent(_)) => self.reopen(),
                    // The subject's name is another.
                    State::Waiting(fault) => self.say(on_card(&fault)),
                    _ => self.say("starting"),
                }
            }
            Order::Record(file) => self.doors.record(file),
        }
    }

    fn reopen(&mut self) {
        self.close();
        self.back_off.reset();
        self.retry = Some(Instant::now());
        self.say("starting");
        self.events.enter(if self.is_seen() { State::Starting } else { State::Idle });
    }

    /// As if the input had never been opened.
    fn begin_anew(&mut self) {
        self.reopen();
        (self.promises, self.share) = (Promises::default(), ScreenShare::default());
    }

    fn hear(&mut self, said: Said) {
        match said {
            Said::Shown => self.events.enter(State::Swapping),
            Said::Failed(fault) => self.fail(fault),
            Said::Ended => {
                let again = self.plan.source.loops() && self.line.as_ref().is_some_and(SwapLine::rewind);
                if !again {
                    self.fail(Fault::Ended { input: self.plan.source.name() });
                }
            }
            Said::Latency => {
                if let Some(latency) = self.line.as_ref().and_then(SwapLine::latency)
                    && self.doors.set_delay(latency)
                {
                    self.events.tell(Event::Latency(latency));
                }
            }
            Said::Event(event) => self.events.tell(event),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "the test is of one")]

    use super::*;

    #[test]
    fn a_thread_that_panics_has_stopped() {
        let events = Events::default();
        let ending = Ending(events.clone());
        events.enter(State::Starting);
        let thread = std::thread::spawn(move || {
            let _ending = ending;
            panic!("as a defect would");
        });
        assert!(thread.join().is_err());
        assert_eq!(events.state(), State::Stopped);
        assert!(matches!(events.reader().try_iter().last(), Some(Event::State(State::Stopped))));
    }
}
