//! The desktop's portal, with a backend in the place of a desktop's own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where distributions put its program.
const PLACES: [&str; 2] = ["/usr/libexec/xdg-desktop-portal", "/usr/lib/xdg-desktop-portal"];

/// Its program; `None` where it is not installed.
pub(crate) fn program() -> Option<&'static str> {
    PLACES.into_iter().find(|place| Path::new(place).is_file())
}

/// Whether a program of that name is to be had.
pub(crate) fn is_installed(name: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|folder| folder.join(name).is_file())
}

/// A program that ends with its value. What it says on standard error is kept.
pub(crate) struct Program {
    child: Child,
    errors: PathBuf,
}

impl Program {
    pub(crate) fn start(command: &mut Command, errors: PathBuf) -> Self {
        let file = std::fs::File::create(&errors).unwrap();
        // A warning of ours is fatal in tests; the desktop's programs have theirs.
        command.env_remove("G_DEBUG");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Self { child, errors }
    }

    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.errors).unwrap()).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the portal with one backend: of this bus name, for this interface. Needs `gdbus`.
pub(crate) fn start(program: &str, folder: &Path, backend: &str, interface: &str) -> Program {
    let words = format!("[portal]\nDBusName={backend}\nInterfaces={interface};\nUseIn=workbench\n");
    std::fs::write(folder.join("workbench.portal"), words).unwrap();
    let environment = [("XDG_DESKTOP_PORTAL_DIR", folder.to_str().unwrap()), ("XDG_CURRENT_DESKTOP", "workbench")];
    let portal = Program::start(Command::new(program).envs(environment).env("HOME", folder), folder.join("portal.log"));
    // The bus starts a portal of its own for whoever asks before this one is there.
    let words = ["wait", "--session", "--timeout", "60", "org.freedesktop.portal.Desktop"];
    assert!(Command::new("gdbus").args(words).status().unwrap().success(), "no portal: {}", portal.said());
    portal
}
