//! What a call is to be.

use std::path::PathBuf;
use std::str::FromStr;

use crate::camera::{Asked, Source, Wanted};

/// Size and rate of what leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels; even.
    pub width: u32,
    /// Pixels; even.
    pub height: u32,
    /// Frames a second.
    pub rate: u32,
}

impl Size {
    /// The raw video that leaves: both kinds of door take YUY2, and `faceswap` works on it as it is.
    pub fn caps(self) -> gst::Caps {
        // GStreamer's own idea of what colours are where nobody says, said.
        let colours = if self.height < 720 { "bt601" } else { "bt709" };
        gst::Caps::builder("video/x-raw")
            .field("format", "YUY2")
            .field("width", self.width as i32)
            .field("height", self.height as i32)
            .field("framerate", gst::Fraction::new(self.rate as i32, 1))
            .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
            .field("interlace-mode", "progressive")
            .field("colorimetry", colours)
            .build()
    }

    /// The same with even sides, as YUY2 and I420 have them.
    fn even(self) -> Self {
        Self { width: (self.width & !1).max(2), height: (self.height & !1).max(2), ..self }
    }
}

impl From<Size> for Wanted {
    fn from(size: Size) -> Self {
        Self { width: size.width, height: size.height, rate: size.rate }
    }
}

/// Width and height from `WxH`, each 16 to 8192.
impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let side = |text: &str| text.parse().ok().filter(|side| (16..=8192).contains(side));
        let sides = text.split_once(['x', 'X']).and_then(|(width, height)| Some((side(width)?, side(height)?)));
        let (width, height) = sides.ok_or("a size is WIDTHxHEIGHT with sides of 16 to 8192, such as 1280x720")?;
        Ok(Self { width, height, rate: 30 })
    }
}

/// The device that is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoopbackChoice {
    /// One, where one is loaded.
    Auto,
    /// None.
    Off,
    /// This one.
    Device(PathBuf),
}

/// The ways out.
#[derive(Debug, Clone)]
pub struct Doors {
    /// A PipeWire camera.
    pub pipewire: bool,
    /// A v4l2loopback device.
    pub loopback: LoopbackChoice,
    /// A window.
    pub preview: bool,
    /// A recording.
    pub record: Option<PathBuf>,
    /// The microphone, as late as the picture.
    pub audio: bool,
}

/// What a call is to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where pictures come from.
    pub source: Source,
    /// The swap model.
    pub model: PathBuf,
    /// Properties of `faceswap` and their values, as text.
    pub properties: Vec<(String, String)>,
    /// At most.
    pub size: Size,
    /// Whether left and right change sides.
    pub mirror: bool,
    /// What applications call the camera.
    pub name: String,
    /// The ways out.
    pub doors: Doors,
}

impl Plan {
    /// Takes the size that the camera has, up to the wanted one. Gives the camera, where there is one now.
    pub(super) fn fit(&mut self) -> Option<Asked> {
        let camera = self.source.camera(self.size.into());
        if let Some(format) = camera.as_ref().and_then(|asked| asked.format.as_ref()) {
            let rate = if format.rate.0 == 0 { self.size.rate } else { format.rate.0.div_ceil(format.rate.1.max(1)) };
            let fits = format.width <= self.size.width && format.height <= self.size.height;
            let (width, height) =
                if fits { (format.width, format.height) } else { (self.size.width, self.size.height) };
            self.size = Size { width, height, rate: rate.clamp(1, self.size.rate) };
        }
        self.size = self.size.even();
        camera
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn sizes_are_read_and_made_even() {
        let size: Size = "641x361".parse().unwrap();
        assert_eq!((size.width, size.height), (641, 361));
        let even = size.even();
        assert_eq!((even.width, even.height), (640, 360));
        gst::init().unwrap();
        assert!(even.caps().is_fixed());
        for wrong in ["", "640", "640x", "0x0", "640x9000", "-1x20", "640x360x2"] {
            assert!(wrong.parse::<Size>().unwrap_err().contains("WIDTHxHEIGHT"), "{wrong}");
        }
    }
}
