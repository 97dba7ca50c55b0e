//! The camera that applications open as a device file: a v4l2loopback device, found by what its driver says of it.

use std::path::{Path, PathBuf};

use gst::prelude::*;

use super::{Door, Kind};
use crate::fault::{Fault, make};
use crate::video_device::{self, VideoDevice};

/// The device that is written to, with its name for people: the one at `wanted`, else one whose name speaks of this program,
/// else the first.
///
/// # Errors
/// [`Fault::NoLoopback`]; [`Fault::Loopback`] where the one that is wanted is none.
pub fn choose(wanted: Option<&Path>) -> Result<(PathBuf, String), Fault> {
    among(&video_device::without_hardware(), wanted)
}

fn among(devices: &[VideoDevice], wanted: Option<&Path>) -> Result<(PathBuf, String), Fault> {
    let fit = || {
        let loopback = devices.iter().filter(|device| device.is_loopback());
        let asked = loopback.filter_map(|device| Some((&device.path, device.words.as_ref().ok()?)));
        asked.filter(|(_, words)| words.output).map(|(path, words)| (path.clone(), words.card.clone()))
    };
    if let Some(wanted) = wanted {
        let reason = "it is no v4l2loopback device, or another program writes to it".to_owned();
        let none = Fault::Loopback { device: wanted.to_owned(), reason };
        return fit().find(|(path, _)| path == wanted).ok_or(none);
    }
    let named = fit().find(|(_, card)| card.to_lowercase().contains("standin"));
    named.or_else(|| fit().next()).ok_or(Fault::NoLoopback)
}

/// Opens the door to `device`.
///
/// # Errors
/// [`Fault::NoElement`], [`Fault::Loopback`].
pub fn open(
    device: &Path,
    caps: &gst::Caps,
    said: impl Fn(&gst::Message) + Send + Sync + 'static,
) -> Result<Door, Fault> {
    make("v4l2sink")?;
    let prepare = |pipeline: &gst::Pipeline| {
        if let Some(sink) = pipeline.by_name("device") {
            sink.set_property("device", device.display().to_string());
        }
        Ok(())
    };
    // v4l2loopback cannot share its buffers with what comes before it.
    let words = "identity drop-allocation=true ! v4l2sink name=device sync=false async=false";
    Door::open(Kind::Loopback, words, caps, prepare, said)
        .map_err(|error| error.named(|reason| Fault::Loopback { device: device.to_owned(), reason }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;
    use crate::video_device::Words;

    fn device(number: u32, driver: &str, card: &str, output: bool) -> VideoDevice {
        let words = Words { driver: driver.to_owned(), card: card.to_owned(), capture: !output, output };
        VideoDevice { path: PathBuf::from(format!("/dev/video{number}")), words: Ok(words) }
    }

    #[test]
    fn a_device_is_found_by_what_it_says() {
        let loopback = "v4l2 loopback";
        let forbidden = VideoDevice { path: "/dev/video7".into(), words: Err("Permission denied".to_owned()) };
        let (camera, busy) = (device(0, "uvcvideo", "Standin camera", false), device(8, loopback, "Dummy", false));
        let (first, named) = (device(9, loopback, "OBS", true), device(10, loopback, "Standin", true));
        let all = [forbidden, camera.clone(), busy.clone(), first.clone(), named.clone()];
        let path = |devices, wanted| among(devices, wanted).map(|(path, _)| path);
        assert_eq!(path(&all, None), Ok(named.path));
        assert_eq!(path(&all[..4], None), Ok(first.path.clone()));
        assert_eq!(path(&all, Some(&first.path)), Ok(first.path.clone()));
        assert_eq!(path(&all[..3], None), Err(Fault::NoLoopback));
        for wrong in [&camera.path, &busy.path] {
            assert!(matches!(path(&all, Some(wrong)), Err(Fault::Loopback { .. })));
        }
    }
}
