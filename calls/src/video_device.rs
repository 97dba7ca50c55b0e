//! The video devices of the kernel, and what each says it can do.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use rustix::ioctl::{Getter, ioctl, opcode};

/// What `VIDIOC_QUERYCAP` answers: `struct v4l2_capability` of the kernel.
#[repr(C)]
#[derive(Clone, Copy)]
struct Answer {
    driver: [u8; 16],
    card: [u8; 32],
    bus: [u8; 32],
    version: u32,
    capabilities: u32,
    device_capabilities: u32,
    reserved: [u32; 3],
}

/// Flags of [`Answer::capabilities`].
const CAPTURE: u32 = 0x1;
const OUTPUT: u32 = 0x2;
const CAPTURE_PLANES: u32 = 0x1000;
const OUTPUT_PLANES: u32 = 0x2000;
/// Whether `device_capabilities` holds what this device can, and not others of the same hardware.
const DEVICE_CAPABILITIES: u32 = 0x8000_0000;

/// A device, as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VideoDevice {
    /// Such as `/dev/video0`.
    pub(crate) path: PathBuf,
    /// Its words, or why it cannot be asked.
    pub(crate) words: Result<Words, String>,
}

/// What a device says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    /// The kernel's driver, such as `uvcvideo`.
    pub(crate) driver: String,
    /// The name that applications show.
    pub(crate) card: String,
    /// Frames can be read from it.
    pub(crate) capture: bool,
    /// Frames can be written to it.
    pub(crate) output: bool,
}

impl VideoDevice {
    /// Whether v4l2loopback made it: what one program writes to it, another reads.
    pub(crate) fn is_loopback(&self) -> bool {
        self.words.as_ref().is_ok_and(Words::is_loopback)
    }
}

/// Those that hardware stands behind, by number.
pub(crate) fn with_hardware() -> Vec<VideoDevice> {
    those(has_hardware)
}

/// Those that no hardware stands behind, by number: to open a camera may switch its lamp on.
pub(crate) fn without_hardware() -> Vec<VideoDevice> {
    those(|path| !has_hardware(path))
}

/// Whether hardware stands behind a device file; of one that is not known it is believed.
pub(crate) fn has_hardware(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    !std::fs::canonicalize(Path::new("/sys/class/video4linux").join(name)).is_ok_and(|place| is_virtual(&place))
}

fn is_virtual(place: &Path) -> bool {
    place.starts_with("/sys/devices/virtual")
}

fn those(wanted: impl Fn(&Path) -> bool) -> Vec<VideoDevice> {
    let entries = std::fs::read_dir("/dev").into_iter().flatten().flatten();
    let number = |path: &PathBuf| path.file_name()?.to_str()?.strip_prefix("video")?.parse::<u32>().ok();
    let mut paths: Vec<_> = entries.filter_map(|entry| Some((number(&entry.path())?, entry.path()))).collect();
    paths.sort();
    paths
        .into_iter()
        .filter(|(_, path)| wanted(path))
        .map(|(_, path)| VideoDevice { words: ask(&path).map_err(|error| error.to_string()), path })
        .collect()
}

/// What the device says of itself.
///
/// # Errors
/// It cannot be opened, or is no video device.
pub(crate) fn ask(path: &Path) -> std::io::Result<Words> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    // SAFETY: the kernel's header has this number and this layout for VIDIOC_QUERYCAP, which only fills the struct.
    let answer: Answer = unsafe { ioctl(&file, Getter::<{ opcode::read::<Answer>(b'V', 0) }, Answer>::new()) }?;
    Ok(Words::of(&answer))
}

impl Words {
    /// Whether they are those of v4l2loopback's driver.
    pub(crate) fn is_loopback(&self) -> bool {
        self.driver == "v4l2 loopback"
    }

    fn of(answer: &Answer) -> Self {
        let text = |bytes: &[u8]| {
            let bytes = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        };
        let can = match answer.capabilities & DEVICE_CAPABILITIES {
            0 => answer.capabilities,
            _ => answer.device_capabilities,
        };
        Self {
            driver: text(&answer.driver),
            card: text(&answer.card),
            capture: can & (CAPTURE | CAPTURE_PLANES) != 0,
            output: can & (OUTPUT | OUTPUT_PLANES) != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn the_answer_is_read_as_the_kernel_lays_it_out() {
        assert_eq!(size_of::<Answer>(), 104);
        assert_eq!(opcode::read::<Answer>(b'V', 0), 0x8068_5600);
        let mut answer = Answer {
            driver: [0; 16],
            card: [0; 32],
            bus: [0; 32],
            version: 0,
            capabilities: DEVICE_CAPABILITIES | CAPTURE | OUTPUT,
            device_capabilities: OUTPUT,
            reserved: [0; 3],
        };
        answer.driver[..13].copy_from_slice(b"v4l2 loopback");
        answer.card[..7].copy_from_slice(b"Standin");
        let words = Words::of(&answer);
        let expected =
            Words { driver: "v4l2 loopback".to_owned(), card: "Standin".to_owned(), capture: false, output: true };
        assert_eq!(words, expected);
        assert!(VideoDevice { path: "/dev/video9".into(), words: Ok(words) }.is_loopback());
    }

    #[test]
    fn hardware_is_told_by_its_place() {
        assert!(is_virtual(Path::new("/sys/devices/virtual/video4linux/video9")));
        assert!(!is_virtual(Path::new("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/video4linux/video0")));
        assert!(!is_virtual(Path::new("")));
    }

    #[test]
    fn a_file_is_no_device() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("video0");
        std::fs::write(&path, "").unwrap();
        assert!(ask(&path).is_err());
    }
}
