//! PipeWire, its session manager, the session bus and the portal: the way to a browser.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::{Finding, has_element};
use crate::camera::{portal, screen};
use crate::fault::Fault;
use crate::mend::{self, Distribution, Part, SESSION};
use crate::processes::{is_installed, runs};

const AREA: &str = "PipeWire";
/// What makes a camera there.
pub(super) const ELEMENT: &str = "pipewiresink";

/// What stands behind a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Socket {
    /// Somebody answers, at this path or address.
    Answers(String),
    /// Nobody does: why.
    Dead(String),
}

impl Socket {
    fn at(path: &Path) -> Self {
        match UnixStream::connect(path) {
            Ok(_) => Self::Answers(path.display().to_string()),
            Err(error) => Self::Dead(format!("{}: {error}", path.display())),
        }
    }
}

/// What was found of PipeWire.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// The folder for the sockets of a session.
    pub(super) runtime_folder: Option<PathBuf>,
    /// PipeWire's socket.
    pub(super) server: Socket,
    /// Whether GStreamer has the element that makes a camera there.
    pub(super) element: bool,
    /// Whether its program is installed.
    pub(super) installed: bool,
    /// The session manager that runs.
    pub(super) manager: Option<&'static str>,
    /// The session bus.
    pub(super) bus: Socket,
    /// Whether the portal runs, and whether it is installed.
    pub(super) portal: (bool, bool),
    /// Whether the portal would share the screen, where the desktop has no other way.
    pub(super) screen: Option<Result<(), Fault>>,
}

impl Facts {
    pub(super) fn gather() -> Self {
        let folder = |name| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let runtime_folder = mend::runtime_folder();
        let none = || Socket::Dead("XDG_RUNTIME_DIR names no folder".to_owned());
        let remote = folder("PIPEWIRE_REMOTE").unwrap_or_else(|| "pipewire-0".into());
        let sockets = folder("PIPEWIRE_RUNTIME_DIR").or_else(|| runtime_folder.clone());
        let server = match (remote.is_absolute(), sockets) {
            (true, _) => Socket::at(&remote),
            (false, Some(folder)) => Socket::at(&folder.join(remote)),
            (false, None) => none(),
        };
        let service = "dbus-1/services/org.freedesktop.portal.Desktop.service";
        Self {
            bus: bus(std::env::var("DBUS_SESSION_BUS_ADDRESS").ok().as_deref(), runtime_folder.as_deref()),
            runtime_folder,
            server,
            element: has_element(ELEMENT),
            installed: is_installed("pipewire"),
            manager: ["wireplumber", "pipewire-media-session"].into_iter().find(|name| runs(name)),
            portal: (runs("xdg-desktop-portal"), Path::new("/usr/share").join(service).is_file()),
            screen: screen::is_asked_for().then(portal::check),
        }
    }

    /// The line that starts PipeWire here, or installs it.
    pub(super) fn start(&self, here: Distribution) -> String {
        mend::PipeWire { installed: self.installed, session: self.runtime_folder.is_some() }.line(here)
    }

    /// Whether a camera there would be linked to applications.
    pub(super) fn links(&self) -> bool {
        matches!(self.server, Socket::Answers(_)) && self.manager.is_some()
    }

    /// Whether an application would see a camera here.
    pub(super) fn carries(&self) -> bool {
        self.element && self.links()
    }
}

/// The session bus by its address, else in its usual place.
fn bus(address: Option<&str>, runtime_folder: Option<&Path>) -> Socket {
    let Some(address) = address.filter(|address| !address.is_empty()) else {
        let usual = runtime_folder.map(|folder| Socket::at(&folder.join("bus")));
        return usual.unwrap_or_else(|| Socket::Dead("DBUS_SESSION_BUS_ADDRESS is not set".to_owned()));
    };
    let path = address.split([';', ',']).find_map(|part| part.strip_prefix("unix:path="));
    match path {
        Some(path) => Socket::at(Path::new(path)),
        // Abstract sockets and others are taken at their word.
        None => Socket::Answers(address.to_owned()),
    }
}

