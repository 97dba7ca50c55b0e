//! What pictures are taken from, and the bin that delivers them in real time as plain pixels.

use std::path::{Path, PathBuf};

use gst::prelude::*;

use super::{Asked, Format, Wanted, probe, screen};
use crate::fault::{self, Fault};

/// What pictures are taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A camera by its name, its device file, or `auto`.
    Camera(String),
    /// A clip, played again and again in real time.
    File(PathBuf),
    /// What GStreamer can open: rtsp, srt, http and others.
    Uri(String),
    /// The screen; on Wayland what its user shares of it ([`super::portal`]).
    Screen,
    /// A clip that comes with this program, or a moving ball.
    Test,
    /// The words of a `gst-launch-1.0` line up to where the picture leaves.
    Description(String),
}

/// An input that is open.
#[derive(Debug)]
pub struct Input {
    /// Delivers `video/x-raw` on its pad `src`.
    pub bin: gst::Bin,
    /// The camera that it reads and what that is asked for, where it is one.
    pub camera: Option<Asked>,
}

/// Pictures of a camera that wait.
const CAMERA_QUEUE: u32 = 2;
/// The last element of an input.
const LEAVES: &str = "leaves";
/// How long a stream waits for packets that are late, and so how late its picture is: by default RTSP waits 2 s and a
/// transport stream 0.7.
const STREAM_DELAY: gst::ClockTime = gst::ClockTime::from_mseconds(200);
/// Pictures of a stream that wait at most: half a second at 60 a second.
const STREAM_PICTURES: u32 = 30;
/// The same in time: [`STREAM_DELAY`], which they come early by, and as much again for `faceswap`.
const STREAM_QUEUE: gst::ClockTime = gst::ClockTime::from_mseconds(500);

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

    /// The camera that it is now, which is searched for, and what it would be asked for; `None` where it is none, or
    /// none is there.
    pub fn camera(&self, wanted: Wanted) -> Option<Asked> {
        match self {
            Self::Camera(name) => probe::find(name).ok().map(|camera| Asked::of(camera, wanted, &[])),
            _ => None,
        }
    }

    /// Whether it is played again from its beginning when it ends.
    pub fn loops(&self) -> bool {
        matches!(self, Self::File(_)) || (*self == Self::Test && test_clip().is_some())
    }

    /// What to do where it is open and nothing comes.
    pub fn mend_of_silence(&self) -> &'static str {
        match self {
            Self::Camera(_) => "unplug it and plug it in again, or try a smaller --size",
            Self::Screen => "bring its window to the front, or share another one",
            Self::Uri(_) => "check that it still sends",
            Self::File(_) | Self::Test | Self::Description(_) => "try another input",
        }
    }

    /// Opens it. `broken` are formats that the camera says it has and does not give.
    ///
    /// # Errors
    /// Why there is none now.
    pub fn open(&self, wanted: Wanted, broken: &[Format]) -> Result<Input, Fault> {
        let mut camera = None;
        let bin = match self {
            Self::Camera(name) => camera.insert(Asked::of(probe::find(name)?, wanted, broken)).bin(),
            Self::File(path) => from_file(path),
            Self::Uri(uri) => self.described(&from_uri(uri)),
            Self::Screen => screen::of_x11(),
            Self::Test => match test_clip() {
                Some(clip) => from_file(&clip),
                None => self.described("videotestsrc is-live=true pattern=ball"),
            },
            Self::Description(description) => self.described(description),
        }?;
        Ok(Input { bin: self.limited(bin), camera })
    }

    /// The bin, with a queue before `faceswap` of a length that fits this input.
    pub(super) fn limited(&self, bin: gst::Bin) -> gst::Bin {
        if let Some(queue) = bin.by_name(LEAVES) {
            self.limit(&queue);
        }
        if let Self::Uri(_) = self {
            bin.connect_deep_element_added(|_, _, element| hasten(element));
        }
        bin
    }

    /// Sets how many pictures wait before `faceswap`; of more than that the oldest go. A camera's are as new as can be.
    /// Those of a stream come before their time, and wait for it.
    pub(crate) fn limit(&self, queue: &gst::Element) {
        let (buffers, time) = match self {
            Self::Uri(_) => (STREAM_PICTURES, STREAM_QUEUE),
            _ => (CAMERA_QUEUE, gst::ClockTime::ZERO),
        };
        queue.set_property_from_str("leaky", "downstream");
        queue.set_property("max-size-buffers", buffers);
        queue.set_property("max-size-bytes", 0_u32);
        queue.set_property("max-size-time", time.nseconds());
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

pub(crate) fn test_clip() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok()?.parent()?.to_owned();
    CLIPS.iter().map(|clip| beside.join(clip)).find(|clip| clip.is_file())
}

