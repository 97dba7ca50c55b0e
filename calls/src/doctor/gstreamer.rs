//! GStreamer, the element `faceswap`, and the elements that each command needs.

use std::collections::BTreeSet;

use gst::prelude::*;

use super::{Finding, State};
use crate::element;
use crate::mend::{self, Distribution, Part, part_of_element};

const AREA: &str = "GStreamer";

/// The oldest release that is built against.
const OLDEST: (u32, u32) = (1, 22);

/// What commands need: the element, for what, and whether there is no `standin webcam` without it.
const ELEMENTS: [(&str, &str, State); 38] = [
    ("queue", "everything", State::Fault),
    ("appsrc", "webcam", State::Fault),
    ("appsink", "everything", State::Fault),
    ("decodebin", "clips", State::Fault),
    ("uridecodebin", "webcam from files and URIs", State::Fault),
    ("videoconvert", "everything", State::Fault),
    ("videoconvertscale", "webcam", State::Fault),
    ("deinterlace", "webcam", State::Fault),
    ("videorate", "webcam", State::Fault),
    ("videoflip", "webcam", State::Fault),
    ("v4l2src", "webcam: cameras", State::Fault),
    ("jpegdec", "webcam: cameras that send JPEG", State::Fault),
    ("videotestsrc", "webcam: a test without the test clip", State::Note),
    ("h264parse", "webcam: cameras and streams of H.264, and --record", State::Note),
    ("avdec_h264", "clips, cameras and streams of H.264", State::Note),
    ("pipewiresink", "webcam: the camera that browsers see", State::Note),
    ("pipewiresrc", "webcam: cameras of PipeWire", State::Note),
    ("v4l2sink", "webcam: the camera that all applications see", State::Note),
    ("jpegenc", "panel: preview", State::Note),
    ("qtdemux", "clips in MP4", State::Note),
    ("x264enc", "webcam --record", State::Note),
    ("mp4mux", "webcam --record to MP4", State::Note),
    ("matroskamux", "webcam --record to Matroska", State::Note),
    ("autovideosink", "webcam --preview", State::Note),
    ("ximagesrc", "webcam from the screen", State::Note),
    ("pulsesrc", "webcam --audio", State::Note),
    ("audioconvert", "webcam --audio", State::Note),
    ("audioresample", "webcam --audio", State::Note),
    ("audiobuffersplit", "webcam --audio", State::Note),
    ("audiotestsrc", "webcam --record with --audio", State::Note),
    ("audiomixer", "webcam --record with --audio", State::Note),
    ("opusenc", "webcam --record to Matroska with --audio", State::Note),
    ("avenc_aac", "webcam --record to MP4 with --audio", State::Note),
    ("rtspsrc", "webcam from RTSP", State::Note),
    ("srtsrc", "webcam from SRT", State::Note),
    ("tsdemux", "webcam from SRT and other transport streams", State::Note),
    ("souphttpsrc", "webcam from HTTP", State::Note),
    ("videobox", "bench --pad", State::Note),
];

/// What was found of GStreamer.
#[derive(Debug)]
pub(super) struct Facts {
    /// Its release, or why it does not start.
    pub(super) version: Result<(u32, u32, u32), String>,
    /// The release of the plugin that holds `faceswap`, or why there is none.
    pub(super) faceswap: Result<String, String>,
    /// The elements of the table that there are.
    pub(super) elements: BTreeSet<&'static str>,
}

impl Facts {
    fn absent(reason: String) -> Self {
        Self { version: Err(reason), faceswap: Err("GStreamer does not start".to_owned()), elements: BTreeSet::new() }
    }

    pub(super) fn gather() -> Self {
        if let Err(error) = gst::init() {
            return Self::absent(error.to_string());
        }
        let (major, minor, micro, _) = gst::version();
        let release = |factory: gst::ElementFactory| factory.plugin().map(|plugin| plugin.version().to_string());
        let faceswap = element::load().map_err(|error| format!("{error:#}"));
        Self {
            version: Ok((major, minor, micro)),
            faceswap: faceswap.map(|factory| release(factory).unwrap_or_else(|| "its release is not said".to_owned())),
            elements: ELEMENTS.map(|(name, ..)| name).into_iter().filter(|name| there(name)).collect(),
        }
    }
}

