//! The camera that applications open as a device file: a v4l2loopback device, found by what its driver says of it.

use std::fs;
use std::path::{Path, PathBuf};

use gst::prelude::*;

use super::{Door, Kind};
use crate::fault::{Fault, make};

/// `V4L2_CAP_VIDEO_OUTPUT`: pictures may be written to the device.
const OUTPUT: u32 = 0x0000_0002;
/// The driver that lets another program read what one wrote.
const DRIVER: &str = "v4l2 loopback";

/// What a video device says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its file.
    pub path: PathBuf,
    /// The kernel's driver.
    pub driver: String,
    /// Its name for people.
    pub card: String,
    /// Bits of `V4L2_CAP_…`.
    pub capabilities: u32,
}

impl Device {
    fn takes_pictures(&self) -> bool {
        self.driver == DRIVER && self.capabilities & OUTPUT != 0
    }
}

/// The device that is written to: the one at `wanted`, else one whose name speaks of this program, else the first.
///
/// # Errors
/// [`Fault::NoLoopback`]; [`Fault::Loopback`] where the one that is wanted is none.
pub fn choose(devices: &[Device], wanted: Option<&Path>) -> Result<Device, Fault> {
    let fit = || devices.iter().filter(|device| device.takes_pictures());
    if let Some(wanted) = wanted {
        let reason = "it is no v4l2loopback device, or another program writes to it".to_owned();
        let none = Fault::Loopback { device: wanted.to_owned(), reason };
        return fit().find(|device| device.path == wanted).cloned().ok_or(none);
    }
    let named = fit().find(|device| device.card.to_lowercase().contains("standin"));
    named.or_else(|| fit().next()).cloned().ok_or(Fault::NoLoopback)
}

/// The video devices of this machine that may be opened, by number.
pub fn devices() -> Vec<Device> {
    let entries = fs::read_dir("/dev").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.strip_prefix("video")?.parse::<u32>().ok();
    let mut paths: Vec<_> = entries.filter_map(|entry| Some((number(&entry.path())?, entry.path()))).collect();
    paths.sort();
    paths.iter().filter_map(|(_, path)| ask(path)).collect()
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

/// Asks a device what it is; `None` where it may not be opened or is no video device.
#[cfg(target_os = "linux")]
fn ask(path: &Path) -> Option<Device> {
    use std::os::fd::AsRawFd;

    /// `struct v4l2_capability`.
    #[repr(C)]
    struct Capability {
        driver: [u8; 16],
        card: [u8; 32],
        bus: [u8; 32],
        version: u32,
        capabilities: u32,
        device: u32,
        reserved: [u32; 3],
    }
    /// `VIDIOC_QUERYCAP`: reads 104 bytes, group `V`, number 0.
    const QUERY: libc::c_ulong =
        2 << 30 | (size_of::<Capability>() as libc::c_ulong) << 16 | (b'V' as libc::c_ulong) << 8;
    /// `V4L2_CAP_DEVICE_CAPS`: the field `device` is filled.
    const DEVICE: u32 = 0x8000_0000;

    let file = fs::File::options().read(true).write(true).open(path).ok()?;
    let mut told = Capability {
        driver: [0; 16],
        card: [0; 32],
        bus: [0; 32],
        version: 0,
        capabilities: 0,
        device: 0,
        reserved: [0; 3],
    };
    // SAFETY: the request writes a v4l2_capability, which `told` is, and the descriptor is open.
    let done = unsafe { libc::ioctl(file.as_raw_fd(), QUERY as _, &raw mut told) };
    let text =
        |bytes: &[u8]| String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or(bytes)).into_owned();
    (done == 0).then(|| Device {
        path: path.to_owned(),
        driver: text(&told.driver),
        card: text(&told.card),
        capabilities: if told.capabilities & DEVICE != 0 { told.device } else { told.capabilities },
    })
}

#[cfg(not(target_os = "linux"))]
fn ask(_path: &Path) -> Option<Device> {
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    fn device(number: u32, driver: &str, card: &str, capabilities: u32) -> Device {
        let path = PathBuf::from(format!("/dev/video{number}"));
        Device { path, driver: driver.to_owned(), card: card.to_owned(), capabilities }
    }

    #[test]
    fn a_device_is_found_by_what_it_says() {
        let camera = device(0, "uvcvideo", "Standin camera", 1);
        let (busy, first) = (device(8, DRIVER, "Dummy", 1), device(9, DRIVER, "OBS", 3));
        let named = device(10, DRIVER, "Standin", 2);
        let all = [camera.clone(), busy.clone(), first.clone(), named.clone()];
        assert_eq!(choose(&all, None).unwrap(), named);
        assert_eq!(choose(&all[..3], None).unwrap(), first);
        assert_eq!(choose(&all, Some(&first.path)).unwrap(), first);
        assert_eq!(choose(&all[..2], None), Err(Fault::NoLoopback));
        for wrong in [&camera.path, &busy.path] {
            assert!(matches!(choose(&all, Some(wrong)), Err(Fault::Loopback { .. })));
        }
    }

    #[test]
    fn how_to_get_one_is_said() {
        let text = Fault::NoLoopback.to_string();
        for words in
            ["apt install v4l2loopback-dkms", "dnf install", "pacman -S", "modprobe v4l2loopback exclusive_caps=1"]
        {
            assert!(text.contains(words), "no {words} in {text}");
        }
    }

    #[test]
    fn a_file_that_is_no_device_is_none() {
        assert_eq!(ask(Path::new("/dev/null")), None);
        assert_eq!(ask(Path::new("/dev/nowhere")), None);
    }
}
