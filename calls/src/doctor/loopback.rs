//! v4l2loopback: the kernel's virtual camera.

use std::path::{Path, PathBuf};

use super::Finding;
use super::video_device::VideoDevice;
use crate::mend::{Distribution, Part};

const AREA: &str = "v4l2loopback";

/// What was found of v4l2loopback.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// The kernel has loaded it.
    pub(super) loaded: bool,
    /// There is a module for the kernel that runs.
    pub(super) installed: bool,
    /// Its devices, with the names that applications show.
    pub(super) devices: Vec<(PathBuf, String)>,
}

impl Facts {
    pub(super) fn gather(devices: &[VideoDevice]) -> Self {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let modules = Path::new("/lib/modules").join(release.trim());
        let own = |device: &VideoDevice| {
            let words = device.words.as_ref().ok().filter(|_| device.is_loopback())?;
            Some((device.path.clone(), words.card.clone()))
        };
        Self {
            loaded: Path::new("/sys/module/v4l2loopback").is_dir(),
            // Built into none of the kernel's own folders; `modules.dep` lists every module.
            installed: std::fs::read_to_string(modules.join("modules.dep"))
                .is_ok_and(|list| list.contains("/v4l2loopback.ko")),
            devices: devices.iter().filter_map(own).collect(),
        }
    }

    /// Whether an application would see a camera here.
    pub(super) fn carries(&self) -> bool {
        !self.devices.is_empty()
    }
}

pub(super) fn findings(facts: &Facts, here: Distribution) -> Vec<Finding> {
    if facts.carries() {
        let found = |(path, card): &(PathBuf, String)| Finding::good(AREA, path.display().to_string(), card.clone());
        return facts.devices.iter().map(found).collect();
    }
    let load = "sudo modprobe v4l2loopback exclusive_caps=1 card_label=Standin";
    vec![match (facts.loaded, facts.installed) {
        (true, _) => {
            let mend = format!("sudo modprobe -r v4l2loopback && {load}");
            Finding::note(AREA, "devices", "the module is loaded, and has no device that may be opened", mend)
        }
        (false, true) => Finding::note(AREA, "module", "installed, not loaded", load),
        (false, false) => {
            let detail = "not installed: applications that read /dev/video* only see no camera of Standin's";
            Finding::note(AREA, "module", detail, here.bring(Part::Loopback))
        }
    }]
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
    fn each_step_that_is_missing_has_its_line() {
        let mend = |loaded, installed| {
            let facts = Facts { loaded, installed, devices: Vec::new() };
            findings(&facts, Distribution::Debian)[0].mend.clone().unwrap()
        };
        assert!(mend(true, true).starts_with("sudo modprobe -r"));
        assert!(mend(false, true).starts_with("sudo modprobe v4l2loopback"));
        assert_eq!(
            mend(false, false),
            "sudo apt install v4l2loopback-dkms linux-headers-$(uname -r) && \
             sudo modprobe v4l2loopback exclusive_caps=1 card_label=Standin"
        );
    }
}
