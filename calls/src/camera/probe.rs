//! The cameras of this machine and the formats that they say they have: those with a device file through GStreamer's
//! provider for Video4Linux, others through PipeWire's registry. GStreamer's provider for PipeWire is left alone:
//! that of PipeWire 0.3 breaks the process when it is stopped while a `pipewiresink` runs.

use std::path::{Path, PathBuf};

use gst::prelude::*;

use super::{Coding, Format, Wanted};
use crate::fault::{Fault, make};
use crate::outlet::registry::{Connection, Node};
use crate::video_device;

/// A size that a camera may be asked for where it gives a range of sizes.
const SIZES: [(u32, u32); 6] = [(3840, 2160), (1920, 1080), (1280, 720), (960, 540), (640, 480), (320, 240)];
/// Rates, likewise.
const RATES: [u32; 5] = [60, 30, 25, 15, 5];

/// A camera that was found.
#[derive(Debug, Clone)]
pub struct Camera {
    /// Its name for people.
    pub name: String,
    /// Its device file, where it has one.
    pub path: Option<String>,
    /// What it says it can give.
    pub formats: Vec<Format>,
    /// Whether another program writes what it gives (v4l2loopback): OBS, a phone's camera, or Standin itself. It is
    /// taken where it is named, and never by `auto`.
    pub is_loopback: bool,
    way: Way,
}

/// How a camera is read.
#[derive(Debug, Clone)]
enum Way {
    /// By GStreamer's device.
    Device(gst::Device),
    /// By its PipeWire node: the serial number, and the name for programs.
    Node { serial: String, name: String },
}

impl Camera {
    /// The element that reads it.
    ///
    /// # Errors
    /// [`Fault::Input`].
    pub fn element(&self) -> Result<gst::Element, Fault> {
        let failed =
            |_| Fault::Input { input: self.name.clone(), reason: "GStreamer makes no source of it".to_owned() };
        match &self.way {
            Way::Device(device) => device.create_element(None).map_err(failed),
            Way::Node { serial, .. } => {
                let source = make("pipewiresrc")?;
                source.set_property("target-object", serial);
                source.set_property("do-timestamp", true);
                // A buffer that is held for long holds the camera.
                source.set_property("always-copy", true);
                Ok(source)
            }
        }
    }

    /// The words of a `gst-launch-1.0` line that read it, now and after a restart: its node has the same name then, and
    /// another serial number.
    pub fn words(&self) -> Vec<String> {
        match (&self.path, &self.way) {
            (Some(path), _) => vec!["v4l2src".to_owned(), format!("device={path}")],
            (None, Way::Device(_)) => vec!["v4l2src".to_owned()],
            (None, Way::Node { serial, name }) => {
                let target = format!("target-object={}", if name.is_empty() { serial } else { name });
                ["pipewiresrc", &target, "do-timestamp=true", "always-copy=true"].map(str::to_owned).into()
            }
        }
    }

    /// Whether `wanted` names it: its path, its name or a part of its name, in any case.
    fn is_called(&self, wanted: &str) -> bool {
        self.path.as_deref() == Some(wanted) || self.name.to_lowercase().contains(&wanted.to_lowercase())
    }
}

#[cfg(test)]
impl Camera {
    /// One that says nothing of its formats: with a device file, or of PipeWire alone, under that name for programs.
    pub(crate) fn for_test(name: &str, path: Option<&str>, node: &str) -> Self {
        let (name, path) = (name.to_owned(), path.map(str::to_owned));
        let way = Way::Node { serial: "42".to_owned(), name: node.to_owned() };
        Self { name, path, formats: Vec::new(), is_loopback: false, way }
    }
}

/// A device file that may be a camera's and cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Such as `/dev/video0`.
    pub path: PathBuf,
    /// Why, in the system's words.
    pub reason: String,
}

impl Refused {
    /// As what is wrong with it, and the mend.
    pub fn fault(&self) -> Fault {
        let camera = self.path.display().to_string();
        match self.reason.as_str() {
            reason if reason.contains("Permission denied") => Fault::ForbiddenCamera { camera },
            reason if reason.contains("busy") => Fault::BusyCamera { camera },
            reason => Fault::Input { input: camera, reason: reason.to_owned() },
        }
    }
}

