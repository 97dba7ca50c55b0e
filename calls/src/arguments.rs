//! What `standin webcam` and `standin panel` are both told.

use std::path::PathBuf;

use anyhow::ensure;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args};

use crate::call::{self, Doors, LoopbackChoice, Plan, Size};
use crate::camera::Source;
use crate::element;
use crate::settings::SettingsFile;

/// What a call sets that the bare element has otherwise: what leaves is labelled, and nobody who comes into view is
/// shown bare beside the one who is swapped.
pub(crate) const OWN: [(&str, &str); 3] = [("label", "corner"), ("select", "all"), ("strangers", "conceal")];

/// The input, the picture, and the ways out of a call.
#[derive(Debug, Clone, Args)]
pub struct CallArguments {
    /// Takes this instead of a camera: a file (played again and again), a URI (rtsp, srt, http), `screen`, `test`, or
    /// `gst:` and the words of a gst-launch-1.0 line
    pub input: Option<String>,
    /// The camera: a part of its name, its device file, or auto
    #[arg(long, short, default_value = "auto")]
    pub camera: String,
    /// The largest picture that is asked of the camera; of other inputs the size that leaves
    #[arg(long, default_value = "1280x720", value_name = "WxH")]
    pub size: Size,
    /// Frames a second at most
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=240))]
    pub fps: u32,
    /// Swaps left and right
    #[arg(long)]
    pub mirror: bool,
    /// Whom to swap: all, largest, left-most, or the number of a track; others stay bare [default: all]
    #[arg(long, value_name = "WHOM")]
    pub select: Option<String>,
    /// Sets the properties of the element faceswap that the table [preset.NAME] of the settings has, before --select
    /// and --set
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Leaves out the label that says whose face is generated
    #[arg(long)]
    pub no_label: bool,
    /// Sets a property of the element faceswap, or of a performer (performer-0::reference=FOLDER); may be given again
    #[arg(long = "set", value_delimiter = ',', value_name = "PROPERTY=VALUE", value_parser = pair)]
    pub properties: Vec<(String, String)>,
    /// Whether the command line gave `properties`, not the environment or the file.
    #[arg(skip)]
    pub typed: bool,
    /// Whether the command line gave `select`.
    #[arg(skip)]
    pub select_typed: bool,
    /// Offers the microphone too, as late as the picture; recordings have it
    #[arg(long)]
    pub audio: bool,
    /// What applications call the camera
    #[arg(long, default_value = "Standin")]
    pub name: String,
    /// The v4l2loopback device: auto, off, or its file
    #[arg(long, default_value = "auto", value_parser = loopback)]
    pub loopback: LoopbackChoice,
    /// Offers no PipeWire camera
    #[arg(long)]
    pub no_pipewire: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or("a property is set by PROPERTY=VALUE, such as morph=0.5")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn loopback(text: &str) -> Result<LoopbackChoice, String> {
    match text {
        "auto" => Ok(LoopbackChoice::Auto),
        "off" => Ok(LoopbackChoice::Off),
        path if path.starts_with('/') => Ok(LoopbackChoice::Device(PathBuf::from(path))),
        _ => Err("it is auto, off, or a device file such as /dev/video10".to_owned()),
    }
}

impl CallArguments {
    /// Takes in where they were said: on the command line, `--camera` outranks an input that the environment or the
    /// file names, and only there a bare face is let out.
    pub(crate) fn settle(&mut self, matches: &ArgMatches) {
        let typed = |name| matches.value_source(name) == Some(ValueSource::CommandLine);
        self.typed = typed("properties");
        self.select_typed = typed("select");
        if typed("camera") && !typed("input") {
            self.input = None;
        }
    }

    /// The call that they ask for, by this model, with the preset of these settings.
    ///
    /// # Errors
    /// A preset that there is not, or that `faceswap` does not take; wrong settings where a preset is asked for; a
    /// bare face let out by anything but the command line.
    pub fn plan(self, model: PathBuf, settings: Result<&SettingsFile, &str>) -> anyhow::Result<Plan> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let own = OWN.into_iter().filter(|(name, _)| !(self.no_label && *name == "label"));
        let mut properties: Vec<_> = own.map(|(name, value)| pair(name, value)).collect();
        let select = self.select.iter().map(|whom| pair("select", whom));
        // A preset that is typed comes before whom the environment or the file names.
        properties.extend(select.clone().filter(|_| !self.select_typed));
        if let Some(name) = &self.preset {
            let preset = settings.map_err(|wrong| anyhow::anyhow!("{wrong}"))?.preset(name)?;
            preset.set_on(&element::load()?.create().build()?)?;
            properties.extend(preset.properties.iter().map(|set| pair(&set.name, &set.value)));
        }
        properties.extend(select.filter(|_| self.select_typed));
        properties.extend(self.no_label.then(|| pair("label", "off")));
        if !self.typed && !self.properties.is_empty() {
            let element = element::load()?.create().build()?;
            let bare = self.properties.iter().any(|(name, value)| call::lets_bare(&element, name, value));
            ensure!(!bare, call::BARE);
        }
        properties.extend(self.properties);
        let source = self.input.as_deref().map_or(Source::Camera(self.camera), Source::parse);
        let doors = Doors {
            pipewire: !self.no_pipewire,
            loopback: self.loopback,
            preview: false,
            record: None,
            audio: self.audio,
        };
        let size = Size { rate: self.fps, ..self.size };
        Ok(Plan { source, model, properties, size, mirror: self.mirror, name: self.name, doors })
    }
}
