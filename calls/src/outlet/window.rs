//! The preview in a window.

use super::{Door, Kind};
use crate::fault::{Fault, make};

/// Opens the window.
///
/// # Errors
/// [`Fault::NoElement`], [`Fault::Preview`].
pub fn open(caps: &gst::Caps, said: impl Fn(&gst::Message) + Send + Sync + 'static) -> Result<Door, Fault> {
    make("autovideosink")?;
    let words = "videoconvert ! autovideosink sync=false";
    Door::open(Kind::Preview, words, caps, |_| Ok(()), said).map_err(|error| error.named(Fault::Preview))
}
