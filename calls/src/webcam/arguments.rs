//! The command line of `standin webcam`.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;

use crate::call::{self, Doors, LoopbackChoice, Plan, Size};
use crate::camera::Source;
use crate::element;
use crate::outlet::record;
use crate::settings::Settings;

/// Arguments of `standin webcam`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Takes this instead of a camera: a file (played again and again), a URI (rtsp, srt, http), `screen`, `test`, or `gst:` and
    /// the words of a gst-launch-1.0 line
    pub input: Option<String>,
    /// The swap model, a .dfm, with its consent record beside it
    #[arg(long, short, value_name = "FILE.dfm")]
    pub model: PathBuf,
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
    /// Shows in a window what leaves
    #[arg(long)]
    pub preview: bool,
    /// Offers the microphone too, as late as the picture
    #[arg(long)]
    pub audio: bool,
    /// Records what leaves; the ending, .mkv or .mp4, says as what
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Sets the properties of the element faceswap that the table [preset.NAME] of the settings has
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Sets a property of the element faceswap, after the preset; may be given again
    #[arg(long = "set", value_delimiter = ',', value_name = "PROPERTY=VALUE", value_parser = pair)]
    pub properties: Vec<(String, String)>,
    /// Whether the command line gave `properties`, not the environment or the file.
    #[arg(skip)]
    pub typed: bool,
    /// Leaves out the label that says whose face is generated
    #[arg(long)]
    pub no_label: bool,
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

pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or("a property is set by PROPERTY=VALUE, such as morph=0.5")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(crate) fn loopback(text: &str) -> Result<LoopbackChoice, String> {
    match text {
        "auto" => Ok(LoopbackChoice::Auto),
        "off" => Ok(LoopbackChoice::Off),
        path if path.starts_with('/') => Ok(LoopbackChoice::Device(PathBuf::from(path))),
        _ => Err("it is auto, off, or a device file such as /dev/video10".to_owned()),
    }
}

impl Arguments {
    /// The call that they ask for, with the preset of these settings.
    ///
    /// # Errors
    /// A name for the recording that names no container; a preset that there is not, or that `faceswap` does not take; a bare face
    /// let out by anything but the command line.
    pub fn plan(self, settings: &Settings) -> anyhow::Result<Plan> {
        if let Some(file) = &self.record {
            record::check(file)?;
        }
        let label = if self.no_label { "off" } else { "corner" };
        // Somebody who comes into view is not to be shown bare beside the one who is swapped.
        let own = [("label", label), ("select", "all")];
        let mut properties: Vec<_> = own.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        if !self.typed && !self.properties.is_empty() {
            let element = element::load()?.create().build()?;
            let bare = self.properties.iter().any(|(name, value)| call::lets_bare(&element, name, value));
            ensure!(!bare, "on-failure=pass lets a bare face out, and is taken from --set on the command line alone");
        }
        if let Some(name) = &self.preset {
            let preset = settings.preset(name)?;
            preset.set_on(&element::load()?.create().build()?)?;
            properties.extend(preset.properties.iter().map(|set| (set.name.clone(), set.value.clone())));
        }
        properties.extend(self.properties);
        let source = self.input.as_deref().map_or(Source::Camera(self.camera), Source::parse);
        let doors = Doors {
            pipewire: !self.no_pipewire,
            loopback: self.loopback,
            preview: self.preview,
            record: self.record,
            audio: self.audio,
        };
        let size = Size { rate: self.fps, ..self.size };
        Ok(Plan { source, model: self.model, properties, size, mirror: self.mirror, name: self.name, doors })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn read(words: &[&str]) -> Result<Arguments, String> {
        let line = Line::try_parse_from([&["webcam"], words].concat());
        line.map(|line| Arguments { typed: true, ..line.arguments }).map_err(|error| error.to_string())
    }

    #[test]
    fn a_model_is_enough() {
        let plan = read(&["--model", "ben.dfm"]).unwrap().plan(&Settings::default()).unwrap();
        assert_eq!(plan.source, Source::Camera("auto".to_owned()));
        assert_eq!(plan.size, Size { width: 1280, height: 720, rate: 30 });
        assert!(plan.doors.pipewire && plan.doors.loopback == LoopbackChoice::Auto && plan.doors.record.is_none());
    }

    #[test]
    fn everything_can_be_said() {
        let words = "clip.mp4 -m ben.dfm --size 640x360 --fps 25 --mirror --set morph=0.5 --set select=all --record a.mkv \
                     --loopback /dev/video10 --no-pipewire";
        let plan = read(&words.split(' ').collect::<Vec<_>>()).unwrap().plan(&Settings::default()).unwrap();
        assert_eq!(plan.source, Source::File("clip.mp4".into()));
        assert_eq!(plan.size, Size { width: 640, height: 360, rate: 25 });
        let pairs = [("label", "corner"), ("select", "all"), ("morph", "0.5"), ("select", "all")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(plan.properties, pairs);
        assert!(plan.mirror && !plan.doors.pipewire);
        assert_eq!(plan.doors.loopback, LoopbackChoice::Device("/dev/video10".into()));
    }

    #[test]
    fn no_label_is_left_out_only_where_it_is_said() {
        let label = |words: &[&str]| {
            let set = read(words).unwrap().plan(&Settings::default()).unwrap().properties;
            set.into_iter().filter(|(name, _)| name == "label").collect::<Vec<_>>()
        };
        assert_eq!(label(&["-m", "a.dfm"]), [("label".to_owned(), "corner".to_owned())]);
        assert_eq!(label(&["-m", "a.dfm", "--no-label"]), [("label".to_owned(), "off".to_owned())]);
        assert_eq!(label(&["-m", "a.dfm", "--set", "label=off"]).last().unwrap().1, "off");
    }

    #[test]
    fn wrong_words_are_refused_with_the_right_ones() {
        let table = [
            (vec![], "--model"),
            (vec!["-m", "a.dfm", "--size", "big"], "WIDTHxHEIGHT"),
            (vec!["-m", "a.dfm", "--set", "morph"], "PROPERTY=VALUE"),
            (vec!["-m", "a.dfm", "--fps", "0"], "1..=240"),
            (vec!["-m", "a.dfm", "--loopback", "video10"], "/dev/video10"),
        ];
        for (words, expected) in table {
            let error = read(&words).unwrap_err();
            assert!(error.contains(expected), "no {expected} in {error}");
        }
        let plan = read(&["-m", "a.dfm", "--record", "a.avi"]).unwrap().plan(&Settings::default());
        assert!(plan.unwrap_err().to_string().contains(".mkv nor .mp4"));
    }
}
