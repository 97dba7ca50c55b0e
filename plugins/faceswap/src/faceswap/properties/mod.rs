//! The properties, in the words of the field: what each is called, means, allows, and where its value goes.

mod choices;
pub(super) mod look;
mod numbers;

use std::sync::LazyLock;

use gst::glib;
use gst::prelude::*;
use standin::face::{FinderSettings, Mesh};
use standin::live::{Device, Look, Select, Settings};

use choices::{GuardChoice, LabelChoice, LandmarksChoice, OcclusionChoice, OnFailureChoice, StrangersChoice};
use numbers::{COUNTS, NUMBERS, SWITCHES};

/// Performers at most.
pub(super) const MOST_PERFORMERS: u32 = 8;
/// Frames in flight where nobody chose.
const DEPTH: u32 = 3;

/// All that a user can set.
#[derive(Debug, Clone)]
pub(super) struct Properties {
    /// The model file.
    pub(super) model: Option<String>,
    /// What may change with every frame.
    pub(super) settings: Settings,
    /// Where things run.
    pub(super) device: String,
    /// Threads inside the swap network; 0 chooses.
    pub(super) threads: u32,
    /// Frames in flight.
    pub(super) depth: u32,
    /// The mesh network.
    pub(super) mesh: Mesh,
    /// Whether late frames are dropped.
    pub(super) qos: bool,
}

impl Default for Properties {
    fn default() -> Self {
        Self {
            model: None,
            settings: Settings { look: Look { morph: 0.75, ..Look::default() }, ..Settings::default() },
            device: "auto".to_owned(),
            threads: 0,
            depth: DEPTH,
            mesh: Mesh::default(),
            qos: true,
        }
    }
}

impl Properties {
    /// Threads inside one run of the swap network: all cores where one frame is worked on at a time, else one, since
    /// frames then run beside each other.
    pub(super) fn swap_threads(&self) -> usize {
        match (self.threads, self.depth) {
            (0, 0) => std::thread::available_parallelism().map_or(1, usize::from),
            (0, _) => 1,
            (threads, _) => threads as usize,
        }
    }

    /// Frames that are swapped at once.
    pub(super) fn workers(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (self.depth as usize).clamp(1, cores)
    }

    /// Where things run.
    pub(super) fn device(&self) -> Result<Device, standin::live::UnknownDevice> {
        self.device.parse()
    }
}

fn select_text(select: Select) -> String {
    match select {
        Select::Largest => "largest".to_owned(),
        Select::All => "all".to_owned(),
        Select::LeftMost => "left-most".to_owned(),
        Select::Track(track) => track.to_string(),
    }
}

/// Faces to follow. Only the largest is certain to be among a few; of all, none may be missed.
fn most_faces(select: Select) -> usize {
    match select {
        Select::Largest => FinderSettings::default().max_faces,
        Select::All | Select::LeftMost | Select::Track(_) => usize::MAX,
    }
}

fn select(text: &str) -> Option<Select> {
    match text {
        "largest" => Some(Select::Largest),
        "all" => Some(Select::All),
        "left-most" => Some(Select::LeftMost),
        track => track.parse().ok().map(Select::Track),
    }
}

/// A property that does not take the value it was given.
#[derive(Debug)]
pub(super) struct Refused(pub(super) String);

fn read<'a, T: glib::value::FromValue<'a>>(name: &str, value: &'a glib::Value) -> Result<T, Refused> {
    value.get().map_err(|error| Refused(format!("property '{name}': {error}")))
}

impl Properties {
    /// Sets a property. Returns whether a new model was asked for.
    pub(super) fn set(&mut self, name: &str, value: &glib::Value) -> Result<bool, Refused> {
        if let Some(set) = look::set(&mut self.settings.look, name, value) {
            set?;
        } else if let Some(number) = NUMBERS.iter().find(|number| number.name == name) {
            *(number.field)(self) = read(name, value)?;
        } else if let Some(count) = COUNTS.iter().find(|count| count.name == name) {
            *(count.field)(self) = read(name, value)?;
        } else if let Some(switch) = SWITCHES.iter().find(|switch| switch.name == name) {
            *(switch.field)(self) = read(name, value)?;
        } else {
            match name {
                "model" => {
                    self.model = read(name, value)?;
                    return Ok(true);
                }
                "device" => {
                    let device: Option<String> = read(name, value)?;
                    self.device = device.unwrap_or_default();
                }
                "select" => {
                    let text: Option<String> = read(name, value)?;
                    let text = text.unwrap_or_default();
                    self.settings.select = select(&text).ok_or_else(|| {
                        Refused(format!("select '{text}' is not known: largest, all, left-most, or a track number"))
                    })?;
                    self.settings.finder.max_faces = most_faces(self.settings.select);
                }
                "on-failure" => {
                    self.settings.on_failure = read::<OnFailureChoice>(name, value)?.on_failure();
                }
                "guard" => self.settings.guard = read::<GuardChoice>(name, value)?.guard(),
                "strangers" => self.settings.strangers = read::<StrangersChoice>(name, value)?.strangers(),
                "occlusion" => self.settings.occlusion = read::<OcclusionChoice>(name, value)?.occlusion(),
                "label" => self.settings.label = read::<LabelChoice>(name, value)?.place(),
                "landmarks" => self.mesh = read::<LandmarksChoice>(name, value)?.mesh(),
                _ => return Err(Refused(format!("there is no property '{name}' to set"))),
            }
        }
        Ok(false)
    }

