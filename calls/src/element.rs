//! Finds the element `faceswap`: among GStreamer's own plugins, or beside this program.

use std::path::PathBuf;

use anyhow::{Context, anyhow};

use crate::mend::FACESWAP;

/// The plugin's file, as it is built and installed.
const FILE: &str = if cfg!(target_os = "macos") {
    "libgstfaceswap.dylib"
} else if cfg!(windows) {
    "gstfaceswap.dll"
} else {
    "libgstfaceswap.so"
};

/// Starts GStreamer and makes `faceswap` known: a plugin that GStreamer finds by itself comes first, then the one in
/// this program's own folder. May be called again.
///
/// # Errors
/// GStreamer does not start, or the element is in neither place.
pub fn load() -> anyhow::Result<gst::ElementFactory> {
    gst::init().context("GStreamer does not start")?;
    if let Some(factory) = gst::ElementFactory::find("faceswap") {
        return Ok(factory);
    }
    let file = beside().ok_or_else(|| anyhow!("GStreamer has no element `faceswap`; mend: {FACESWAP}"))?;
    let plugin = gst::Plugin::load_file(&file).with_context(|| format!("{} does not load", file.display()))?;
    gst::Registry::get().add_plugin(&plugin).with_context(|| format!("{} is refused", file.display()))?;
    gst::ElementFactory::find("faceswap").ok_or_else(|| anyhow!("{} has no element `faceswap`", file.display()))
}

/// The plugin beside this program.
fn beside() -> Option<PathBuf> {
    let file = std::env::current_exe().ok()?.parent()?.join(FILE);
    file.is_file().then_some(file)
}
