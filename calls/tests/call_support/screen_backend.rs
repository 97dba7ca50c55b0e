//! The backend of a portal that shares screens. In the place of a compositor's screen it shares a node of PipeWire, in
//! that of a window that asks there is an answer that is known.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use gio::prelude::*;
use gst::glib;
use gst::glib::variant::{ObjectPath, Variant};

/// Its name on the bus.
pub(crate) const NAME: &str = "org.freedesktop.impl.portal.desktop.workbench";
/// What it is.
pub(crate) const INTERFACE: &str = "org.freedesktop.impl.portal.ScreenCast";
const SESSION: &str = "org.freedesktop.impl.portal.Session";

const XML: &str = "<node><interface name='org.freedesktop.impl.portal.ScreenCast'>
<method name='CreateSession'><arg type='o' direction='in'/><arg type='o' direction='in'/><arg type='s' direction='in'/>
 <arg type='a{sv}' direction='in'/><arg type='u' direction='out'/><arg type='a{sv}' direction='out'/></method>
<method name='SelectSources'><arg type='o' direction='in'/><arg type='o' direction='in'/><arg type='s' direction='in'/>
 <arg type='a{sv}' direction='in'/><arg type='u' direction='out'/><arg type='a{sv}' direction='out'/></method>
<method name='Start'><arg type='o' direction='in'/><arg type='o' direction='in'/><arg type='s' direction='in'/>
 <arg type='s' direction='in'/><arg type='a{sv}' direction='in'/>
 <arg type='u' direction='out'/><arg type='a{sv}' direction='out'/></method>
<property name='AvailableSourceTypes' type='u' access='read'/><property name='AvailableCursorModes' type='u' access='read'/>
<property name='version' type='u' access='read'/></interface>
<interface name='org.freedesktop.impl.portal.Session'><method name='Close'/><signal name='Closed'/>
<property name='version' type='u' access='read'/></interface></node>";

/// What the user chooses.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Choice {
    /// To share the node of that number.
    Share(u32),
    /// Nothing.
    Refuse,
}

/// Runs until it goes.
pub(crate) struct ScreenBackend {
    run: glib::MainLoop,
    connection: gio::DBusConnection,
    session: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl ScreenBackend {
    pub(crate) fn start(choice: Choice) -> Self {
        let (session, asked) = (Arc::new(Mutex::new(None)), Arc::new(AtomicUsize::new(0)));
        let own = (Arc::clone(&session), Arc::clone(&asked));
        let (ready, is_ready) = channel();
        let thread = std::thread::spawn(move || {
            let context = glib::MainContext::new();
            let run = glib::MainLoop::new(Some(&context), false);
            let serve = || {
                let connection = serve(choice, own);
                let to = ready.clone();
                let (running, shared) = (run.clone(), connection.clone());
                let acquired = move |_, _: &str| drop(to.send((running.clone(), shared.clone())));
                let flags = gio::BusNameOwnerFlags::NONE;
                gio::bus_own_name_on_connection(&connection, NAME, flags, acquired, |_, _| {});
                run.run();
            };
            context.with_thread_default(serve).unwrap();
        });
        let (run, connection) = is_ready.recv().unwrap();
        Self { run, connection, session, asked, thread: Some(thread) }
    }

    /// How often the user was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Acquire)
    }

    /// The user ends what is shared.
    pub(crate) fn end(&self) {
        let session = self.session.lock().unwrap().clone().unwrap();
        self.connection.emit_signal(None, &session, SESSION, "Closed", None).unwrap();
    }
}

impl Drop for ScreenBackend {
    fn drop(&mut self) {
        self.run.quit();
        let _ = self.thread.take().unwrap().join();
    }
}

fn serve(choice: Choice, (session, asked): (Arc<Mutex<Option<String>>>, Arc<AtomicUsize>)) -> gio::DBusConnection {
    let none = gio::Cancellable::NONE;
    let flags = gio::DBusConnectionFlags::AUTHENTICATION_CLIENT | gio::DBusConnectionFlags::MESSAGE_BUS_CONNECTION;
    let address = gio::dbus_address_get_for_bus_sync(gio::BusType::Session, none).unwrap();
    let connection = gio::DBusConnection::for_address_sync(&address, flags, None, none).unwrap();
    let node = gio::DBusNodeInfo::for_xml(XML).unwrap();
    let screens = node.lookup_interface(INTERFACE).unwrap();
    let own = node.lookup_interface(SESSION).unwrap();
    let number = |name: &str| match name {
        "AvailableSourceTypes" => 3_u32.to_variant(),
        "AvailableCursorModes" => 3_u32.to_variant(),
        _ => 4_u32.to_variant(),
    };
    connection
        .register_object("/org/freedesktop/portal/desktop", &screens)
        .property(move |_, _, _, _, name| number(name))
        .method_call(move |connection, _, _, _, method, arguments, invocation| {
            let mut answer = (0_u32, HashMap::<String, Variant>::new());
            match method {
                "CreateSession" => {
                    let path: ObjectPath = arguments.child_value(1).get().unwrap();
                    let closes = connection.register_object(path.as_str(), &own);
                    let closes = closes.property(|_, _, _, _, _| 1_u32.to_variant());
                    closes.method_call(|_, _, _, _, _, _, invocation| invocation.return_value(None)).build().unwrap();
                    *session.lock().unwrap() = Some(path.as_str().to_owned());
                }
                "Start" => {
                    asked.fetch_add(1, Ordering::AcqRel);
                    match choice {
                        Choice::Share(node) => {
                            let streams = vec![(node, HashMap::from([("source_type".to_owned(), 1_u32.to_variant())]))];
                            answer.1.insert("streams".to_owned(), streams.to_variant());
                        }
                        Choice::Refuse => answer.0 = 1,
                    }
                }
                _ => {}
            }
            invocation.return_value(Some(&answer.to_variant()));
        })
        .build()
        .unwrap();
    connection
}
