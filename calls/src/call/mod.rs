//! A call's picture: from an input through `faceswap` to every way out, kept going for as long as the call lasts.
//!
//! ```text
//! input bin -> size and rate -> faceswap -> latest picture -> pump -> doors (PipeWire, v4l2loopback, window, file)
//!              `------- swap line, rebuilt by the keeper ----'          still card in its place where none comes
//! ```
//!
//! Nothing reaches a door but what has left `faceswap`, and the still card.

mod back_off;
mod card_line;
mod doors;
mod event;
mod found;
mod keeper;
mod latest;
mod opening;
mod plan;
mod post;
mod promises;
mod property;
mod pump;
mod screen_share;
mod swap_line;
mod tap;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::Context;
use crossbeam_channel::Receiver;
use gst::prelude::*;
use standin::consent::{Consent, today};
use standin::swap::ModelFile;

pub use event::{Event, Events, State};
pub use plan::{Doors, LoopbackChoice, Plan, Size};
pub(crate) use property::{BARE, Setting, check as check_property};
pub use property::{lets_bare, set as set_property, takes};
pub use tap::{Tap, Taps};

use crate::camera::{Asked, Source};
use crate::fault::Fault;
use found::FoundCamera;
use keeper::{Keeper, Order};
use post::Post;

/// What is wrong with a path that the element cannot be told.
const NO_UTF8: &str = "the model's path is no UTF-8; rename it";

/// Owns everything from the input to the doors. Stops when it goes.
#[derive(Debug)]
pub struct Call {
    plan: Plan,
    element: gst::Element,
    consent: Lent,
    camera: FoundCamera,
    events: Events,
    taps: Taps,
    post: Arc<Post>,
    looks: Arc<AtomicUsize>,
    keeper: Option<JoinHandle<()>>,
}

impl Call {
    /// Checks the plan and the model's consent. Nothing runs yet.
    ///
    /// # Errors
    /// A sentence that says what to mend: no element, a model that cannot be used, a property or value that does not
    /// exist.
    pub fn new(mut plan: Plan) -> anyhow::Result<Self> {
        let factory = crate::element::load()?;
        let consent = consented(&plan.model)?;
        let element = factory.create().build().context("faceswap cannot be made")?;
        for (name, value) in &plan.properties {
            property::set(&element, name, value)?;
            if name.ends_with("::model") {
                consented(Path::new(value))?;
            }
        }
        element.set_property("model", plan.model.to_str().context(NO_UTF8)?);
        let camera = FoundCamera::default();
        camera.set(&plan.source.clone(), plan.fit());
        Ok(Self {
            plan,
            element,
            consent: Lent::of(consent),
            camera,
            events: Events::default(),
            taps: Taps::default(),
            post: Arc::default(),
            looks: Arc::default(),
            keeper: None,
        })
    }

    /// Opens the doors, with the still card, and begins. Does nothing where it runs. A [`Handle::stop`] from before
    /// the first start counts.
    ///
    /// # Errors
    /// No thread can be made.
    pub fn start(&mut self) -> anyhow::Result<()> {
        if self.keeper.as_ref().is_some_and(|keeper| !keeper.is_finished()) {
            return Ok(());
        }
        let keeper = Keeper::new(self, self.post.renew())?;
        let thread = std::thread::Builder::new().name("call".to_owned()).spawn(move || keeper.run());
        self.keeper = Some(thread.context("no thread for the call")?);
        Ok(())
    }

    /// Ends cleanly: a recording is whole, the camera is free. May be started again.
    ///
    /// # Errors
    /// The call had ended by itself, of a defect of this program.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.handle().stop();
        let ended = self.keeper.take().map_or(Ok(()), JoinHandle::join);
        ended.map_err(|panic| Fault::Defect { what: words(panic.as_ref()) }.into())
    }

    /// What tells a call what to do, from any thread.
    pub fn handle(&self) -> Handle {
        Handle { post: Arc::clone(&self.post) }
    }

    /// The element `faceswap`, the same one for as long as the call exists: for its properties. Its state is the
    /// call's.
    pub fn element(&self) -> &gst::Element {
        &self.element
    }

    /// Takes another input, now and whenever it is started again.
    pub fn set_source(&mut self, source: Source) {
        self.plan.source = source.clone();
        self.handle().set_source(source);
    }

    /// Takes another model, now and whenever it is started again. The one before goes on until the new one is loaded.
    ///
    /// # Errors
    /// As [`Self::new`] for the model; the one before stays.
    pub fn set_model(&mut self, model: PathBuf) -> anyhow::Result<()> {
        let consent = consented(&model)?;
        self.element.set_property("model", model.to_str().context(NO_UTF8)?);
        self.consent.set(consent.clone());
        self.plan.model.clone_from(&model);
        self.post.send(Order::Model(model, Box::new(consent)));
        Ok(())
    }

    /// Gives a performer a model of its own, or the element's again.
    ///
    /// # Errors
    /// As [`Self::new`] for the model; the one before stays.
    pub fn set_performer_model(&self, number: u32, model: Option<&Path>) -> anyhow::Result<()> {
        let performer = self.element.dynamic_cast_ref::<gst::ChildProxy>().and_then(|it| it.child_by_index(number));
        let performer = performer.with_context(|| format!("there is no performer {number}"))?;
        if let Some(model) = model {
            consented(model)?;
        }
        let model = model.map(|model| model.to_str().context(NO_UTF8)).transpose()?;
        performer.set_property("model", model);
        Ok(())
    }

    /// What it is to be, with the input and the model of now.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whose face the model gives, and until when.
    pub fn consent(&self) -> Consent {
        self.consent.get()
    }

    /// The camera that the input is, as it was last found, and what it was asked for; `None` where the input is none, or
    /// none has been there yet.
    pub fn camera(&self) -> Option<Asked> {
        self.camera.of(&self.plan.source)
    }

    /// Size and rate of what leaves, the same until the call goes.
    pub fn size(&self) -> Size {
        self.plan.size
    }

    /// What it does now.
    pub fn state(&self) -> State {
        self.events.state()
    }

    /// What happens, in order. Of a reader that is slow the oldest events are lost.
    pub fn events(&self) -> Receiver<Event> {
        self.events.reader()
    }

    /// Pictures before and after the swap, for whoever wants to see them beside the doors.
    pub fn taps(&self) -> &Taps {
        &self.taps
    }

    /// Keeps the call from idling, until the value goes: somebody looks who is at no door.
    pub fn look(&self) -> Look {
        self.looks.fetch_add(1, Ordering::AcqRel);
        let look = Look { looks: Arc::clone(&self.looks), post: Arc::clone(&self.post) };
        look.post.send(Order::Looks);
        look
    }
}

