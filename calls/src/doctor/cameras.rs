//! Cameras, and the formats that they offer: those that a call finds.

use std::collections::BTreeMap;

use super::Finding;
use crate::camera::{Camera, Coding, Format, Found, Refused};
use crate::mend;

const AREA: &str = "Cameras";

/// The largest picture of each coding, and its highest rate.
fn summary(formats: &[Format]) -> Vec<String> {
    let mut largest: BTreeMap<&str, &Format> = BTreeMap::new();
    for format in formats {
        let name = match &format.coding {
            Coding::Raw(pixels) => pixels,
            Coding::Jpeg => "JPEG",
            Coding::H264 => "H.264",
        };
        let kept = largest.entry(name).or_insert(format);
        if (area(format), rate(format)) > (area(kept), rate(kept)) {
            *kept = format;
        }
    }
    let words = |(name, format): (&str, &Format)| {
        format!("{name} up to {}x{} at {:.0}", format.width, format.height, rate(format))
    };
    largest.into_iter().map(words).collect()
}

fn area(format: &Format) -> u64 {
    u64::from(format.width) * u64::from(format.height)
}

/// Frames a second.
fn rate(format: &Format) -> f64 {
    f64::from(format.rate.0) / f64::from(format.rate.1.max(1))
}

pub(super) fn findings(found: &Found) -> Vec<Finding> {
    let mut findings: Vec<_> = found.cameras.iter().map(camera).chain(found.refused.iter().map(refused)).collect();
    if found.cameras.iter().all(|camera| camera.is_loopback) && found.refused.is_empty() {
        let mend = "plug a camera in, or give `standin webcam` a file, an address or the screen";
        findings.insert(0, Finding::note(AREA, "camera", "none with hardware behind it", mend));
    }
    findings
}

fn camera(camera: &Camera) -> Finding {
    match &camera.path {
        Some(path) if camera.formats.is_empty() && camera.is_loopback => {
            let detail = format!("{} (v4l2loopback): no program writes to it", camera.name);
            Finding::good(AREA, path, detail)
        }
        Some(path) if camera.formats.is_empty() => {
            Finding::note(AREA, path, format!("{} offers no format", camera.name), "plug it in again")
        }
        Some(path) => {
            let written = if camera.is_loopback { " (v4l2loopback: what another program writes)" } else { "" };
            let formats = summary(&camera.formats).join(", ");
            Finding::good(AREA, path, format!("{}{written}: {formats}", camera.name))
        }
        None => Finding::good(AREA, "PipeWire", camera.name.clone()),
    }
}

fn refused(refused: &Refused) -> Finding {
    let mend = match refused.reason.contains("Permission denied") {
        true => mend::CAMERA_GROUP,
        false => "close the application that uses it, or plug it in again",
    };
    Finding::note(AREA, refused.path.display().to_string(), refused.reason.clone(), mend)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;
    use crate::camera::probe;
    use crate::doctor::State;

    #[test]
    fn formats_are_summed_up() {
        gst::init().unwrap();
        let caps: gst::Caps = "video/x-raw,format=YUY2,width=640,height=480,framerate={(fraction)30/1,(fraction)15/1};\
                               video/x-raw,format=YUY2,width=1280,height=720,framerate=10/1;\
                               image/jpeg,width=1920,height=1080,framerate=[1/1,60/1];\
                               video/x-h264,width=[320,1920],height=[240,1080],framerate=30/1"
            .parse()
            .unwrap();
        let expected = ["H.264 up to 1920x1080 at 30", "JPEG up to 1920x1080 at 60", "YUY2 up to 1280x720 at 10"];
        assert_eq!(summary(&probe::formats(&caps)), expected);
    }

    #[test]
    fn no_camera_and_a_forbidden_one_are_notes() {
        assert_eq!(findings(&Found::default())[0].state, State::Note);
        let reason = "Permission denied (os error 13)".to_owned();
        let refused = vec![Refused { path: "/dev/video0".into(), reason }];
        let found = findings(&Found { refused, ..Found::default() });
        assert_eq!(found.len(), 1);
        assert!(found[0].mend.as_deref().is_some_and(|mend| mend.contains("usermod -aG video")), "{found:?}");
    }
}
