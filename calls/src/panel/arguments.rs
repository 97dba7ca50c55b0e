//! The command line of `standin panel`: what of `standin webcam` makes sense beside a page.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::call::{Doors, LoopbackChoice, Plan, Size};
use crate::camera::Source;
use crate::webcam::arguments::{loopback, pair};

/// Arguments of `standin panel`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Takes this instead of a camera: a file (played again and again), a URI (rtsp, srt, http), `screen`, `test`, or `gst:` and
    /// the words of a gst-launch-1.0 line
    pub input: Option<String>,
    /// A swap model, a .dfm, with its consent record beside it; may be given again. The page offers the others of its folder
    /// too. Without, the models that are installed
    #[arg(long, short, value_name = "FILE.dfm", num_args = 1)]
    pub model: Vec<PathBuf>,
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
    /// Sets a property of the element faceswap; may be given again
    #[arg(long = "set", value_delimiter = ',', value_name = "PROPERTY=VALUE", value_parser = pair)]
    pub properties: Vec<(String, String)>,
    /// What applications call the camera
    #[arg(long, default_value = "Standin")]
    pub name: String,
    /// The v4l2loopback device: auto, off, or its file
    #[arg(long, default_value = "auto", value_parser = loopback)]
    pub loopback: LoopbackChoice,
    /// Offers no PipeWire camera
    #[arg(long)]
    pub no_pipewire: bool,
    /// Folder of recordings [default: the user's folder of videos]
    #[arg(long, value_name = "FOLDER")]
    pub recordings: Option<PathBuf>,
    /// Port of the page on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 7346)]
    pub port: u16,
    /// Only prints the page's address
    #[arg(long)]
    pub no_browser: bool,
}

impl Arguments {
    /// The call that they ask for, with this model. What leaves is labelled, unless `--set label=off`.
    pub(super) fn plan(&self, model: &Path) -> Plan {
        let source = self.input.as_deref().map_or_else(|| Source::Camera(self.camera.clone()), Source::parse);
        let label = ("label".to_owned(), "corner".to_owned());
        Plan {
            source,
            model: model.to_owned(),
            properties: std::iter::once(label).chain(self.properties.iter().cloned()).collect(),
            size: Size { rate: self.fps, ..self.size },
            mirror: self.mirror,
            name: self.name.clone(),
            doors: Doors {
                pipewire: !self.no_pipewire,
                loopback: self.loopback.clone(),
                preview: false,
                record: None,
                audio: false,
            },
        }
    }
}
