//! What pictures are taken from, and the bin that delivers them in real time as plain pixels.

use std::path::{Path, PathBuf};

use gst::prelude::*;

use super::{Camera, Coding, Format, Wanted, probe};
use crate::fault::{self, Fault, make};

/// What pictures are taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A camera by its name, its device file, or `auto`.
    Camera(String),
    /// A clip, played again and again in real time.
    File(PathBuf),
    /// What GStreamer can open: rtsp, srt, http and others.
    Uri(String),
    /// The screen.
    Screen,
    /// A clip that comes with this program, or a moving ball.
    Test,
    /// The words of a `gst-launch-1.0` line up to where the picture leaves.
    Description(String),
}

/// Where the clip of [`Source::Test`] lies: installed, or beside the sources that this program was built from.
const CLIPS: [&str; 2] = ["../share/standin/ada.mp4", "../../examples/media/ada.mp4"];

impl Source {
    /// From the words of a user: `screen`, `test`, a URI, `gst:` and a description, else a file.
    pub fn parse(text: &str) -> Self {
        match text {
            "screen" => Self::Screen,
            "test" => Self::Test,
            _ if text.starts_with("/dev/video") => Self::Camera(text.to_owned()),
            _ => match text.strip_prefix("gst:") {
                Some(description) => Self::Description(description.to_owned()),
                None if text.contains("://") => Self::Uri(text.to_owned()),
                None => Self::File(PathBuf::from(text)),
            },
        }
    }

    /// Its name for people.
    pub fn name(&self) -> String {
        match self {
            Self::Camera(name) if name == "auto" => "the camera".to_owned(),
            Self::Camera(name) => format!("camera '{name}'"),
            Self::File(path) => path.display().to_string(),
            Self::Uri(uri) => public(uri),
            Self::Screen => "the screen".to_owned(),
            Self::Test => "the test clip".to_owned(),
            Self::Description(_) => "the described input".to_owned(),
        }
    }

    /// A text that may name the input, without what only its owner is to know.
    pub(crate) fn redact(&self, text: &str) -> String {
        let Self::Uri(uri) = self else { return text.to_owned() };
        let text = text.replace(uri, &public(uri));
        match secrets(uri) {
            (Some(user), _) if !user.is_empty() => text.replace(&format!("{user}@"), ""),
            _ => text,
        }
    }

    /// Whether it is played again from its beginning when it ends.
    pub fn loops(&self) -> bool {
        matches!(self, Self::File(_)) || (*self == Self::Test && test_clip().is_some())
    }

    /// The bin that delivers `video/x-raw` on its pad `src`.
    ///
    /// # Errors
    /// Why there is none now.
    pub fn bin(&self, wanted: Wanted) -> Result<gst::Bin, Fault> {
        match self {
            Self::Camera(name) => from_camera(&probe::find(name)?, wanted),
            Self::File(path) => from_file(path),
            Self::Uri(uri) => self.described(&from_uri(uri)),
            Self::Screen => from_screen(self),
            Self::Test => match test_clip() {
                Some(clip) => from_file(&clip),
                None => self.described("videotestsrc is-live=true pattern=ball"),
            },
            Self::Description(description) => self.described(description),
        }
    }

    fn described(&self, description: &str) -> Result<gst::Bin, Fault> {
        parse(description, |reason| Fault::Input { input: self.name(), reason: self.redact(&reason) })
    }
}

/// Who asks (user and password), and the rest of an address between scheme and query.
fn secrets(uri: &str) -> (Option<&str>, &str) {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let host = rest.split('/').next().unwrap_or_default();
    match host.rsplit_once('@') {
        Some((user, _)) => (Some(user), &rest[user.len() + 1..]),
        None => (None, rest),
    }
}

/// Scheme, host and path: a query may hold a key, as SRT's passphrase.
fn public(uri: &str) -> String {
    let scheme = uri.split_once("://").map_or("", |(scheme, _)| scheme);
    format!("{scheme}://{}", secrets(uri).1)
}

/// Size and rate of what a camera would be asked for now; `None` where the input is none, or none is there.
pub fn size(source: &Source, wanted: Wanted) -> Option<Format> {
    match source {
        Source::Camera(name) => probe::find(name).ok().and_then(|camera| probe::ask(&camera, wanted)),
        _ => None,
    }
}

pub(crate) fn test_clip() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok()?.parent()?.to_owned();
    CLIPS.iter().map(|clip| beside.join(clip)).find(|clip| clip.is_file())
}

