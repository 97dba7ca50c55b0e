//! `standin panel`: the same camera as `standin webcam`, with a page in the browser that shows and controls it.
//!
//! ```text
//! browser <- server.rs (guard.rs, token.rs, ticket.rs) -> commands.rs -> call::Call, the element
//!    `---- board.rs <- events of the call, values of the element, seconds of statistics
//!    `---- preview.rs <- the call's taps
//! ```
//!
//! The server runs on this machine alone and in a thread that the call knows nothing of.

mod arguments;
mod board;
mod commands;
mod guard;
mod inputs;
mod launch;
mod models;
mod performers;
mod presets;
mod preview;
mod properties;
mod server;
mod ticket;
mod token;

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use anyhow::{Context, anyhow};
use crossbeam_channel::Receiver;
use futures_util::future::select;
use standin::cli::Outcome;

pub use arguments::Arguments;

use crate::call::{Call, Event};
use crate::settings::SettingsFile;
use commands::{Folders, Panel};
use server::Keys;
use ticket::Ticket;
use token::Token;

/// Exit code of a process that a second Ctrl-C ends.
const INTERRUPTED: i32 = 130;
/// How long answers that are on their way have when the panel ends.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Runs until Ctrl-C; the second one ends the process at once.
///
/// # Errors
/// A sentence that says what to mend.
pub fn run(
    arguments: Arguments,
    settings: Result<&SettingsFile, &str>,
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    let token = Token::of_session()?;
    let listener = listen(arguments.port, &token)?;
    let port = listener.local_addr()?.port();
    let model = models::first(&arguments.model)?;
    let call = Call::new(arguments.plan(&model, settings)?)?;
    let (consent, size, events) = (call.consent(), call.size(), call.events());
    let named = if arguments.model.is_empty() { Vec::new() } else { arguments.model.clone() };
    let recordings = arguments.recordings.clone().unwrap_or_else(videos);
    let references = arguments.references.clone().or_else(pictures);
    let folders = Folders { recordings, references };
    let panel = Arc::new(Panel::new(call, named, folders, settings.cloned().map_err(str::to_owned))?);

    let (dirty, changed) = crossbeam_channel::bounded(1);
    // Where it is full, what was set will be seen all the same.
    panel.watch(move || {
        let _ = dirty.try_send(());
    });
    follow(&panel, events, changed)?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let asked = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::AcqRel) {
            // Destructors would run beside threads that live.
            // SAFETY: it ends the process, and touches no memory before.
            unsafe { libc::_exit(INTERRUPTED) };
        }
        stop.send_replace(true);
    })
    .context("Ctrl-C cannot be caught")?;

    let (ticket, once) = Ticket::issue()?;
    let address = format!("http://127.0.0.1:{port}/{}/", token.digits());
    writeln!(out, "face      {}, with consent until {} (UTC)", consent.subject, consent.until)?;
    writeln!(out, "picture   {}x{} at {} frames a second", size.width, size.height, size.rate)?;
    writeln!(out, "page      {address}")?;
    writeln!(out, "          for you alone: it shows the bare face; Ctrl-C ends it")?;
    out.flush()?;
    panel.call.lock().unwrap_or_else(PoisonError::into_inner).start()?;
    if !arguments.no_browser {
        browse(&format!("http://127.0.0.1:{port}/{once}"));
    }
    answer(listener, Keys { port, token, ticket }, &panel, stopped)?;
    panel.call.lock().unwrap_or_else(PoisonError::into_inner).stop()?;
    writeln!(out, "stopped")?;
    Ok(Outcome::Good)
}

/// Answers pages until `stopped` says so.
fn answer(
    listener: TcpListener,
    keys: Keys,
    panel: &Arc<Panel>,
    mut stopped: tokio::sync::watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no server")?;
    let server = Arc::clone(panel);
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let serve = std::pin::pin!(server::serve(listener, keys, server));
        let stop = std::pin::pin!(stopped.wait_for(|stopped| *stopped));
        let _ = select(serve, stop).await;
        anyhow::Ok(())
    })?;
    runtime.shutdown_timeout(LAST_ANSWERS);
    Ok(())
}

/// Listens on this machine alone.
fn listen(port: u16, token: &Token) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse if is_panel(port, token) => anyhow!(
            "a panel runs already: open http://127.0.0.1:{port}/{}/, or end it first; --port 0 takes a free port",
            token.digits()
        ),
        ErrorKind::AddrInUse => {
            anyhow!("port {port} is taken by another program; --port 0 takes a free one, --port N another")
        }
        ErrorKind::PermissionDenied => anyhow!("port {port} may not be taken; choose one above 1023 with --port"),
        _ => anyhow!("port {port} cannot be listened on: {error}; --port 0 takes a free one"),
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Whether it is a panel of this user's that answers there.
fn is_panel(port: u16, token: &Token) -> bool {
    let ask = || -> std::io::Result<bool> {
        let patience = Duration::from_secs(1);
        let mut stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), patience)?;
        stream.set_read_timeout(Some(patience))?;
        let path = token.digits();
        write!(stream, "GET /{path}/icon.svg HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
        let mut begin = [0_u8; 12];
        stream.read_exact(&mut begin)?;
        Ok(begin == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

/// The thread that keeps the board up to date with the call and the element; it ends with the panel.
fn follow(panel: &Arc<Panel>, events: Receiver<Event>, changed: Receiver<()>) -> anyhow::Result<()> {
    let weak: Weak<Panel> = Arc::downgrade(panel);
    let run = move || {
        loop {
            let event = crossbeam_channel::select! {
                recv(events) -> event => Some(event),
                recv(changed) -> _ => None,
            };
            let Some(panel) = weak.upgrade() else { break };
            match event {
                Some(Ok(event)) => {
                    // A consent that was renewed counts from the next start on.
                    let begins = matches!(event, Event::State(_));
                    panel.board.hear(event);
                    if begins {
                        panel.show();
                    }
                }
                Some(Err(_)) => break,
                None => panel.show(),
            }
        }
    };
    let looker = Arc::clone(panel);
    std::thread::Builder::new()
        .name("look".to_owned())
        .spawn(move || looker.look())
        .context("no thread for the page")?;
    std::thread::Builder::new().name("board".to_owned()).spawn(run).context("no thread for the page")?;
    Ok(())
}

/// Shows the page, where there is a desktop to show it on.
fn browse(address: &str) {
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if !desktop {
        return;
    }
    let mut command = Command::new("xdg-open");
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        // Waits for it, so that no dead process stays.
        Ok(mut opener) => drop(std::thread::spawn(move || opener.wait())),
        Err(error) => tracing::debug!("xdg-open: {error}"),
    }
}

/// The user's folder of pictures.
fn pictures() -> Option<PathBuf> {
    gst::glib::user_special_dir(gst::glib::UserDirectory::Pictures)
}

/// The user's folder of videos, else the folder that this runs in.
fn videos() -> PathBuf {
    let folder = gst::glib::user_special_dir(gst::glib::UserDirectory::Videos);
    folder.unwrap_or_else(|| std::env::current_dir().unwrap_or_default())
}
