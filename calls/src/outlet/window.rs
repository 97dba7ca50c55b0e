//! The preview in a window.

use super::{Door, Kind};
use crate::fault::{Fault, make};

/// Opens the window.
///
/// # Errors
/// [`Fault::NoElement`], [`Fault::Preview`].
pub fn open(caps: &gst::Caps, said: impl Fn(&gst::Message) + Send + Sync + 'static) -> Result<Door, Fault> {
    if ["DISPLAY", "WAYLAND_DISPLAY"].iter().all(|display| std::env::var_os(display).is_none_or(|name| name.is_empty()))
    {
        return Err(Fault::Preview("neither DISPLAY nor WAYLAND_DISPLAY is set".to_owned()));
    }
    make("autovideosink")?;
    let words = "videoconvert ! autovideosink sync=false";
    Door::open(Kind::Preview, words, caps, |_| Ok(()), said).map_err(|error| error.named(Fault::Preview))
}