/// A bin of these words, whose last open source pad is `src`.
pub(super) fn parse(description: &str, failed: impl Fn(String) -> Fault) -> Result<gst::Bin, Fault> {
    let bin = gst::parse::bin_from_description(&format!("{description} ! queue name={LEAVES}"), false);
    let bin = bin.map_err(|error| fault::unparsed(&error, &failed))?;
    let leaves = bin
        .by_name(LEAVES)
        .and_then(|queue| queue.static_pad("src"))
        .ok_or_else(|| failed("it has no end".to_owned()))?;
    let pad =
        gst::GhostPad::builder_with_target(&leaves).map_err(|error| failed(error.to_string()))?.name("src").build();
    bin.add_pad(&pad).map_err(|error| failed(error.to_string()))?;
    Ok(bin)
}

/// Makes an element of a stream wait no longer than [`STREAM_DELAY`].
fn hasten(element: &gst::Element) {
    let name = element.factory().map(|factory| factory.name());
    let delay = STREAM_DELAY.mseconds();
    match name.as_deref() {
        Some("rtspsrc") => element.set_property("latency", u32::try_from(delay).unwrap_or(u32::MAX)),
        // Newer than GStreamer's oldest release that is built against.
        Some("tsdemux") if element.has_property("latency") => {
            element.set_property("latency", i32::try_from(delay).unwrap_or(i32::MAX));
        }
        _ => {}
    }
}

/// A bin of `element`, asked for `caps`, and what follows it.
pub(super) fn from_element(
    element: &gst::Element,
    caps: &str,
    decoder: &str,
    failed: impl Fn(String) -> Fault,
) -> Result<gst::Bin, Fault> {
    let caps = caps.replace('"', "\\\"");
    let bin = parse(&format!("capsfilter name=first caps=\"{caps}\" ! {decoder}"), &failed)?;
    let first = bin.by_name("first");
    let linked = bin.add(element).is_ok() && first.is_some_and(|first| element.link(&first).is_ok());
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
    fn streams_wait_a_fifth_of_a_second() {
        gst::init().unwrap();
        for (name, fallback) in [("rtspsrc", 2000), ("tsdemux", 700)] {
            let Ok(element) = gst::ElementFactory::make(name).build() else { continue };
            if !element.has_property("latency") {
                continue;
            }
            let latency = |element: &gst::Element| -> i64 {
                let value = element.property_value("latency").transform::<i64>().unwrap();
                value.get().unwrap()
            };
            assert_eq!(latency(&element), fallback, "{name}");
            hasten(&element);
            assert_eq!(latency(&element), 200, "{name}");
        }
        let queue = gst::ElementFactory::make("queue").build().unwrap();
        Source::Uri("srt://:9000".to_owned()).limit(&queue);
        assert_eq!(
            (queue.property::<u32>("max-size-buffers"), queue.property::<u64>("max-size-time")),
            (30, 500_000_000)
        );
        Source::Test.limit(&queue);
        assert_eq!((queue.property::<u32>("max-size-buffers"), queue.property::<u64>("max-size-time")), (2, 0));
    }

    #[test]
    fn what_is_wrong_is_said() {
        gst::init().unwrap();
        let wanted = Wanted { width: 640, height: 360, rate: 30 };
        let fault = |text: &str| Source::parse(text).open(wanted, &[]).unwrap_err().to_string();
        assert!(fault("/nowhere/clip.mp4").starts_with("there is no file /nowhere/clip.mp4; "));
        assert!(fault("gst:nosuchsrc").contains("nosuchsrc"));
        let unknown = Source::Camera("/dev/nowhere".to_owned()).open(wanted, &[]).unwrap_err();
        assert!(matches!(unknown, Fault::UnknownCamera { .. }), "{unknown}");
    }
}
