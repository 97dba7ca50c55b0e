//! A screen or a window as the desktop's portal shares it. Its user chooses which in a window of the desktop's, and may
//! end it there at any time.
//!
//! The calls are those of `org.freedesktop.portal.ScreenCast`
//! (<https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.ScreenCast.html>). Each is answered
//! with a request at once, and by the signal `Response` of that request when the user has chosen.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gio::prelude::*;
use gst::glib;
use gst::glib::variant::{ObjectPath, Variant};

use super::Source;
use crate::fault::{Fault, make};

const DESKTOP: &str = "org.freedesktop.portal.Desktop";
const OBJECT: &str = "/org/freedesktop/portal/desktop";
const SCREEN_CAST: &str = "org.freedesktop.portal.ScreenCast";
const REQUEST: &str = "org.freedesktop.portal.Request";
const SESSION: &str = "org.freedesktop.portal.Session";

/// Milliseconds that the portal has for an answer that waits for no user.
const ANSWER: i32 = 10_000;
/// Milliseconds that it has to open what is shared, for which a call waits.
const OPENS: i32 = 2_000;
/// Bits of `AvailableSourceTypes` that are taken: screens and windows.
const SCREENS_AND_WINDOWS: u32 = 0b11;
/// The bit of `AvailableCursorModes` for a pointer in the picture.
const POINTER: u32 = 0b10;
/// Milliseconds after which the picture of a screen on which nothing changes is taken again.
const STILL: i32 = 500;

/// Values by name, as portals take and give them.
type Values = HashMap<String, Variant>;

/// What is shared, as long as its [`Sharing`] is there and the user lets it.
#[derive(Debug, Clone)]
pub struct SharedScreen {
    connection: gio::DBusConnection,
    session: String,
    /// The stream's node in PipeWire.
    node: u32,
    /// The same by its serial number, where the portal tells it.
    serial: Option<u64>,
    /// The way to PipeWire of the source made last. That source's own is a copy of it.
    remote: Arc<Mutex<Option<OwnedFd>>>,
}

impl SharedScreen {
    /// A `pipewiresrc` of it. There is to be one at a time.
    ///
    /// # Errors
    /// [`Fault::NoElement`]; [`Fault::Input`] where it is shared no more, or the portal does not answer.
    pub fn source(&self) -> Result<gst::Element, Fault> {
        let source = make("pipewiresrc")?;
        let remote = self.open_remote()?;
        source.set_property("fd", remote.as_raw_fd());
        match self.serial {
            Some(serial) => source.set_property("target-object", serial.to_string()),
            None => source.set_property("path", self.node.to_string()),
        }
        source.set_property("do-timestamp", true);
        source.set_property("always-copy", true);
        source.set_property("keepalive-time", STILL);
        *self.remote.lock().unwrap_or_else(PoisonError::into_inner) = Some(remote);
        Ok(source)
    }

    fn open_remote(&self) -> Result<OwnedFd, Fault> {
        let failed = |reason: &str| Fault::Input { input: Source::Screen.name(), reason: reason.to_owned() };
        let session = ObjectPath::try_from(self.session.as_str()).map_err(|_| failed(ODD))?;
        let arguments = (session, Values::new()).to_variant();
        let (flags, no_files, none) = (gio::DBusCallFlags::NONE, gio::UnixFDList::NONE, gio::Cancellable::NONE);
        let method = "OpenPipeWireRemote";
        let (_, files) = self
            .connection
            .call_with_unix_fd_list_sync(
                Some(DESKTOP),
                OBJECT,
                SCREEN_CAST,
                method,
                Some(&arguments),
                None,
                flags,
                OPENS,
                no_files,
                none,
            )
            .map_err(|error| failed(&plain(&error)))?;
        files.filter(|files| files.length() > 0).and_then(|files| files.get(0).ok()).ok_or_else(|| failed(ODD))
    }
}

/// A question to the desktop, and what is shared in answer to it. Both end with its value.
#[derive(Debug)]
pub struct Sharing {
    context: glib::MainContext,
    over: Arc<AtomicBool>,
}