/// What was found on this machine.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Those with a device file first, then what other programs write to v4l2loopback devices, then those of PipeWire
    /// alone. The PipeWire camera that this program itself provides is none.
    pub cameras: Vec<Camera>,
    /// By number.
    pub refused: Vec<Refused>,
}

/// Looks for cameras: for a call, for the panel and for the doctor.
pub fn search() -> Found {
    let cameras = cameras();
    let listed =
        |path: &Path| cameras.iter().any(|camera| camera.path.as_deref().is_some_and(|own| Path::new(own) == path));
    let refused = video_device::with_hardware().into_iter().filter(|device| !listed(&device.path));
    let refused =
        refused.filter_map(|device| Some(Refused { reason: device.words.err()?, path: device.path })).collect();
    Found { cameras, refused }
}

fn cameras() -> Vec<Camera> {
    let mut cameras = devices();
    cameras.sort_by_key(|camera| (camera.is_loopback, number(camera.path.as_deref())));
    let nodes = Connection::open().map(|connection| connection.registry.cameras()).unwrap_or_default();
    let known = |node: &Node| is_known(node, &cameras, video_device::has_hardware);
    let own = |node: &Node| node.name.starts_with(crate::outlet::pipewire::NODE);
    let others: Vec<_> = nodes.into_iter().filter(|node| !own(node) && !known(node)).collect();
    let camera = |node: Node| Camera {
        name: node.title,
        path: None,
        formats: Vec::new(),
        is_loopback: false,
        way: Way::Node { serial: node.serial, name: node.name },
    };
    cameras.extend(others.into_iter().map(camera));
    cameras
}

/// Whether a node is a camera that is listed, or a v4l2loopback device: the session manager makes a node of every
/// device file, of the one that this program writes to as well.
fn is_known(node: &Node, cameras: &[Camera], has_hardware: impl Fn(&Path) -> bool) -> bool {
    match node.device.as_deref() {
        Some(device) => {
            cameras.iter().any(|camera| camera.path.as_deref() == Some(device)) || !has_hardware(Path::new(device))
        }
        None => cameras.iter().any(|camera| node.title.starts_with(&camera.name)),
    }
}

