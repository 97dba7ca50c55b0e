//! The screen: through the desktop's portal on Wayland, which asks its user, and straight from X11.

use super::portal::SharedScreen;
use super::source::{self, Input, Source};
use crate::fault::{Fault, make};

/// Whether this desktop gives its screen through its portal alone.
pub fn is_asked_for() -> bool {
    has("WAYLAND_DISPLAY")
}

/// Whether there is a desktop at all.
pub fn is_there() -> bool {
    is_asked_for() || has("DISPLAY")
}

fn has(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// Opens what the user shares.
///
/// # Errors
/// [`Fault::NoElement`]; [`Fault::Input`] where it is shared no more.
pub fn shared(screen: &SharedScreen) -> Result<Input, Fault> {
    let failed = |reason: String| Fault::Input { input: Source::Screen.name(), reason };
    let bin = source::from_element(&screen.source()?, "video/x-raw", "identity", failed)?;
    Ok(Input { bin: Source::Screen.limited(bin), camera: None })
}

/// The bin of X11's screen.
///
/// # Errors
/// [`Fault::NoScreen`] where there is no desktop, [`Fault::ScreenAsked`] where the portal is to be asked.
pub(super) fn of_x11() -> Result<gst::Bin, Fault> {
    if is_asked_for() {
        return Err(Fault::ScreenAsked);
    }
    if !is_there() {
        return Err(Fault::NoScreen);
    }
    make("ximagesrc")?;
    source::parse("ximagesrc use-damage=false", |reason| Fault::Input { input: Source::Screen.name(), reason })
}
