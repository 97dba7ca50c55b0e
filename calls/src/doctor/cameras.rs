//! Cameras, and the formats that they offer.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gst::prelude::*;

use super::Finding;
use crate::mend;
use crate::video_device::VideoDevice;

const AREA: &str = "Cameras";

/// A camera, or a device that might be one.
#[derive(Debug)]
pub(super) struct Camera {
    path: PathBuf,
    name: String,
    /// A format each, or why there are none.
    formats: Result<Vec<String>, String>,
}

/// Asks every device from which frames can be read, v4l2loopback's left out.
pub(super) fn gather(devices: &[VideoDevice]) -> Vec<Camera> {
    let cameras = devices.iter().filter(|device| !device.is_loopback());
    let camera = |device: &VideoDevice| match &device.words {
        Ok(words) if words.capture => {
            Some(Camera { path: device.path.clone(), name: words.card.clone(), formats: formats(&device.path) })
        }
        Ok(_) => None,
        Err(reason) => Some(Camera { path: device.path.clone(), name: String::new(), formats: Err(reason.clone()) }),
    };
    cameras.filter_map(camera).collect()
}

/// What `v4l2src` finds when it probes the device.
fn formats(path: &std::path::Path) -> Result<Vec<String>, String> {
    let source = gst::ElementFactory::make("v4l2src").property("device", path.display().to_string());
    let source = source.build().map_err(|error| error.to_string())?;
    let said = source.set_state(gst::State::Ready).map_err(|error| error.to_string());
    let caps = said.and_then(|_| source.static_pad("src").ok_or_else(|| "v4l2src has no pad".to_owned()));
    let formats = caps.map(|pad| summary(&pad.query_caps(None)));
    let _ = source.set_state(gst::State::Null);
    formats
}

/// The largest picture of each format, and its highest rate.
fn summary(caps: &gst::Caps) -> Vec<String> {
    let mut largest: BTreeMap<String, (i32, i32, f64)> = BTreeMap::new();
    for structure in caps.iter() {
        let name = match (structure.name().as_str(), structure.get::<&str>("format")) {
            ("video/x-raw", Ok(format)) => format.to_owned(),
            ("image/jpeg", _) => "JPEG".to_owned(),
            ("video/x-h264", _) => "H.264".to_owned(),
            (other, _) => other.to_owned(),
        };
        let side = |field: &str| {
            let range = || structure.get::<gst::IntRange<i32>>(field).map(|range| range.max());
            structure.get::<i32>(field).or_else(|_| range()).unwrap_or(0)
        };
        let found = (side("width"), side("height"), fastest(structure));
        let kept = largest.entry(name).or_insert(found);
        let area = |(width, height, rate): (i32, i32, f64)| (i64::from(width) * i64::from(height), rate);
        if area(found) > area(*kept) {
            *kept = found;
        }
    }
    largest.into_iter().map(|(name, (w, h, rate))| format!("{name} up to {w}x{h} at {rate:.0}")).collect()
}

/// Frames a second: the most of a list or a range.
fn fastest(structure: &gst::StructureRef) -> f64 {
    let number = |fraction: gst::Fraction| f64::from(fraction.numer()) / f64::from(fraction.denom().max(1));
    if let Ok(fraction) = structure.get::<gst::Fraction>("framerate") {
        return number(fraction);
    }
    if let Ok(range) = structure.get::<gst::FractionRange>("framerate") {
        return number(range.max());
    }
    let list = structure.get::<gst::List>("framerate").unwrap_or_default();
    list.iter().filter_map(|value| value.get::<gst::Fraction>().ok()).map(number).fold(0.0, f64::max)
}

pub(super) fn findings(cameras: &[Camera]) -> Vec<Finding> {
    if cameras.is_empty() {
        let mend = "plug a camera in, or give `standin webcam` a file, an address or the screen";
        return vec![Finding::note(AREA, "camera", "none", mend)];
    }
    let finding = |camera: &Camera| {
        let what = camera.path.display().to_string();
        match &camera.formats {
            Ok(formats) if !formats.is_empty() => {
                Finding::good(AREA, what, format!("{}: {}", camera.name, formats.join(", ")))
            }
            Ok(_) => Finding::note(AREA, what, format!("{} offers no format", camera.name), "plug it in again"),
            Err(reason) if reason.contains("Permission denied") => {
                Finding::note(AREA, what, reason.clone(), mend::CAMERA_GROUP)
            }
            Err(reason) => {
                let mend = "close the application that uses it, or plug it in again";
                Finding::note(AREA, what, reason.clone(), mend)
            }
        }
    };
    cameras.iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;
    use crate::doctor::State;

    #[test]
    fn formats_are_summed_up() {
        gst::init().unwrap();
        let caps = "video/x-raw,format=YUY2,width=640,height=480,framerate={(fraction)30/1,(fraction)15/1};\
                    video/x-raw,format=YUY2,width=1280,height=720,framerate=10/1;\
                    image/jpeg,width=1920,height=1080,framerate=[1/1,60/1];\
                    video/x-h264,width=[320,1920],height=[240,1080],framerate=30/1";
        let expected = ["H.264 up to 1920x1080 at 30", "JPEG up to 1920x1080 at 60", "YUY2 up to 1280x720 at 10"];
        assert_eq!(summary(&caps.parse().unwrap()), expected);
    }

    #[test]
    fn no_camera_and_a_forbidden_one_are_notes() {
        assert_eq!(findings(&[])[0].state, State::Note);
        let reason = "Permission denied (os error 13)".to_owned();
        let camera = Camera { path: "/dev/video0".into(), name: String::new(), formats: Err(reason) };
        let found = findings(&[camera]);
        assert!(found[0].mend.as_deref().is_some_and(|mend| mend.contains("usermod -aG video")), "{found:?}");
    }
}
