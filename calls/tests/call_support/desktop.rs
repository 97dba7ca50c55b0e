//! D-Bus, PipeWire and WirePlumber in a folder of their own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::portal::is_installed;

/// The environment is the process's, so there is one desktop at a time.
static ONE: Mutex<()> = Mutex::new(());

/// Ends with its value.
pub(crate) struct Desktop {
    folder: tempfile::TempDir,
    daemons: Vec<Child>,
    _one: MutexGuard<'static, ()>,
}

impl Desktop {
    /// Starts the daemons, or says why the test is skipped.
    pub(crate) fn start() -> Option<Self> {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        gst::init().unwrap();
        for program in ["dbus-daemon", "pipewire", "wireplumber"] {
            if !is_installed(program) {
                return skip(&format!("{program} is not installed"));
            }
        }
        if gst::ElementFactory::find("pipewiresink").is_none() {
            return skip("GStreamer has no pipewiresink");
        }
        let folder = tempfile::Builder::new().prefix("standin").tempdir_in("/tmp").unwrap();
        // SAFETY: the lock is held, so no other test of this program runs, and it has no threads that read the
        // environment yet.
        unsafe {
            std::env::set_var("XDG_RUNTIME_DIR", folder.path());
            std::env::set_var("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", folder.path().join("bus").display()));
            std::env::remove_var("PIPEWIRE_RUNTIME_DIR");
            std::env::remove_var("PIPEWIRE_REMOTE");
        }
        let mut desktop = Self { folder, daemons: Vec::new(), _one: one };
        let bus = format!("--address=unix:path={}", desktop.path().join("bus").display());
        desktop.spawn(&["dbus-daemon", "--session", "--nofork", "--nopidfile", &bus]);
        desktop.wait_for("bus");
        desktop.start_pipewire();
        Some(desktop)
    }

    pub(crate) fn start_pipewire(&mut self) {
        self.spawn(&["pipewire"]);
        self.wait_for("pipewire-0");
        self.spawn(&["wireplumber"]);
    }

    /// Starts PipeWire's sound server, which programs find as PulseAudio's, or says why the test is skipped.
    pub(crate) fn start_sound(&mut self) -> Option<()> {
        if gst::ElementFactory::find("pulsesrc").is_none() {
            return skip("GStreamer has no pulsesrc");
        }
        let settings = self.path().join("sound.conf");
        let modules = ["protocol-native", "client-node", "adapter", "metadata", "protocol-pulse"];
        let modules = modules.map(|name| format!("{{ name = libpipewire-module-{name} }}")).join("\n");
        let libraries = "audio.convert.* = audioconvert/libspa-audioconvert\nsupport.* = support/libspa-support";
        let text = format!(
            "context.spa-libs = {{\n{libraries}\n}}\ncontext.modules = [\n{modules}\n]\n\
             pulse.properties = {{ server.address = [ \"unix:native\" ] }}\n"
        );
        std::fs::write(&settings, text).unwrap();
        self.spawn(&["pipewire", "-c", settings.to_str().unwrap()]);
        let begun = Instant::now();
        while !self.path().join("pulse/native").exists() {
            if self.daemons.last_mut().unwrap().try_wait().unwrap().is_some() {
                return skip("PipeWire has no libpipewire-module-protocol-pulse");
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "the sound server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(())
    }

    /// Ends PipeWire and its session manager.
    pub(crate) fn stop_pipewire(&mut self) {
        for mut daemon in self.daemons.drain(1..).rev() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        for socket in ["pipewire-0", "pipewire-0.lock", "pipewire-0-manager", "pipewire-0-manager.lock"] {
            let _ = std::fs::remove_file(self.path().join(socket));
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn spawn(&mut self, words: &[&str]) {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // A warning of ours is fatal in tests; the desktop's programs, and what the bus starts, have theirs.
        command.env_remove("G_DEBUG");
        command.env("HOME", self.path()).env("XDG_STATE_HOME", self.path().join("state"));
        self.daemons.push(command.spawn().unwrap());
    }

    fn wait_for(&self, socket: &str) {
        let (path, begun): (PathBuf, _) = (self.path().join(socket), Instant::now());
        while !path.exists() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{} does not appear", path.display());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skip<T>(why: &str) -> Option<T> {
    eprintln!("skipped: {why}");
    None
}