pub(super) fn findings(facts: &Facts, here: Distribution) -> Vec<Finding> {
    let mut findings = Vec::new();
    if facts.runtime_folder.is_none() {
        findings.push(Finding::note(AREA, "session", "XDG_RUNTIME_DIR names no folder", SESSION));
    }
    findings.push(match &facts.server {
        Socket::Answers(at) => Finding::good(AREA, "server", at.clone()),
        Socket::Dead(reason) => Finding::note(AREA, "server", format!("does not answer ({reason})"), facts.start(here)),
    });
    findings.push(match facts.manager {
        Some(name) => Finding::good(AREA, "session manager", name),
        None => Finding::note(
            AREA,
            "session manager",
            "none runs: nothing links a camera to an application",
            facts.start(here),
        ),
    });
    findings.push(match &facts.bus {
        Socket::Answers(at) => Finding::good(AREA, "session bus", at.clone()),
        Socket::Dead(reason) => {
            let detail = format!("does not answer ({reason}): no portal");
            Finding::note(AREA, "session bus", detail, here.bring(Part::SessionBus))
        }
    });
    findings.push(match facts.portal {
        (true, _) => Finding::good(AREA, "portal", "xdg-desktop-portal runs"),
        (false, true) => Finding::good(AREA, "portal", "xdg-desktop-portal is installed and starts when it is asked"),
        (false, false) => {
            let detail = "not installed: browsers and Flatpaks see no PipeWire camera";
            Finding::note(AREA, "portal", detail, here.bring(Part::Portal))
        }
    });
    findings.extend(facts.screen.as_ref().map(|screen| match screen {
        Ok(()) => Finding::good(AREA, "screen", "the portal shares it when its user allows it"),
        Err(_) => {
            let detail = "the portal does not share it: no input `screen`";
            Finding::note(AREA, "screen", detail, mend::screen_portal())
        }
    }));
    findings
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;
    use crate::doctor::State;

    pub(crate) fn running() -> Facts {
        Facts {
            runtime_folder: Some("/run/user/1000".into()),
            server: Socket::Answers("/run/user/1000/pipewire-0".to_owned()),
            element: true,
            installed: true,
            manager: Some("wireplumber"),
            bus: Socket::Answers("/run/user/1000/bus".to_owned()),
            portal: (false, true),
            screen: Some(Ok(())),
        }
    }

    pub(crate) fn absent() -> Facts {
        let dead = || Socket::Dead("XDG_RUNTIME_DIR names no folder".to_owned());
        Facts {
            runtime_folder: None,
            server: dead(),
            element: false,
            installed: false,
            manager: None,
            bus: dead(),
            portal: (false, false),
            screen: None,
        }
    }

    #[test]
    fn a_desktop_is_good() {
        assert!(running().carries());
        assert!(findings(&running(), Distribution::Debian).iter().all(|finding| finding.state == State::Good));
    }

    #[test]
    fn a_machine_without_pipewire_is_told_what_to_install() {
        assert!(!absent().carries());
        let found = findings(&absent(), Distribution::Fedora);
        let lines: Vec<_> = found.iter().map(|finding| (finding.what.as_str(), finding.mend.as_deref())).collect();
        assert_eq!(
            lines,
            [
                ("session", Some(SESSION)),
                ("server", Some("sudo dnf install pipewire wireplumber")),
                ("session manager", Some("sudo dnf install pipewire wireplumber")),
                ("session bus", Some("sudo dnf install dbus-daemon")),
                ("portal", Some("sudo dnf install xdg-desktop-portal xdg-desktop-portal-gtk")),
            ]
        );
    }

    #[test]
    fn a_server_that_is_installed_is_started() {
        let facts = Facts { manager: None, ..running() };
        let found = findings(&facts, Distribution::Debian);
        assert!(found[1].mend.as_deref().is_some_and(|mend| mend.starts_with("systemctl --user")), "{found:?}");
    }

    #[test]
    fn sockets_are_tried() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bus");
        assert!(matches!(bus(None, Some(folder.path())), Socket::Dead(_)));
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(matches!(bus(None, Some(folder.path())), Socket::Answers(_)));
        let address = format!("unix:path={},guid=1", path.display());
        assert_eq!(bus(Some(&address), None), Socket::Answers(path.display().to_string()));
        assert!(matches!(bus(None, None), Socket::Dead(_)));
    }
}