impl Sharing {
    /// Asks, in a thread of its own. `told` is called when the user has chosen, and again when that is over: with
    /// [`Fault::ScreenRefused`] where the user wants it so, with [`Fault::NoScreenPortal`] where the desktop never can,
    /// with [`Fault::ScreenLost`] where it cannot now.
    ///
    /// # Errors
    /// No thread can be made.
    pub fn ask(told: impl Fn(Result<SharedScreen, Fault>) + Send + 'static) -> io::Result<Self> {
        let (context, over) = (glib::MainContext::new(), Arc::new(AtomicBool::new(false)));
        let own = (context.clone(), Arc::clone(&over));
        std::thread::Builder::new().name("screen".to_owned()).spawn(move || {
            let (context, over) = own;
            let ended = context.with_thread_default(|| Portal::open(&context, &over)?.share(&told));
            // What heard signals is given back by the context, in this thread.
            while context.iteration(false) {}
            if let Ok(Err(End::Fault(fault))) = ended {
                told(Err(fault));
            }
        })?;
        Ok(Self { context, over })
    }
}

impl Drop for Sharing {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        self.context.wakeup();
    }
}

/// Why nothing is shared any more.
enum End {
    Fault(Fault),
    /// Nobody wants it.
    Unwanted,
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What is wrong with an answer that is none.
const ODD: &str = "it answers with something else than a screen";

/// An error of the bus without the names of its kinds: "GDBus.Error:org.freedesktop.DBus.Error.InvalidArgs: No such
/// interface" begins with them.
fn plain(error: &glib::Error) -> String {
    let message = error.message();
    let name = gio::DBusError::remote_error(error);
    name.and_then(|name| message.split_once(&format!("{name}: "))).map_or(message, |(_, rest)| rest).to_owned()
}

fn lost(reason: impl Into<String>) -> Fault {
    Fault::ScreenLost { reason: reason.into() }
}

/// The portal, or its part for screens, is not there, or takes too long to begin.
fn missing(error: &glib::Error) -> Fault {
    match error.matches(gio::IOErrorEnum::TimedOut) {
        true => lost(plain(error)),
        false => Fault::NoScreenPortal { reason: plain(error) },
    }
}

/// A connection to the session's bus that nobody else has.
fn connect() -> Result<gio::DBusConnection, Fault> {
    let none = gio::Cancellable::NONE;
    let flags = gio::DBusConnectionFlags::AUTHENTICATION_CLIENT | gio::DBusConnectionFlags::MESSAGE_BUS_CONNECTION;
    gio::dbus_address_get_for_bus_sync(gio::BusType::Session, none)
        .and_then(|address| gio::DBusConnection::for_address_sync(&address, flags, None, none))
        .map_err(|error| missing(&error))
}

/// Calls a method of the portal.
fn call(
    connection: &gio::DBusConnection,
    interface: &str,
    method: &str,
    arguments: &Variant,
) -> Result<Variant, glib::Error> {
    let flags = gio::DBusCallFlags::NONE;
    let none = gio::Cancellable::NONE;
    connection.call_sync(Some(DESKTOP), OBJECT, interface, method, Some(arguments), None, flags, ANSWER, none)
}

/// A property of the portal that is a number.
fn number(connection: &gio::DBusConnection, name: &str) -> Result<u32, Fault> {
    let arguments = (SCREEN_CAST, name).to_variant();
    let value =
        call(connection, "org.freedesktop.DBus.Properties", "Get", &arguments).map_err(|error| missing(&error))?;
    value.get::<(Variant,)>().and_then(|(value,)| value.get()).ok_or_else(|| lost(ODD))
}

/// Whether the desktop would share a screen. Asks nobody.
///
/// # Errors
/// [`Fault::NoScreenPortal`], [`Fault::ScreenLost`].
pub fn check() -> Result<(), Fault> {
    number(&connect()?, "AvailableSourceTypes").map(drop)
}

/// The desktop's portal, spoken to by one thread.
struct Portal<'a> {
    connection: gio::DBusConnection,
    context: &'a glib::MainContext,
    over: &'a AtomicBool,
    /// Whether the portal itself has ended.
    gone: Rc<Cell<bool>>,
    _watch: gio::SignalSubscription,
}

impl Drop for Portal<'_> {
    /// The session, and a window that still asks, end with the connection.
    fn drop(&mut self) {
        let _ = self.connection.close_sync(gio::Cancellable::NONE);
    }
}