/// The number of `/dev/videoN`; what has none comes last.
fn number(path: Option<&str>) -> (u32, Option<String>) {
    let number = path.and_then(|path| path.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
    (number.unwrap_or(u32::MAX), path.map(str::to_owned))
}

/// Those with a device file.
fn devices() -> Vec<Camera> {
    let Some(provider) = gst::DeviceProviderFactory::by_name("v4l2deviceprovider") else { return Vec::new() };
    let cameras = provider.devices().into_iter().filter(|device| device.has_classes("Video/Source")).filter_map(camera);
    cameras.collect()
}

fn camera(device: gst::Device) -> Option<Camera> {
    let properties = device.properties();
    let text = |key: &str| properties.as_ref()?.get::<String>(key).ok();
    let is_loopback = text("v4l2.device.driver").is_some_and(|driver| driver == "v4l2 loopback");
    let formats = device.caps().map(|caps| formats(&caps)).unwrap_or_default();
    let name = device.display_name().to_string();
    Some(Camera { name, path: text("device.path"), formats, is_loopback, way: Way::Device(device) })
}

/// The camera that is called `wanted`; `auto` is the first one that no program writes to.
///
/// # Errors
/// [`Fault::NoCamera`], [`Fault::UnknownCamera`], and as [`Refused::fault`] where it cannot be opened.
pub fn find(wanted: &str) -> Result<Camera, Fault> {
    search().called(wanted)
}

impl Found {
    fn called(self, wanted: &str) -> Result<Camera, Fault> {
        let any = wanted == "auto";
        let found = self.cameras.iter().map(|camera| camera.name.clone()).collect();
        let fits = |camera: &Camera| if any { !camera.is_loopback } else { camera.is_called(wanted) };
        if let Some(camera) = self.cameras.into_iter().find(fits) {
            return Ok(camera);
        }
        let refused = self.refused.iter().find(|refused| any || refused.path == Path::new(wanted));
        Err(match refused {
            Some(refused) => refused.fault(),
            None if any => Fault::NoCamera,
            None => Fault::UnknownCamera { wanted: wanted.to_owned(), found },
        })
    }
}

/// What caps say, one format for each size and rate; of ranges the usual sizes and rates that lie in them.
pub fn formats(caps: &gst::CapsRef) -> Vec<Format> {
    let mut formats = Vec::new();
    for structure in caps.iter() {
        let codings = match structure.name().as_str() {
            "video/x-raw" => texts(structure, "format").into_iter().map(Coding::Raw).collect(),
            "image/jpeg" => vec![Coding::Jpeg],
            "video/x-h264" => vec![Coding::H264],
            _ => continue,
        };
        for coding in codings {
            for (width, height) in sizes(structure) {
                for rate in rates(structure) {
                    formats.push(Format { coding: coding.clone(), width, height, rate });
                }
            }
        }
    }
    formats
}

/// The caps that ask for exactly this format.
pub fn caps(format: &Format) -> gst::Caps {
    let name = match &format.coding {
        Coding::Raw(_) => "video/x-raw",
        Coding::Jpeg => "image/jpeg",
        Coding::H264 => "video/x-h264",
    };
    let mut caps = gst::Caps::builder(name).field("width", format.width as i32).field("height", format.height as i32);
    if let Coding::Raw(pixels) = &format.coding {
        caps = caps.field("format", pixels.as_str());
    }
    if format.rate.0 > 0 {
        caps = caps.field("framerate", gst::Fraction::new(format.rate.0 as i32, format.rate.1.max(1) as i32));
    }
    caps.build()
}

/// What is asked of this camera, for a wish of that size. `broken` are formats that it says it has and does not give.
pub fn ask(camera: &Camera, wanted: Wanted, broken: &[Format]) -> Option<Format> {
    let good: Vec<_> = camera.formats.iter().filter(|format| !broken.contains(format)).cloned().collect();
    super::best(&good, wanted).cloned()
}

fn texts(structure: &gst::StructureRef, field: &str) -> Vec<String> {
    if let Ok(text) = structure.get::<String>(field) {
        return vec![text];
    }
    let list = structure.get::<gst::List>(field);
    list.map(|list| list.iter().filter_map(|value| value.get().ok()).collect()).unwrap_or_default()
}

fn sizes(structure: &gst::StructureRef) -> Vec<(u32, u32)> {
    let side = |field: &str| structure.get::<i32>(field).ok().and_then(|side| u32::try_from(side).ok());
    if let (Some(width), Some(height)) = (side("width"), side("height")) {
        return vec![(width, height)];
    }
    let allows = |field: &str, side: u32| {
        let Ok(value) = structure.value(field) else { return false };
        value.intersect(&(side as i32).to_value()).is_some()
    };
    SIZES.into_iter().filter(|(width, height)| allows("width", *width) && allows("height", *height)).collect()
}

fn rates(structure: &gst::StructureRef) -> Vec<(u32, u32)> {
    let pair = |rate: gst::Fraction| Some((u32::try_from(rate.numer()).ok()?, u32::try_from(rate.denom()).ok()?));
    let field = "framerate";
    if let Ok(rate) = structure.get::<gst::Fraction>(field) {
        return pair(rate).into_iter().collect();
    }
    if let Ok(list) = structure.get::<gst::List>(field) {
        return list.iter().filter_map(|value| value.get::<gst::Fraction>().ok()).filter_map(pair).collect();
    }
    let Ok(range) = structure.value(field) else { return vec![(0, 1)] };
    let within = |rate: &u32| range.intersect(&gst::Fraction::new(*rate as i32, 1).to_value()).is_some();
    RATES.into_iter().filter(within).map(|rate| (rate, 1)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use std::str::FromStr;

    use super::*;

    #[test]
    fn device_files_are_in_the_order_of_their_numbers() {
        let mut paths = [None, Some("/dev/video10"), Some("/dev/camera"), Some("/dev/video2")];
        paths.sort_by_key(|path| number(*path));
        assert_eq!(paths, [Some("/dev/video2"), Some("/dev/video10"), None, Some("/dev/camera")]);
    }

    #[test]
    fn a_camera_that_cannot_be_opened_is_not_said_to_be_missing() {
        let camera = |name: &str, path: &str| Camera::for_test(name, Some(path), "");
        let refused =
            |path: &str, reason: &str| Refused { path: path.into(), reason: format!("{reason} (os error 13)") };
        let none = Found { refused: vec![refused("/dev/video0", "Permission denied")], ..Found::default() };
        let forbidden = Fault::ForbiddenCamera { camera: "/dev/video0".to_owned() };
        assert_eq!(none.clone().called("auto").err(), Some(forbidden.clone()));
        let two = Found { cameras: vec![camera("Face cam", "/dev/video2")], ..none };
        assert_eq!(two.clone().called("auto").map(|camera| camera.name), Ok("Face cam".to_owned()));
        assert_eq!(two.clone().called("/dev/video0").err(), Some(forbidden));
        assert!(matches!(two.called("phone"), Err(Fault::UnknownCamera { .. })));
        assert_eq!(Found::default().called("auto").err(), Some(Fault::NoCamera));
        let obs = Camera { is_loopback: true, ..camera("OBS", "/dev/video9") };
        let written = Found { cameras: vec![obs], ..Found::default() };
        assert_eq!(written.clone().called("obs").map(|camera| camera.name), Ok("OBS".to_owned()));
        assert_eq!(written.called("auto").err(), Some(Fault::NoCamera), "another program writes to it");
        let busy = refused("/dev/video0", "Device or resource busy").fault();
        assert_eq!(busy, Fault::BusyCamera { camera: "/dev/video0".to_owned() });
    }

    #[test]
    fn a_node_of_a_device_file_is_not_another_camera() {
        let camera = Camera::for_test("Face cam", Some("/dev/video0"), "");
        let known = |title: &str, device: Option<&str>| {
            let (title, device) = (title.to_owned(), device.map(str::to_owned));
            let node = Node { name: String::new(), title, device, class: String::new(), serial: String::new() };
            is_known(&node, std::slice::from_ref(&camera), |path| path != Path::new("/dev/video9"))
        };
        assert!(known("Face", Some("/dev/video0")), "the same device");
        assert!(known("Standin", Some("/dev/video9")), "a loopback device");
        assert!(!known("Face cam", Some("/dev/video2")), "another of the same name");
        assert!(known("Face cam (V4L2)", None) && !known("Phone", None));
    }

    #[test]
    fn a_camera_is_read_by_what_stays_its_name() {
        let words = |path: Option<&str>, node: &str| Camera::for_test("Face cam", path, node).words().join(" ");
        assert_eq!(words(Some("/dev/video2"), "v4l2_input"), "v4l2src device=/dev/video2");
        assert!(words(None, "phone").starts_with("pipewiresrc target-object=phone "));
        assert!(words(None, "").starts_with("pipewiresrc target-object=42 "), "a node without a name has its number");
    }

    #[test]
    fn caps_become_formats() {
        gst::init().unwrap();
        let text = "video/x-raw,format=YUY2,width=640,height=480,framerate={(fraction)30/1,(fraction)15/1};\
                    image/jpeg,width=1280,height=720,framerate=30/1;audio/x-raw;\
                    video/x-raw,format={NV12,I420},width=[16,1300],height=[16,800],framerate=[1/1,30/1]";
        let formats = formats(&gst::Caps::from_str(text).unwrap());
        let has =
            |coding: Coding, width, height, rate| formats.contains(&Format { coding, width, height, rate: (rate, 1) });
        let raw = |name: &str| Coding::Raw(name.to_owned());
        assert!(has(raw("YUY2"), 640, 480, 30) && has(raw("YUY2"), 640, 480, 15));
        assert!(has(Coding::Jpeg, 1280, 720, 30));
        assert!(has(raw("NV12"), 1280, 720, 30) && has(raw("I420"), 640, 480, 5));
        assert!(!has(raw("NV12"), 1920, 1080, 30) && !has(raw("NV12"), 640, 480, 60));
        for format in &formats {
            assert!(caps(format).is_fixed(), "{}", caps(format));
        }
    }
}
