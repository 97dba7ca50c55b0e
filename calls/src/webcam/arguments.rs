//! The command line of `standin webcam`.

use std::path::PathBuf;

use clap::Args;

use crate::arguments::CallArguments;
use crate::call::{Doors, Plan};
use crate::outlet::record;
use crate::settings::SettingsFile;

/// Arguments of `standin webcam`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The call.
    #[command(flatten)]
    pub call: CallArguments,
    /// The swap model, a .dfm, with its consent record beside it
    #[arg(long, short, value_name = "FILE.dfm")]
    pub model: PathBuf,
    /// Shows in a window what leaves
    #[arg(long)]
    pub preview: bool,
    /// Records what leaves, with the microphone where --audio is given; the ending, .mkv or .mp4, says as what
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

impl Arguments {
    /// The call that they ask for, with the preset of these settings.
    ///
    /// # Errors
    /// A name for the recording that names no container, else as [`CallArguments::plan`].
    pub fn plan(self, settings: &SettingsFile) -> anyhow::Result<Plan> {
        if let Some(file) = &self.record {
            record::check(file)?;
        }
        let plan = self.call.plan(self.model, Ok(settings))?;
        let doors = Doors { preview: self.preview, record: self.record, ..plan.doors };
        Ok(Plan { doors, ..plan })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use clap::Parser;

    use super::*;
    use crate::call::{LoopbackChoice, Size};
    use crate::camera::Source;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn read(words: &[&str]) -> Result<Arguments, String> {
        let line = Line::try_parse_from([&["webcam"], words].concat()).map_err(|error| error.to_string())?;
        let call = CallArguments { typed: true, ..line.arguments.call };
        Ok(Arguments { call, ..line.arguments })
    }

    #[test]
    fn a_model_is_enough() {
        let plan = read(&["--model", "ben.dfm"]).unwrap().plan(&SettingsFile::default()).unwrap();
        assert_eq!(plan.source, Source::Camera("auto".to_owned()));
        assert_eq!(plan.size, Size { width: 1280, height: 720, rate: 30 });
        assert!(plan.doors.pipewire && plan.doors.loopback == LoopbackChoice::Auto && plan.doors.record.is_none());
    }

    #[test]
    fn everything_can_be_said() {
        let words = "clip.mp4 -m ben.dfm --size 640x360 --fps 25 --mirror --set morph=0.5 --set select=all --record a.mkv \
                     --loopback /dev/video10 --no-pipewire";
        let plan = read(&words.split(' ').collect::<Vec<_>>()).unwrap().plan(&SettingsFile::default()).unwrap();
        assert_eq!(plan.source, Source::File("clip.mp4".into()));
        assert_eq!(plan.size, Size { width: 640, height: 360, rate: 25 });
        let pairs =
            [("label", "corner"), ("select", "all"), ("strangers", "conceal"), ("morph", "0.5"), ("select", "all")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(plan.properties, pairs);
        assert!(plan.mirror && !plan.doors.pipewire);
        assert_eq!(plan.doors.loopback, LoopbackChoice::Device("/dev/video10".into()));
    }

    #[test]
    fn no_label_is_left_out_only_where_it_is_said() {
        let label = |words: &[&str]| {
            let set = read(words).unwrap().plan(&SettingsFile::default()).unwrap().properties;
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
        let plan = read(&["-m", "a.dfm", "--record", "a.avi"]).unwrap().plan(&SettingsFile::default());
        assert!(plan.unwrap_err().to_string().contains(".mkv nor .mp4"));
    }
}