impl<'a> Portal<'a> {
    fn open(context: &'a glib::MainContext, over: &'a AtomicBool) -> Result<Self, Fault> {
        let connection = connect()?;
        let gone = Rc::new(Cell::new(false));
        let told = Rc::clone(&gone);
        let bus = "org.freedesktop.DBus";
        let watch = connection.subscribe_to_signal(
            Some(bus),
            Some(bus),
            Some("NameOwnerChanged"),
            None,
            Some(DESKTOP),
            gio::DBusSignalFlags::NONE,
            move |signal| {
                let owners = signal.parameters.get::<(String, String, String)>();
                told.set(told.get() || owners.is_some_and(|(_, before, now)| !before.is_empty() && now.is_empty()));
            },
        );
        Ok(Self { connection, context, over, gone, _watch: watch })
    }

    /// Has the user choose, tells what, and stays until that is over.
    fn share(&self, told: &impl Fn(Result<SharedScreen, Fault>)) -> Result<(), End> {
        let mut kinds = vec![(
            "types",
            (number(&self.connection, "AvailableSourceTypes")?.max(1) & SCREENS_AND_WINDOWS).to_variant(),
        )];
        if number(&self.connection, "AvailableCursorModes")? & POINTER != 0 {
            kinds.push(("cursor_mode", POINTER.to_variant()));
        }
        let session =
            self.request("CreateSession", Vec::new(), vec![("session_handle_token", "standin".to_variant())])?;
        let session = session.get("session_handle").and_then(Variant::get::<String>).ok_or_else(|| lost(ODD))?;
        let path = ObjectPath::try_from(session.as_str()).map_err(|_| lost(ODD))?.to_variant();
        self.request("SelectSources", vec![path.clone()], kinds)?;
        let closed = Rc::new(RefCell::new(None));
        let ends = Rc::clone(&closed);
        let _ends = self.hear(SESSION, "Closed", &session, move |_| *ends.borrow_mut() = Some(()));
        let started = self.request("Start", vec![path, "".to_variant()], Vec::new())?;
        let streams = started.get("streams").and_then(Variant::get::<Vec<(u32, Values)>>);
        let (node, properties) = streams.and_then(|streams| streams.into_iter().next()).ok_or_else(|| lost(ODD))?;
        let serial = properties.get("pipewire-serial").and_then(Variant::get::<u64>);
        let connection = self.connection.clone();
        told(Ok(SharedScreen { connection, session, node, serial, remote: Arc::default() }));
        self.wait(&closed)?;
        Err(Fault::ScreenRefused.into())
    }

    fn hear(
        &self,
        interface: &str,
        signal: &str,
        path: &str,
        heard: impl Fn(&Variant) + 'static,
    ) -> gio::SignalSubscription {
        let flags = gio::DBusSignalFlags::NONE;
        self.connection.subscribe_to_signal(
            Some(DESKTOP),
            Some(interface),
            Some(signal),
            Some(path),
            None,
            flags,
            move |signal| heard(signal.parameters),
        )
    }

    /// One request: its method with these arguments and options, and what the answer gives.
    fn request(&self, method: &str, arguments: Vec<Variant>, options: Vec<(&str, Variant)>) -> Result<Values, End> {
        let own = self.connection.unique_name().ok_or_else(|| lost(ODD))?;
        let own = own.trim_start_matches(':').replace('.', "_");
        let token = format!("standin_{method}");
        let answer = Rc::new(RefCell::new(None));
        let to = Rc::clone(&answer);
        let _heard = self.hear(REQUEST, "Response", &format!("{OBJECT}/request/{own}/{token}"), move |response| {
            *to.borrow_mut() = response.get::<(u32, Values)>();
        });
        let token = ("handle_token", token.to_variant());
        let options: Values =
            options.into_iter().chain([token]).map(|(name, value)| (name.to_owned(), value)).collect();
        let arguments = Variant::tuple_from_iter(arguments.into_iter().chain([options.to_variant()]));
        call(&self.connection, SCREEN_CAST, method, &arguments).map_err(|error| lost(plain(&error)))?;
        match self.wait(&answer)? {
            (0, values) => Ok(values),
            (1, _) => Err(Fault::ScreenRefused.into()),
            _ => Err(lost("it has nothing to share").into()),
        }
    }

    /// Hears signals until one of them has set `answer`.
    fn wait<T>(&self, answer: &RefCell<Option<T>>) -> Result<T, End> {
        loop {
            if let Some(answer) = answer.borrow_mut().take() {
                return Ok(answer);
            }
            if self.over.load(Ordering::Acquire) {
                return Err(End::Unwanted);
            }
            if self.gone.get() || self.connection.is_closed() {
                return Err(lost("it has ended").into());
            }
            self.context.iteration(true);
        }
    }
}
