//! What a camera says it has and does not give: it is asked for something else the next time.

use crate::camera::Format;
use crate::fault::Fault;

/// Formats of the input that is opened again and again.
#[derive(Debug, Default)]
pub(super) struct Promises {
    /// The one that was asked for last.
    asked: Option<Format>,
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

    /// The input failed, having given pictures or none; gives what is to be said.
    pub(super) fn fail(&mut self, fault: Fault, gave: bool) -> Fault {
        let format = self.asked.take().filter(|_| !gave);
        let (camera, reason) = match fault {
            Fault::Input { .. } | Fault::Silent { .. } if format.is_none() => return fault,
            Fault::Input { input, reason } => (input, reason),
            Fault::Silent { input } => (input, "no picture comes".to_owned()),
            // It is not there, or another program has it: nothing of the format. What comes back is asked for all again.
            fault => {
                self.broken.clear();
                return fault;
            }
        };
        let words = format.as_ref().map(ToString::to_string).unwrap_or_default();
        self.broken.extend(format);
        Fault::BrokenFormat { camera, format: words, reason }
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
        let silent = Fault::Silent { input: "Face cam".to_owned() };
        assert!(
            matches!(promises.fail(silent, false), Fault::BrokenFormat { reason, .. } if reason == "no picture comes")
        );
        assert_eq!(next(&promises), None, "then anything");
        promises.ask(None);
        assert_eq!(promises.fail(failed(), false), failed());
        assert_eq!(next(&promises), Some(formats().remove(0)), "then all of it again");
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
