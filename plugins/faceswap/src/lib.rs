//! GStreamer element `faceswap`: real-time, consented face replacement.
//!
//! Glue only: what it does is in the crate `standin`. As a plugin, `gst-launch-1.0` finds it through
//! `GST_PLUGIN_PATH`; a Rust program may link it and call [`plugin_register_static`] instead.

#![allow(missing_docs, reason = "what plugin_define! makes has none")]

mod faceswap;

use gst::glib;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    faceswap::register(plugin)
}

gst::plugin_define!(
    faceswap,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
    "MIT/X11",
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_REPOSITORY"),
    env!("BUILD_REL_DATE")
);
