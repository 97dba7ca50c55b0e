//! v4l2loopback: the kernel's virtual camera.

use std::path::PathBuf;

use super::{Finding, has_element};
use crate::mend::{Distribution, Loopback};
use crate::video_device::VideoDevice;

const AREA: &str = "v4l2loopback";

/// What was found of v4l2loopback.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// How far it is.
    pub(super) module: Loopback,
    /// Whether GStreamer has the element that writes to one, and one can be written to or is being written to, by any
    /// program: while one writes, a device with `exclusive_caps=1` says that it can be read and nothing else.
    pub(super) usable: bool,
    /// Its devices, with the names that applications show.
    pub(super) devices: Vec<(PathBuf, String)>,
}

impl Facts {
    pub(super) fn gather(devices: &[VideoDevice]) -> Self {
        let own = |device: &VideoDevice| {
            let words = device.words.as_ref().ok().filter(|_| device.is_loopback())?;
            let taken = if words.output { "" } else { " (a program writes to it)" };
            Some((device.path.clone(), format!("{}{taken}", words.card)))
        };
        let output =
            devices.iter().filter(|device| device.is_loopback()).filter_map(|device| device.words.as_ref().ok());
        let usable = has_element("v4l2sink") && output.into_iter().any(|words| words.output || words.capture);
        Self { module: Loopback::here(), usable, devices: devices.iter().filter_map(own).collect() }
    }

    /// Whether an application would see a camera here.
    pub(super) fn carries(&self) -> bool {
        self.usable && !self.devices.is_empty()
    }
}

pub(super) fn findings(facts: &Facts, here: Distribution) -> Vec<Finding> {
    if !facts.devices.is_empty() {
        let found = |(path, card): &(PathBuf, String)| Finding::good(AREA, path.display().to_string(), card.clone());
        return facts.devices.iter().map(found).collect();
    }
    let (what, detail) = match (facts.module.loaded, facts.module.installed) {
        (true, _) => ("devices", "the module is loaded, and has no device that may be opened"),
        (false, true) => ("module", "installed, not loaded"),
        (false, false) => {
            ("module", "not installed: applications that read /dev/video* only see no camera of Standin's")
        }
    };
    vec![Finding::note(AREA, what, detail, facts.module.line(here))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_device_is_good() {
        let facts = Facts { devices: vec![("/dev/video9".into(), "Standin".to_owned())], ..Facts::default() };
        let found = findings(&facts, Distribution::Debian);
        assert_eq!((found[0].state, found[0].what.as_str()), (State::Good, "/dev/video9"));
    }

    #[test]
    fn no_device_is_a_note_with_its_line() {
        let found = findings(&Facts::default(), Distribution::Debian);
        assert_eq!((found[0].state, found[0].what.as_str()), (State::Note, "module"));
        assert!(found[0].mend.as_deref().is_some_and(|mend| mend.starts_with("sudo apt install v4l2loopback-dkms")));
    }
}