    /// Reads a property; `None` where it is not one of these.
    pub(super) fn get(&self, name: &str) -> Option<glib::Value> {
        if let Some(value) = look::get(&self.settings.look, name) {
            return Some(value);
        }
        let mut own = self.clone();
        if let Some(number) = NUMBERS.iter().find(|number| number.name == name) {
            return Some((number.field)(&mut own).to_value());
        }
        if let Some(count) = COUNTS.iter().find(|count| count.name == name) {
            return Some((count.field)(&mut own).to_value());
        }
        if let Some(switch) = SWITCHES.iter().find(|switch| switch.name == name) {
            return Some((switch.field)(&mut own).to_value());
        }
        match name {
            "model" => Some(self.model.to_value()),
            "device" => Some(self.device.to_value()),
            "select" => Some(select_text(self.settings.select).to_value()),
            "on-failure" => Some(OnFailureChoice::of(self.settings.on_failure).to_value()),
            "guard" => Some(GuardChoice::of(self.settings.guard).to_value()),
            "strangers" => Some(StrangersChoice::of(self.settings.strangers).to_value()),
            "occlusion" => Some(OcclusionChoice::of(self.settings.occlusion).to_value()),
            "label" => Some(LabelChoice::of(self.settings.label).to_value()),
            "landmarks" => Some(LandmarksChoice::of(self.mesh).to_value()),
            _ => None,
        }
    }
}

/// Every property, as `gst-inspect-1.0` shows it.
pub(super) fn specs() -> &'static [glib::ParamSpec] {
    static SPECS: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
        let mut specs = vec![
            glib::ParamSpecString::builder("model")
                .nick("Model")
                .blurb(
                    "The swap model, a .dfm file, with its consent record FILE.consent.toml beside it. Set while \
                     playing, it takes over between two frames as soon as it is loaded",
                )
                .mutable_playing()
                .build(),
            glib::ParamSpecString::builder("device")
                .nick("Device")
                .blurb(
                    "Where it runs: auto, cpu, gpu, gpu:NUMBER or gpu:NAME (network and blending), or an execution provider \
                     of ONNX Runtime for the network: cuda, tensorrt, directml, coreml, openvino, rocm",
                )
                .default_value("auto")
                .mutable_ready()
                .build(),
            glib::ParamSpecString::builder("select")
                .nick("Select")
                .blurb("Which faces are swapped: largest, all, left-most, or the number of a track")
                .default_value("largest")
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder::<OnFailureChoice>("on-failure")
                .nick("On failure")
                .blurb("What leaves instead of a face that should be swapped and cannot be")
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder::<GuardChoice>("guard")
                .nick("Guard")
                .blurb(
                    "Who is protected before their face was found. Where one face is selected and is there, nobody else \
                     is",
                )
                .mutable_playing()
                .build(),
            glib::ParamSpecUInt::builder("performers")
                .nick("Performers")
                .blurb(
                    "How many people are told apart: with any, only they are swapped, each as its child performer-0, \
                     performer-1 and so on says. Naming a child makes it",
                )
                .maximum(MOST_PERFORMERS)
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder::<StrangersChoice>("strangers")
                .nick("Strangers")
                .blurb("What leaves of people who are none of the performers, where there are any")
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder::<OcclusionChoice>("occlusion")
                .nick("Occlusion")
                .blurb("Whether hands and things in front of a face stay in front of the generated one")
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder::<LabelChoice>("label")
                .nick("Label")
                .blurb("Where every frame that leaves says AI and whose face it shows; one that cannot be written to is dropped")
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder::<LandmarksChoice>("landmarks")
                .nick("Landmarks")
                .blurb("The network that finds the landmarks")
                .mutable_ready()
                .build(),
            glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
                .nick("Statistics")
                .blurb(
                    "The last second, as the element message faceswap-stats has it: frames a second, milliseconds a \
                     stage (median and 99th percentile), faces, drops, latency",
                )
                .read_only()
                .build(),
        ];
        specs.extend(look::specs());
        specs.extend(NUMBERS.iter().map(numbers::Number::spec));
        specs.extend(COUNTS.iter().map(numbers::Count::spec));
        specs.extend(SWITCHES.iter().map(numbers::Switch::spec));
        specs
    });
    SPECS.as_ref()
}
