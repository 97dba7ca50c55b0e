//! What can be wrong with the machine or with what was asked for, each as one sentence that ends with its mend: where
//! the machine lacks something, the same line that [`mend`] has for it everywhere else.

use std::path::PathBuf;

use crate::mend;

/// A fault that its user can mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// GStreamer has no such element.
    #[error("GStreamer has no element `{element}`; mend: {}", mend::element(element))]
    NoElement {
        /// The element's name.
        element: String,
    },
    /// GStreamer lacks what decodes an input.
    #[error("GStreamer has no decoder for {input}; mend: {}", mend::part(mend::Part::Libav))]
    NoDecoder {
        /// Which.
        input: String,
    },
    /// No camera at all.
    #[error("no camera is found; plug one in, or name an input: a file, a URI, `screen` or `test`")]
    NoCamera,
    /// None of that name.
    #[error("no camera is called '{wanted}'; there is {}", list(.found))]
    UnknownCamera {
        /// What was asked for.
        wanted: String,
        /// What there is.
        found: Vec<String>,
    },
    /// Another program has it.
    #[error("{camera} is in use by another program; close that, or choose another camera with --camera")]
    BusyCamera {
        /// Which.
        camera: String,
    },
    /// The system does not let it be opened.
    #[error("{camera} may not be opened; mend: {}", mend::CAMERA_GROUP)]
    ForbiddenCamera {
        /// Which.
        camera: String,
    },
    /// It says that it has a format, and does not give it.
    #[error(
        "{camera} does not give {format}, though it says so ({reason}); another format is tried: if none is good, choose a smaller --size, or another camera with --camera"
    )]
    BrokenFormat {
        /// Which.
        camera: String,
        /// What was asked for.
        format: String,
        /// How that ended.
        reason: String,
    },
    /// It is open and nothing comes.
    #[error("{input} gives no pictures; {}", .mend)]
    Silent {
        /// Which.
        input: String,
        /// What may bring them: [`crate::camera::Source::mend_of_silence`].
        mend: &'static str,
    },
    /// `faceswap` cannot go on; its own sentence has the mend.
    #[error("{0}")]
    Swap(String),
    /// The consent of the model has ended; the record's own sentence has the mend.
    #[error("{0}")]
    Consent(String),
    /// The input failed in a way of its own.
    #[error("{input}: {reason}; it is tried again: if it stays so, try another --size, or another input")]
    Input {
        /// Which.
        input: String,
        /// GStreamer's words.
        reason: String,
    },
    /// A defect of this program.
    #[error("the call has ended by a defect of Standin ({what}); start it again, and report what it printed")]
    Defect {
        /// In the program's words.
        what: String,
    },
    /// The input is over.
    #[error("{input} has ended; it is opened again")]
    Ended {
        /// Which.
        input: String,
    },
    /// A file that is not there.
    #[error("there is no file {}; check the path, or put it there: it is looked for again", path.display())]
    NoFile {
        /// Which.
        path: PathBuf,
    },
    /// No desktop, and so no screen.
    #[error("there is no screen to take: neither DISPLAY nor WAYLAND_DISPLAY is set; start it from a desktop session")]
    NoScreen,
    /// The desktop asks its user what to share.
    #[error("the desktop asks which screen or window to share; choose one there")]
    ScreenAsked,
    /// The user shares nothing, or nothing more.
    #[error(
        "no screen is shared: that was refused, or ended, on the desktop; to be asked again, start this again, or press Reconnect in the panel"
    )]
    ScreenRefused,
    /// The desktop has no portal that shares a screen.
    #[error("the desktop's portal gives no screen ({reason}); mend: {}", mend::screen_portal())]
    NoScreenPortal {
        /// Why, in the bus's words.
        reason: String,
    },
    /// The desktop's portal has ended, does not answer, or found nothing to share.
    #[error(
        "the desktop's portal shares no screen now ({reason}); to ask again, start this again, or press Reconnect in the panel"
    )]
    ScreenLost {
        /// Why.
        reason: String,
    },
    /// No PipeWire daemon.
    #[error("PipeWire does not answer ({reason}); mend: {}", mend::pipewire())]
    NoPipeWire {
        /// Why.
        reason: String,
    },
    /// No v4l2loopback device.
    #[error("no v4l2loopback device is loaded; mend: {}", mend::loopback())]
    NoLoopback,
    /// A file that was named as one and is none.
    #[error("{} is no v4l2loopback device: {what}; {}", device.display(), instead(.loaded))]
    NotLoopback {
        /// What was asked for.
        device: PathBuf,
        /// What it is.
        what: String,
        /// The v4l2loopback devices that there are.
        loaded: Vec<String>,
    },
    /// One that cannot be written to.
    #[error("the v4l2loopback device {} cannot be written to: {reason}; close what else writes to it, or load another", device.display())]
    Loopback {
        /// Which.
        device: PathBuf,
        /// Why.
        reason: String,
    },
    /// An extension that names no container.
    #[error("{} is neither .mkv nor .mp4; name the recording with one of these endings", path.display())]
    RecordName {
        /// What was asked for.
        path: PathBuf,
    },
    /// A recording that cannot be written.
    #[error("the recording {} fails: {reason}; choose another place for it", path.display())]
    Record {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The preview window.
    #[error("the preview cannot be shown: {0}; leave --preview out, or start it from a desktop session")]
    Preview(String),
    /// The microphone.
    #[error("the microphone: {0}; check it in the system's sound settings, or leave --audio out")]
    Microphone(String),
    /// A property that `faceswap` does not have.
    #[error("faceswap has no property '{name}'; it has {}", list(.known))]
    NoProperty {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A value that a property does not take.
    #[error("'{value}' is no value of faceswap's property '{name}', which takes {takes}")]
    BadValue {
        /// The property.
        name: String,
        /// What was asked for.
        value: String,
        /// Its values.
        takes: String,
    },
}

impl Fault {
    /// Whether an input with this fault is tried again, and the sentence does not say so itself.
    pub(crate) fn is_tried_again(&self) -> bool {
        !matches!(self, Self::Input { .. } | Self::BrokenFormat { .. } | Self::NoFile { .. } | Self::Ended { .. })
            && !self.is_users()
    }

    /// Whether it is for the user to decide, so that nothing is tried without a word.
    pub(crate) fn is_users(&self) -> bool {
        matches!(self, Self::ScreenAsked | Self::ScreenRefused | Self::NoScreenPortal { .. } | Self::ScreenLost { .. })
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// What to do without a v4l2loopback device that was named.
fn instead(loaded: &[String]) -> String {
    match loaded {
        [] => format!("mend: {}", mend::loopback()),
        _ => format!("choose {} with --loopback", loaded.join(" or ")),
    }
}

/// GStreamer's error about a pipeline's words: an element that is missing, else what `name` makes of it.
pub fn unparsed(error: &gst::glib::Error, name: impl FnOnce(String) -> Fault) -> Fault {
    let element = error.message().split_once('"').and_then(|(_, rest)| rest.split_once('"'));
    match element {
        Some((element, _)) if error.matches(gst::ParseError::NoSuchElement) => {
            Fault::NoElement { element: element.to_owned() }
        }
        _ => name(error.message().to_owned()),
    }
}

/// An element by its factory's name.
///
/// # Errors
/// [`Fault::NoElement`].
pub fn make(element: &str) -> Result<gst::Element, Fault> {
    let missing = |_| Fault::NoElement { element: element.to_owned() };
    gst::ElementFactory::make(element).build().map_err(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mend::Part;

    #[test]
    fn words_with_an_element_that_is_missing_name_it() {
        let _ = gst::init();
        let of = |words: &str| gst::parse::launch(words).map_err(|error| unparsed(&error, Fault::Preview)).err();
        assert_eq!(of("fakesrc ! nonesuch"), Some(Fault::NoElement { element: "nonesuch".to_owned() }));
        assert!(matches!(of("fakesrc ! ! fakesink"), Some(Fault::Preview(_))));
    }

    #[test]
    fn a_fault_of_the_machine_ends_with_the_line_that_mends_it_here() {
        let ends = |fault: Fault, line: String| {
            let text = fault.to_string();
            assert!(text.ends_with(&format!("; mend: {line}")), "{text}");
        };
        ends(Fault::NoElement { element: "x264enc".to_owned() }, mend::part(Part::Ugly));
        ends(Fault::NoPipeWire { reason: "gone".to_owned() }, mend::pipewire());
        ends(Fault::NoLoopback, mend::loopback());
        let not = |loaded: &[&str]| Fault::NotLoopback {
            device: "/dev/video9".into(),
            what: "there is no such file".to_owned(),
            loaded: loaded.iter().map(|path| (*path).to_owned()).collect(),
        };
        ends(not(&[]), mend::loopback());
        assert!(
            not(&["/dev/video1", "/dev/video2"])
                .to_string()
                .ends_with("choose /dev/video1 or /dev/video2 with --loopback")
        );
        ends(Fault::ForbiddenCamera { camera: "it".to_owned() }, mend::CAMERA_GROUP.to_owned());
    }
}