/// The consent of the model of now. A record that is renewed while the call runs counts.
#[derive(Debug, Clone)]
struct Lent(Arc<Mutex<Consent>>);

impl Lent {
    fn of(consent: Consent) -> Self {
        Self(Arc::new(Mutex::new(consent)))
    }

    fn lock(&self) -> MutexGuard<'_, Consent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self) -> Consent {
        self.lock().clone()
    }

    fn set(&self, consent: Consent) {
        *self.lock() = consent;
    }
}

/// The consent of a model that may be used today.
fn consented(model: &Path) -> anyhow::Result<Consent> {
    Ok(ModelFile::open(model)?.consented(today())?.clone())
}

impl Drop for Call {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// What a thread that panicked has said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it does not say why".to_owned())
}

/// Tells a call what to do.
#[derive(Debug, Clone)]
pub struct Handle {
    post: Arc<Post>,
}

impl Handle {
    /// Ends the call cleanly.
    pub fn stop(&self) {
        self.post.stop();
    }

    /// Opens the input again, at once.
    pub fn reconnect(&self) {
        self.post.send(Order::Reconnect);
    }

    /// Takes another input.
    pub fn set_source(&self, source: Source) {
        self.post.send(Order::Source(source));
    }

    /// Begins a recording, or ends the one that runs.
    pub fn record(&self, file: Option<PathBuf>) {
        self.post.send(Order::Record(file));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

    use std::time::{Duration, Instant};

    use super::*;

    const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/ben.dfm");

    fn until(call: &Call, wanted: impl Fn(&State) -> bool) {
        let begun = Instant::now();
        while !wanted(&call.state()) {
            assert!(begun.elapsed() < Duration::from_secs(60), "it stays at {:?}", call.state());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn a_consent_that_ends_in_the_call_ends_the_swap_until_there_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let (model, record) = (folder.path().join("ben.dfm"), folder.path().join("ben.dfm.consent.toml"));
        std::fs::copy(MODEL, &model).unwrap();
        let valid = std::fs::read_to_string(format!("{MODEL}.consent.toml")).unwrap();
        std::fs::write(&record, &valid).unwrap();
        let doors =
            Doors { pipewire: false, loopback: LoopbackChoice::Off, preview: false, record: None, audio: false };
        let plan = Plan {
            source: Source::Description("videotestsrc is-live=true".to_owned()),
            model,
            properties: Vec::new(),
            size: Size { width: 64, height: 64, rate: 15 },
            mirror: false,
            name: String::new(),
            doors,
        };
        let mut call = Call::new(plan).unwrap();
        let lent = call.consent();
        let _look = call.look();
        call.start().unwrap();
        until(&call, |state| *state == State::Swapping);

        // It ends now, in the record and in the call.
        let yesterday = today().yesterday().unwrap();
        let ended = valid.replace(&lent.until.to_string(), &yesterday.to_string());
        let ended = ended.replace(&lent.from.to_string(), &yesterday.to_string());
        std::fs::write(&record, ended).unwrap();
        call.consent.lock().until = yesterday;
        call.post.send(Order::Looks);
        until(&call, |state| matches!(state, State::Waiting(Fault::Consent(_))));
        let State::Waiting(fault) = call.state() else { unreachable!() };
        assert!(fault.to_string().contains(&format!("expired after {yesterday} (UTC); ask them again")), "{fault}");
        // It stays so.
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(call.state(), State::Waiting(fault));

        std::fs::write(&record, &valid).unwrap();
        until(&call, |state| *state == State::Swapping);
        assert_eq!(call.consent().until, lent.until);
        call.stop().unwrap();
    }

    #[test]
    fn a_keeper_that_panicked_is_an_error_with_its_words() {
        let ended = |thread: fn()| {
            let keeper = std::thread::spawn(thread);
            words(keeper.join().unwrap_err().as_ref())
        };
        assert_eq!(ended(|| panic!("as a defect would")), "as a defect would");
        assert_eq!(ended(|| panic!("with {}", 1)), "with 1");
        assert_eq!(ended(|| std::panic::panic_any(1)), "it does not say why");
    }
}

/// Somebody looks: see [`Call::look`].
#[derive(Debug)]
pub struct Look {
    looks: Arc<AtomicUsize>,
    post: Arc<Post>,
}

impl Drop for Look {
    fn drop(&mut self) {
        self.looks.fetch_sub(1, Ordering::AcqRel);
        self.post.send(Order::Looks);
    }
}