fn there(name: &str) -> bool {
    gst::ElementFactory::find(name).is_some()
}

pub(super) fn findings(facts: &Facts, here: Distribution) -> Vec<Finding> {
    let (major, minor, micro) = match &facts.version {
        Ok(version) => *version,
        Err(reason) => {
            return vec![Finding::fault(
                AREA,
                "GStreamer",
                format!("does not start: {reason}"),
                here.bring(Part::Base),
            )];
        }
    };
    let release = format!("{major}.{minor}.{micro}");
    let mut findings = vec![if (major, minor) < OLDEST {
        let mend = format!("use a distribution with GStreamer {}.{} or newer", OLDEST.0, OLDEST.1);
        Finding::fault(AREA, "GStreamer", format!("{release} is too old"), mend)
    } else {
        Finding::good(AREA, "GStreamer", release)
    }];
    findings.push(match &facts.faceswap {
        Ok(release) => Finding::good(AREA, "faceswap", release.clone()),
        Err(reason) => Finding::fault(AREA, "faceswap", reason.clone(), mend::FACESWAP),
    });
    let missing = |name: &str| !facts.elements.contains(name);
    let lacks = ELEMENTS.into_iter().filter(|(name, ..)| missing(name)).map(|(name, purpose, state)| {
        let part = part_of_element(name).unwrap_or(Part::Base);
        Finding::bad(AREA, state, name, format!("missing ({purpose})"), here.bring(part))
    });
    findings.extend(lacks);
    if facts.elements.len() == ELEMENTS.len() {
        findings.push(Finding::good(AREA, "plugins", "all that the commands use are there"));
    }
    findings
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    fn complete() -> Facts {
        let elements = ELEMENTS.map(|(name, ..)| name).into();
        Facts { version: Ok((1, 22, 0)), faceswap: Ok("0.1.0".to_owned()), elements }
    }

    #[test]
    fn a_complete_gstreamer_has_no_fault() {
        let findings = findings(&complete(), Distribution::Debian);
        assert!(findings.iter().all(|finding| finding.state == State::Good && finding.mend.is_none()), "{findings:?}");
    }

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        let mut facts = complete();
        facts.elements.remove("v4l2src");
        facts.elements.remove("x264enc");
        facts.faceswap = Err("no element".to_owned());
        let found = findings(&facts, Distribution::Arch);
        let of = |what: &str| found.iter().find(|finding| finding.what == what).unwrap();
        assert_eq!(of("v4l2src").state, State::Fault);
        assert_eq!(of("v4l2src").mend.as_deref(), Some("sudo pacman -S --needed gst-plugins-good"));
        assert_eq!(of("x264enc").state, State::Note);
        assert_eq!(of("faceswap").state, State::Fault);
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn an_old_or_absent_gstreamer_is_a_fault() {
        let old = Facts { version: Ok((1, 20, 3)), ..complete() };
        let found = findings(&old, Distribution::Debian);
        assert!(found[0].state == State::Fault && found[0].detail.contains("too old"), "{found:?}");
        let absent = Facts::absent("no library".to_owned());
        assert_eq!(findings(&absent, Distribution::Debian).len(), 1);
    }

    #[test]
    fn every_element_that_a_call_uses_is_in_the_table() {
        let sources = [
            include_str!("../call/swap_line.rs"),
            include_str!("../camera/probe.rs"),
            include_str!("../camera/source.rs"),
            include_str!("../outlet/door.rs"),
            include_str!("../outlet/loopback.rs"),
            include_str!("../outlet/microphone.rs"),
            include_str!("../outlet/pipewire.rs"),
            include_str!("../outlet/record.rs"),
            include_str!("../outlet/window.rs"),
        ];
        let letters = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
        let words = sources.iter().flat_map(|source| source.split(letters));
        // Those of GStreamer itself come with it.
        let used: BTreeSet<_> =
            words.filter(|word| part_of_element(word).is_some_and(|p| p != Part::GStreamer)).collect();
        assert!(used.len() > 15, "{used:?}");
        for word in used {
            assert!(ELEMENTS.iter().any(|(name, ..)| *name == word), "{word}");
        }
    }

    #[test]
    fn every_element_of_the_table_has_a_package() {
        for (name, ..) in ELEMENTS {
            assert!(part_of_element(name).is_some(), "{name}");
        }
    }
}
