//! The camera that applications open as a device file: a v4l2loopback device, found by what its driver says of it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use gst::prelude::*;

use super::{Door, Kind};
use crate::fault::{Fault, make};
use crate::video_device::{self, VideoDevice, Words};

/// The device that is written to, with its name for people: the one at `wanted`, else one whose name speaks of this
/// program, else the first.
///
/// # Errors
/// [`Fault::NoLoopback`]; [`Fault::NotLoopback`], [`Fault::ForbiddenCamera`] or [`Fault::Loopback`] of the one that
/// is wanted.
pub fn choose(wanted: Option<&Path>) -> Result<(PathBuf, String), Fault> {
    let devices = video_device::without_hardware();
    match wanted {
        Some(wanted) => named(wanted, video_device::ask(wanted), &devices),
        None => first(&devices),
    }
}

/// Those that may be written to, with their names for people.
fn fit(devices: &[VideoDevice]) -> impl Iterator<Item = (PathBuf, String)> {
    let loopback = devices.iter().filter(|device| device.is_loopback());
    let asked = loopback.filter_map(|device| Some((&device.path, device.words.as_ref().ok()?)));
    asked.filter(|(_, words)| words.output).map(|(path, words)| (path.clone(), words.card.clone()))
}

fn first(devices: &[VideoDevice]) -> Result<(PathBuf, String), Fault> {
    let named = fit(devices).find(|(_, card)| card.to_lowercase().contains("standin"));
    named.or_else(|| fit(devices).next()).ok_or(Fault::NoLoopback)
}

/// The device of that name, from what it says of itself: a link to one is as good.
fn named(wanted: &Path, said: io::Result<Words>, devices: &[VideoDevice]) -> Result<(PathBuf, String), Fault> {
    let not = |what: String| Fault::NotLoopback {
        device: wanted.to_owned(),
        what,
        loaded: fit(devices).map(|(path, _)| path.display().to_string()).collect(),
    };
    match said {
        Ok(words) if !words.is_loopback() => Err(not(format!("it is '{}' of the driver {}", words.card, words.driver))),
        Ok(words) if words.output => Ok((wanted.to_owned(), words.card)),
        Ok(_) => {
            let reason = "another program writes to it".to_owned();
            Err(Fault::Loopback { device: wanted.to_owned(), reason })
        }
        Err(error) => Err(match error.kind() {
            ErrorKind::PermissionDenied => Fault::ForbiddenCamera { camera: wanted.display().to_string() },
            ErrorKind::NotFound => not("there is no such file".to_owned()),
            _ => not("it is no video device".to_owned()),
        }),
    }
}

/// Opens the door to `device`. `flows` is called when the device has its second picture: it has taken the first.
///
/// # Errors
/// [`Fault::NoElement`], [`Fault::Loopback`].
pub fn open(
    device: &Path,
    caps: &gst::Caps,
    flows: impl Fn() + Send + Sync + 'static,
    said: impl Fn(&gst::Message) + Send + Sync + 'static,
) -> Result<Door, Fault> {
    make("v4l2sink")?;
    let prepare = |pipeline: &gst::Pipeline| {
        if let Some(sink) = pipeline.by_name("device") {
            sink.set_property("device", device.display().to_string());
            if let Some(pad) = sink.static_pad("sink") {
                let has_first = AtomicBool::new(false);
                pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                    if !has_first.swap(true, Ordering::Relaxed) {
                        return gst::PadProbeReturn::Ok;
                    }
                    flows();
                    gst::PadProbeReturn::Remove
                });
            }
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
        let path = |devices| super::first(devices).map(|(path, _)| path);
        assert_eq!(path(&all), Ok(named.path));
        assert_eq!(path(&all[..4]), Ok(first.path.clone()));
        assert_eq!(path(&all[..3]), Err(Fault::NoLoopback));

        let wanted = Path::new("/dev/standin");
        let of = |device: &VideoDevice| super::named(wanted, Ok(device.words.clone().unwrap()), &all);
        assert_eq!(of(&first), Ok((wanted.to_owned(), "OBS".to_owned())), "a link to a device");
        assert!(matches!(of(&busy), Err(Fault::Loopback { .. })));
        let camera = of(&camera).unwrap_err().to_string();
        assert!(
            camera
                .starts_with("/dev/standin is no v4l2loopback device: it is 'Standin camera' of the driver uvcvideo; ")
        );
        assert!(camera.ends_with("; choose /dev/video9 or /dev/video10 with --loopback"), "{camera}");
    }

    #[test]
    fn a_file_that_is_no_device_is_refused_by_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (file, absent) = (folder.path().join("video0"), folder.path().join("video1"));
        std::fs::write(&file, "").unwrap();
        for (path, what) in [
            (file.as_path(), "it is no video device; "),
            (&absent, "there is no such file; "),
            (folder.path(), "it is no video device; "),
            (Path::new("/dev/null"), "it is no video device; "),
        ] {
            let fault = choose(Some(path)).unwrap_err().to_string();
            let begin = format!("{} is no v4l2loopback device: {what}", path.display());
            assert!(fault.starts_with(&begin), "no '{begin}' in '{fault}'");
        }
    }
}
