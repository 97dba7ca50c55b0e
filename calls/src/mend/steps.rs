//! Lines that depend on which steps are done already.

use std::path::{Path, PathBuf};

use super::{Distribution, Part};
use crate::processes::is_installed;

/// Brings the folder for a session's sockets.
pub(crate) const SESSION: &str = "log in as the user who calls, or: export XDG_RUNTIME_DIR=/run/user/$(id -u)";

/// How far PipeWire is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PipeWire {
    /// Whether its program is installed.
    pub(crate) installed: bool,
    /// Whether there is a folder for a session's sockets.
    pub(crate) session: bool,
}

impl PipeWire {
    pub(crate) fn here() -> Self {
        Self { installed: is_installed("pipewire"), session: runtime_folder().is_some() }
    }

    /// The next step.
    pub(crate) fn line(self, here: Distribution) -> String {
        match (self.installed, self.session) {
            (false, _) => here.bring(Part::PipeWire),
            (true, false) => SESSION.to_owned(),
            (true, true) => "systemctl --user enable --now pipewire.socket wireplumber.service".to_owned(),
        }
    }
}

/// `XDG_RUNTIME_DIR`, where it names a folder.
pub(crate) fn runtime_folder() -> Option<PathBuf> {
    std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir())
}

/// How far v4l2loopback is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Loopback {
    /// The kernel has loaded it.
    pub(crate) loaded: bool,
    /// There is a module for the kernel that runs.
    pub(crate) installed: bool,
}

impl Loopback {
    pub(crate) fn here() -> Self {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let modules = Path::new("/lib/modules").join(release.trim());
        Self {
            loaded: Path::new("/sys/module/v4l2loopback").is_dir(),
            // Built into none of the kernel's own folders; `modules.dep` lists every module.
            installed: std::fs::read_to_string(modules.join("modules.dep"))
                .is_ok_and(|list| list.contains("/v4l2loopback.ko")),
        }
    }

    /// The next step.
    pub(crate) fn line(self, here: Distribution) -> String {
        match (self.loaded, self.installed) {
            (true, _) => format!("sudo modprobe -r v4l2loopback && {LOAD}"),
            (false, true) => LOAD.to_owned(),
            (false, false) => here.bring(Part::Loopback),
        }
    }
}

/// Loads v4l2loopback, so that browsers take its device for a camera.
pub(super) const LOAD: &str = "sudo modprobe v4l2loopback exclusive_caps=1 card_label=Standin";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_that_is_missing_has_its_line() {
        let loopback = |loaded, installed| Loopback { loaded, installed }.line(Distribution::Debian);
        assert_eq!(loopback(true, true), format!("sudo modprobe -r v4l2loopback && {LOAD}"));
        assert_eq!(loopback(false, true), LOAD);
        let install = "sudo apt install v4l2loopback-dkms linux-headers-$(uname -r)";
        assert_eq!(loopback(false, false), format!("{install} && {LOAD}"));
        let pipewire = |installed, session| PipeWire { installed, session }.line(Distribution::Arch);
        assert_eq!(pipewire(false, false), "sudo pacman -S --needed pipewire wireplumber");
        assert!(pipewire(true, false).contains("XDG_RUNTIME_DIR") && pipewire(true, true).starts_with("systemctl"));
    }
}
