//! How to mend what a machine lacks: one line, with the packages of the distribution that this is.
//!
//! [`part`] is the line for a [`Part`], [`plugin`] and [`element`] name the part that holds a piece of GStreamer, and
//! [`of`] finds the line in an error of any command. `standin doctor` says the same lines for what it finds.

mod distribution;
mod parts;
mod steps;

pub use distribution::Distribution;
pub use parts::Part;
pub(crate) use steps::{Loopback, PipeWire, SESSION, runtime_folder};

use standin::live::{LoadError, PrepareError};
use standin::media::ClipError;
use standin::runtime::RuntimeError;
use standin::swap::GpuEngineError;

/// The line that brings `part` to this machine.
pub fn part(part: Part) -> String {
    Distribution::here().bring(part)
}

/// The line that lets a user open cameras.
pub(crate) const CAMERA_GROUP: &str = "sudo usermod -aG video $USER, then log in again";

/// The line that brings the element `faceswap`.
pub(crate) const FACESWAP: &str =
    "install the package gst-plugin-faceswap, or set GST_PLUGIN_PATH to the folder with libgstfaceswap.so";

/// The line that makes PipeWire answer.
pub fn pipewire() -> String {
    PipeWire::here().line(Distribution::here())
}

/// The line that lets this desktop share its screen.
pub fn screen_portal() -> String {
    let desktop = std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default().to_uppercase();
    let is = |name: &str| desktop.split(':').any(|word| word == name);
    part(match () {
        () if is("GNOME") => Part::PortalGnome,
        () if is("KDE") => Part::PortalKde,
        () => Part::PortalWlr,
    }) + ", then log in again"
}

/// The line that brings a v4l2loopback device.
pub fn loopback() -> String {
    Loopback::here().line(Distribution::here())
}

/// The variable that names ONNX Runtime's library, and lets no other be looked for.
pub(crate) const RUNTIME_VARIABLE: &str = "ORT_DYLIB_PATH";

/// The line that brings ONNX Runtime; fetching helps only where the environment names no library.
pub fn onnxruntime() -> String {
    let named = std::env::var_os(RUNTIME_VARIABLE).is_some_and(|path| !path.is_empty());
    if named { wrong_variable() } else { part(Part::OnnxRuntime) }
}

pub(crate) fn wrong_variable() -> String {
    format!("unset {RUNTIME_VARIABLE}, or set it to a library of ONNX Runtime 1.17 or newer")
}

/// The line that brings a plugin of GStreamer by the plugin's name, such as `pipewire` or `video4linux2`.
pub fn plugin(name: &str) -> String {
    match parts::of_plugin(name) {
        Some(found) => part(found),
        None => format!("install the package that holds GStreamer's plugin `{name}`"),
    }
}

/// The line that brings an element of GStreamer by its name, such as `v4l2src`.
pub fn element(name: &str) -> String {
    match part_of_element(name) {
        Some(found) => part(found),
        None => format!("install the package that holds GStreamer's element `{name}`"),
    }
}

/// The part that holds an element of GStreamer, where it is known.
pub fn part_of_element(name: &str) -> Option<Part> {
    parts::of_element(name)
}

/// The line for an error of any command; `None` where the error is not about the machine.
pub fn of(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(of_cause)
}

/// Enums that pass a cause on as their own (`transparent`) hide it from a chain, so that they are asked by name.
fn of_cause(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let no_runtime = error.is::<RuntimeError>()
        || matches!(error.downcast_ref(), Some(LoadError::Runtime(_)))
        || matches!(error.downcast_ref(), Some(PrepareError::Runtime(_)))
        || matches!(error.downcast_ref(), Some(GpuEngineError::Runtime(_)));
    if no_runtime {
        return Some(onnxruntime());
    }
    match error.downcast_ref() {
        Some(ClipError::GStreamer(error)) => return Some(of_glib(error)),
        Some(ClipError::Decode { reason, .. }) if reason.contains("missing a plug-in") => {
            return Some(part(Part::Libav));
        }
        _ => (),
    }
    if let Some(error) = error.downcast_ref::<gst::glib::Error>() {
        return Some(of_glib(error));
    }
    // Errors of a GPU are sentences.
    error.to_string().starts_with("no adapter was found").then(|| part(Part::Vulkan))
}

fn of_glib(error: &gst::glib::Error) -> String {
    let named = error.message().split_once("no element \"").and_then(|(_, rest)| rest.split_once('"'));
    match named {
        Some((name, _)) if error.matches(gst::ParseError::NoSuchElement) => element(name),
        // The only plugin that is loaded by its file.
        _ if error.kind::<gst::PluginError>().is_some() => FACESWAP.to_owned(),
        _ => part(Part::Base),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_about_the_machine_have_a_line() {
        let missing = || RuntimeError::Missing { cache: String::new(), tried: String::new() };
        let line = onnxruntime();
        assert_eq!(of(&anyhow::Error::from(missing())), Some(line.clone()));
        assert_eq!(of(&anyhow::Error::from(LoadError::from(missing())).context("the model")), Some(line.clone()));
        assert_eq!(of(&anyhow::Error::from(PrepareError::from(missing()))), Some(line));
        assert_eq!(of(&anyhow::anyhow!("no adapter was found; install a Vulkan driver")), Some(part(Part::Vulkan)));
        let named = gst::glib::Error::new(gst::ParseError::NoSuchElement, "no element \"x264enc\"");
        assert_eq!(of(&ClipError::from(named).into()), Some(part(Part::Ugly)));
        let plugin = gst::glib::Error::new(gst::PluginError::Module, "no such symbol");
        assert_eq!(of(&plugin.into()), Some(FACESWAP.to_owned()));
        assert_eq!(of(&anyhow::anyhow!("the file is empty")), None);
    }

    #[test]
    fn what_is_in_no_table_is_named() {
        assert!(plugin("nonesuch").contains("`nonesuch`"));
        assert!(element("nonesuch").contains("`nonesuch`"));
        assert_eq!(plugin("pipewire"), element("pipewiresink"));
    }
}
