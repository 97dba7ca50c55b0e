//! What `standin webcam` prints.

use std::io::{self, Write};

use gst::glib;
use gst::prelude::*;

use crate::call::{Call, Event, State};
use crate::outlet::Kind;

/// Whose face it is, until when, and the picture's size.
pub(super) fn begin(call: &Call, out: &mut dyn Write) -> io::Result<()> {
    let (consent, size) = (call.consent(), call.size());
    writeln!(out, "face      {}, with consent until {} (UTC)", consent.subject, consent.until)?;
    writeln!(out, "picture   {}x{} at {} frames a second", size.width, size.height, size.rate)?;
    if glib::EnumValue::from_value(&call.element().property_value("on-failure"))
        .is_some_and(|(_, v)| v.nick() == "pass")
    {
        writeln!(out, "warning   on-failure=pass: where the swap fails, the bare face is shown")?;
    }
    out.flush()
}

/// One line for what is worth a line.
pub(super) fn event(event: &Event, out: &mut dyn Write) -> io::Result<()> {
    match event {
        Event::State(state) => writeln!(out, "{}", self::state(state))?,
        Event::Opened(kind, place) => writeln!(out, "{:<9} {}", name(*kind), seen(*kind, place))?,
        Event::Closed(kind, Some(fault)) => writeln!(out, "{:<9} {fault}", name(*kind))?,
        Event::Closed(kind, None) => writeln!(out, "{:<9} closed", name(*kind))?,
        Event::Warning(warning) => writeln!(out, "warning   {warning}")?,
        Event::Latency(latency) => tracing::info!("the picture is {} ms late", latency.mseconds()),
        Event::Statistics(statistics) => tracing::debug!("{statistics}"),
    }
    out.flush()
}

fn state(state: &State) -> String {
    let (word, rest) = match state {
        State::Stopped => ("stopped", String::new()),
        State::Idle => ("idle", "nobody looks: the camera is off".to_owned()),
        State::Starting => ("starting", "the still card is shown".to_owned()),
        State::Swapping => ("swapping", "Ctrl-C ends it".to_owned()),
        State::Waiting(fault) if fault.is_tried_again() => ("waiting", format!("{fault} (tried again)")),
        State::Waiting(fault) => ("waiting", fault.to_string()),
    };
    format!("{word:<9} {rest}").trim_end().to_owned()
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::PipeWire => "pipewire",
        Kind::Loopback => "loopback",
        Kind::Preview => "preview",
        Kind::Record => "record",
        Kind::Microphone => "sound",
    }
}

/// Who sees a door.
fn seen(kind: Kind, place: &str) -> String {
    match kind {
        Kind::PipeWire => format!(
            "node '{place}': for Firefox and Chromium with their PipeWire camera on, OBS, GNOME's and Flatpak applications"
        ),
        Kind::Loopback => {
            format!(
                "{place}: for Zoom, Teams, Discord, browsers as they come, and whatever opens /dev/video; with v4l2loopback older than 0.13 the camera stays on"
            )
        }
        Kind::Preview => format!("{place}: for you"),
        Kind::Microphone => format!("source '{place}': the microphone, as late as the picture"),
        Kind::Record => place.to_owned(),
    }
}