/// A bin of these words, whose last open source pad is `src`.
fn parse(description: &str, failed: impl Fn(String) -> Fault) -> Result<gst::Bin, Fault> {
    let queue = "queue name=leaves leaky=downstream max-size-buffers=2 max-size-bytes=0 max-size-time=0";
    let bin = gst::parse::bin_from_description(&format!("{description} ! {queue}"), false);
    let bin = bin.map_err(|error| fault::unparsed(&error, &failed))?;
    let leaves = bin
        .by_name("leaves")
        .and_then(|queue| queue.static_pad("src"))
        .ok_or_else(|| failed("it has no end".to_owned()))?;
    let pad =
        gst::GhostPad::builder_with_target(&leaves).map_err(|error| failed(error.to_string()))?.name("src").build();
    bin.add_pad(&pad).map_err(|error| failed(error.to_string()))?;
    Ok(bin)
}

fn from_camera(camera: &Camera, wanted: Wanted) -> Result<gst::Bin, Fault> {
    let format = probe::ask(camera, wanted);
    let decoder = match format.as_ref().map(|format| &format.coding) {
        Some(Coding::Jpeg) => "jpegdec",
        Some(Coding::H264) => "decodebin",
        _ => "identity",
    };
    let caps = format.as_ref().map_or_else(|| "video/x-raw".to_owned(), |format| probe::caps(format).to_string());
    let failed = |reason: String| Fault::Input { input: camera.name.clone(), reason };
    let bin = parse(&format!("capsfilter name=first caps=\"{}\" ! {decoder}", caps.replace('"', "\\\"")), failed)?;
    let (element, first) = (camera.element()?, bin.by_name("first"));
    let linked = bin.add(&element).is_ok() && first.is_some_and(|first| element.link(&first).is_ok());
    if linked { Ok(bin) } else { Err(failed("its source does not link".to_owned())) }
}

fn from_file(path: &Path) -> Result<gst::Bin, Fault> {
    let missing = || Fault::NoFile { path: path.to_owned() };
    let whole = path.canonicalize().map_err(|_| missing())?;
    let uri = gst::glib::filename_to_uri(&whole, None).map_err(|_| missing())?;
    parse(&from_uri(&uri), |reason| Fault::Input { input: path.display().to_string(), reason })
}

/// The first video of what lies at `uri`. What is not live is held to its own time.
fn from_uri(uri: &str) -> String {
    let paced = ["file:", "http:", "https:"].iter().any(|scheme| uri.starts_with(scheme));
    let pace = if paced { "! clocksync" } else { "" };
    let uri = uri.replace('\\', "\\\\").replace('"', "\\\"");
    format!("uridecodebin uri=\"{uri}\" caps=video/x-raw(ANY) expose-all-streams=false ! videoconvert {pace}")
}

fn from_screen(source: &Source) -> Result<gst::Bin, Fault> {
    if std::env::var_os("WAYLAND_DISPLAY").is_some() {
        return Err(Fault::NoScreen(
            "this desktop (Wayland) gives its screen to programs through its portal alone, which `standin webcam` does not ask \
             yet; give srt://:9000?mode=listener as the input and let OBS stream the screen there, or start a session on X11",
        ));
    }
    if std::env::var_os("DISPLAY").is_none() {
        return Err(Fault::NoScreen("there is no screen to take: DISPLAY is not set; start it from a desktop session"));
    }
    make("ximagesrc")?;
    source.described("ximagesrc use-damage=false")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn words_name_a_source() {
        let table = [
            ("screen", Source::Screen),
            ("test", Source::Test),
            ("rtsp://door.invalid/1", Source::Uri("rtsp://door.invalid/1".to_owned())),
            ("gst:videotestsrc is-live=true", Source::Description("videotestsrc is-live=true".to_owned())),
            ("/dev/video2", Source::Camera("/dev/video2".to_owned())),
            ("a clip.mp4", Source::File(PathBuf::from("a clip.mp4"))),
        ];
        for (text, source) in table {
            assert_eq!(Source::parse(text), source);
        }
    }

    #[test]
    fn an_address_is_named_without_its_secrets() {
        let uri = "rtsp://me:p@ss@door.invalid:554/1?key=k#f";
        let source = Source::parse(uri);
        assert_eq!(source.name(), "rtsp://door.invalid:554/1");
        let told = source.redact(&format!("no {uri}, me:p@ss@door.invalid"));
        assert_eq!(told, "no rtsp://door.invalid:554/1, door.invalid");
        assert_eq!(Source::parse("srt://:9000?passphrase=secret").name(), "srt://:9000");
    }

    #[test]
    fn what_is_wrong_is_said() {
        gst::init().unwrap();
        let wanted = Wanted { width: 640, height: 360, rate: 30 };
        let fault = |text: &str| Source::parse(text).bin(wanted).unwrap_err().to_string();
        assert!(fault("/nowhere/clip.mp4").starts_with("there is no file /nowhere/clip.mp4; "));
        assert!(fault("gst:nosuchsrc").contains("nosuchsrc"));
        let unknown = Source::Camera("/dev/nowhere".to_owned()).bin(wanted).unwrap_err();
        assert!(matches!(unknown, Fault::UnknownCamera { .. }), "{unknown}");
    }
}
