//! The element `faceswap`.
//!
//! ```text
//! gst-launch-1.0 filesrc location=in.mp4 ! decodebin ! faceswap model=ben.dfm ! videoconvert ! autovideosink
//! ```

mod buffer;
mod category;
mod delivery;
mod imp;
mod intake;
mod messages;
mod performer;
mod performers;
mod preparation;
mod properties;
mod provenance;
mod session;

use gst::glib;
use gst::prelude::*;

glib::wrapper! {
    /// Replaces faces in raw video, in place, with those that a model makes of them.
    pub struct FaceSwap(ObjectSubclass<imp::FaceSwap>) @extends gst::Element, gst::Object, @implements gst::ChildProxy;
}

/// Makes the element known. Its rank is none: it is used by name.
pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    provenance::register();
    gst::Element::register(Some(plugin), "faceswap", gst::Rank::NONE, FaceSwap::static_type())
}
