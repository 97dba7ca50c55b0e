//! What a camera says it has and does not give: it is asked for something else the next time.

use crate::camera::Format;
use crate::fault::Fault;

/// So many formats of a camera are tried before it is taken for silent altogether.
const MOST: usize = 4;

/// Formats of the input that is opened again and again.
#[derive(Debug, Default)]
pub(super) struct Promises {
    /// The one that is asked for now.
    asked: Option<Format>,
    /// The one with which no picture came: that happens, once, to any camera.
    silent: Option<Format>,
    /// Those that were asked for in vain.
    broken: Vec<Format>,
}

impl Promises {
    /// Those that are not to be asked for.
    pub(super) fn broken(&self) -> &[Format] {
        &self.broken
    }

    /// This one is asked for now; `None` where the camera is asked for whatever it has, which leaves nothing to try but
    /// all of it again.
    pub(super) fn ask(&mut self, format: Option<Format>) {
        if format.is_none() {
            self.broken.clear();
        }
        self.asked = format;
    }

    /// The input is closed: nothing is asked for.
    pub(super) fn close(&mut self) {
        self.asked = None;
    }

    /// The input failed, having given pictures or none; gives what is to be said.
    pub(super) fn fail(&mut self, fault: Fault, gave: bool) -> Fault {
        let asked = self.asked.take().filter(|_| !gave);
        let (format, camera, reason) = match (asked, &fault) {
            (Some(format), Fault::Input { input, reason }) => (format, input, reason.as_str()),
            (Some(format), Fault::Silent { .. }) if self.silent.as_ref() != Some(&format) => {
                self.silent = Some(format);
                return fault;
            }
            (Some(format), Fault::Silent { input, .. }) => (format, input, "no picture comes"),
            (None, Fault::Input { .. } | Fault::Silent { .. }) => return fault,
            // It is not there, or another program has it: nothing of the format. What comes back is asked for all again.
            _ => {
                *self = Self::default();
                return fault;
            }
        };
        if self.broken.len() >= MOST {
            *self = Self::default();
            return fault;
        }
        let said =
            Fault::BrokenFormat { camera: camera.clone(), format: format.to_string(), reason: reason.to_owned() };
        self.broken.push(format);
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{Coding, Wanted, best};

    fn formats() -> Vec<Format> {
        let format = |coding, width, height| Format { coding, width, height, rate: (30, 1) };
        vec![format(Coding::Jpeg, 1280, 720), format(Coding::Raw("YUY2".to_owned()), 640, 480)]
    }

    /// What a call would ask such a camera for next.
    fn next(promises: &Promises) -> Option<Format> {
        let good: Vec<_> = formats().into_iter().filter(|format| !promises.broken().contains(format)).collect();
        best(&good, Wanted { width: 1280, height: 720, rate: 30 }).cloned()
    }

    fn failed() -> Fault {
        Fault::Input { input: "Face cam".to_owned(), reason: "not negotiated".to_owned() }
    }

    #[test]
    fn a_format_that_does_not_come_is_said_and_the_next_is_asked_for() {
        let mut promises = Promises::default();
        promises.ask(next(&promises));
        let said = promises.fail(failed(), false).to_string();
        assert!(
            said.starts_with(
                "Face cam does not give 1280x720 as JPEG, 30 a second, though it says so (not negotiated); "
            ),
            "{said}"
        );
        assert_eq!(next(&promises), Some(formats().remove(1)));
        promises.ask(next(&promises));
        let silent = || Fault::Silent { input: "Face cam".to_owned(), mend: "" };
        assert_eq!(promises.fail(silent(), false), silent(), "once is no proof");
        promises.ask(next(&promises));
        let said = promises.fail(silent(), false);
        assert!(matches!(said, Fault::BrokenFormat { reason, .. } if reason == "no picture comes"));
        assert_eq!(next(&promises), None, "then anything");
        promises.ask(None);
        assert_eq!(promises.fail(failed(), false), failed());
        assert_eq!(next(&promises), Some(formats().remove(0)), "then all of it again");
    }

    #[test]
    fn a_camera_that_gives_nothing_at_all_is_said_to_be_silent() {
        let mut promises = Promises::default();
        let format = |width| Format { coding: Coding::Jpeg, width, height: 16, rate: (30, 1) };
        let said: Vec<_> = (1..6)
            .map(|width| {
                promises.ask(Some(format(width)));
                promises.fail(failed(), false)
            })
            .collect();
        assert!(said[..MOST].iter().all(|said| matches!(said, Fault::BrokenFormat { .. })), "{said:?}");
        assert_eq!((said.last(), promises.broken().len()), (Some(&failed()), 0));
        promises.ask(Some(format(1)));
        promises.close();
        assert_eq!(promises.fail(failed(), false), failed(), "what is closed breaks nothing");
    }

    #[test]
    fn what_has_given_pictures_or_is_not_there_breaks_no_promise() {
        let mut promises = Promises::default();
        promises.ask(next(&promises));
        assert_eq!(promises.fail(failed(), true), failed());
        promises.ask(next(&promises));
        promises.fail(failed(), false);
        assert_eq!(promises.broken().len(), 1);
        assert_eq!(promises.fail(Fault::NoCamera, false), Fault::NoCamera);
        assert!(promises.broken().is_empty(), "what comes back may be another camera");
    }
}
