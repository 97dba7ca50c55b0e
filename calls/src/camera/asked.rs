//! A camera with what is asked of it: the bin that reads it, and the same as words of a `gst-launch-1.0` line.

use super::{Camera, Coding, Format, Wanted, probe, source};
use crate::fault::Fault;

/// A camera, and what is asked of it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Which camera.
    pub camera: Camera,
    /// One of its formats; `None` where it says none that it gives, and is asked for whatever it has.
    pub format: Option<Format>,
    wanted: Wanted,
}

impl Asked {
    /// For a wish of that size. `broken` are formats that the camera says it has and does not give.
    pub fn of(camera: Camera, wanted: Wanted, broken: &[Format]) -> Self {
        let format = probe::ask(&camera, wanted, broken);
        Self { camera, format, wanted }
    }

    fn caps(&self) -> String {
        self.format.as_ref().map_or_else(|| unknown(self.wanted), |format| probe::caps(format).to_string())
    }

    /// What makes plain pixels of what comes, where that may be something else.
    fn decoder(&self) -> Option<&'static str> {
        match self.format.as_ref().map(|format| &format.coding) {
            Some(Coding::Raw(_)) => None,
            Some(Coding::Jpeg) => Some("jpegdec"),
            Some(Coding::H264) | None => Some("decodebin"),
        }
    }

    /// The bin that reads it.
    pub(super) fn bin(&self) -> Result<gst::Bin, Fault> {
        let failed = |reason: String| Fault::Input { input: self.camera.name.clone(), reason };
        let decoder = self.decoder().unwrap_or("identity");
        source::from_element(&self.camera.element()?, &self.caps(), decoder, failed)
    }

    /// The words of a `gst-launch-1.0` line that read it.
    pub fn words(&self) -> Vec<String> {
        // Which types the fields have goes without saying.
        let dull = [" ", "(int)", "(string)", "(fraction)"];
        let caps = dull.iter().fold(self.caps(), |caps, dull| caps.replace(dull, ""));
        let decoder = self.decoder().into_iter().flat_map(|decoder| ["!", decoder]).map(str::to_owned);
        self.camera.words().into_iter().chain(["!".to_owned(), caps]).chain(decoder).collect()
    }
}

/// Caps for a camera that does not say what it can give, which is asked as it is linked: for what is wanted, else for
/// less, else for anything; for plain pixels, else for JPEG pictures.
fn unknown(Wanted { width, height, rate }: Wanted) -> String {
    let of = |name: &str| {
        format!(
            "{name},width={width},height={height},framerate={rate}/1; {name},width={width},height={height}; \
             {name},width=[1,{width}],height=[1,{height}]"
        )
    };
    let (raw, jpeg) = ("video/x-raw", "image/jpeg");
    format!("{}; {}; {raw}; {jpeg}", of(raw), of(jpeg))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn a_camera_that_says_nothing_is_asked_for_what_is_wanted() {
        gst::init().unwrap();
        let caps: gst::Caps = unknown(Wanted { width: 640, height: 360, rate: 30 }).parse().unwrap();
        let given: gst::Caps = "video/x-raw,width=[16,1920],height=[16,1080],framerate=[1/1,60/1]".parse().unwrap();
        let first = caps.intersect_with_mode(&given, gst::CapsIntersectMode::First);
        let first = first.structure(0).unwrap();
        assert_eq!((first.get::<i32>("width").unwrap(), first.get::<i32>("height").unwrap()), (640, 360));
        for odd in ["video/x-raw,width=1000,height=1000", "image/jpeg,width=1000,height=1000"] {
            let odd: gst::Caps = odd.parse().unwrap();
            assert!(caps.can_intersect(&odd), "what it has is taken");
        }
    }

    #[test]
    fn a_line_asks_a_camera_for_what_the_call_asks() {
        gst::init().unwrap();
        let wanted = Wanted { width: 640, height: 360, rate: 30 };
        let line = |coding: Coding| {
            let mut camera = Camera::for_test("Face cam", Some("/dev/video2"), "");
            camera.formats = vec![Format { coding, width: 640, height: 360, rate: (30, 1) }];
            Asked::of(camera, wanted, &[]).words().join(" ")
        };
        assert_eq!(
            line(Coding::Raw("YUY2".to_owned())),
            "v4l2src device=/dev/video2 ! video/x-raw,width=640,height=360,format=YUY2,framerate=30/1"
        );
        assert_eq!(
            line(Coding::Jpeg),
            "v4l2src device=/dev/video2 ! image/jpeg,width=640,height=360,framerate=30/1 ! jpegdec"
        );
        let silent = Asked::of(Camera::for_test("Phone", None, "phone"), wanted, &[]).words();
        assert!(silent[1] == "target-object=phone" && silent[5] == unknown(wanted).replace(' ', ""), "{silent:?}");
        assert_eq!(silent[6..], ["!", "decodebin"]);
    }
}
