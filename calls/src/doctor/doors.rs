//! Whether a swapped picture can get into a call at all.

use super::{Finding, loopback, pipewire};
use crate::mend::{self, Distribution};

const AREA: &str = "Virtual camera";

/// A fault where neither PipeWire nor v4l2loopback carries a camera.
pub(super) fn finding(pipewire: &pipewire::Facts, loopback: &loopback::Facts, here: Distribution) -> Finding {
    let detail = match (pipewire.carries(), loopback.carries()) {
        (true, true) => "through PipeWire and v4l2loopback: all applications see it",
        (true, false) => "through PipeWire: browsers and applications that use the portal see it",
        (false, true) => "through v4l2loopback: applications that read /dev/video* see it",
        (false, false) => {
            return Finding::fault(
                AREA,
                "webcam",
                "neither PipeWire nor v4l2loopback can carry it",
                if pipewire.links() { mend::element(pipewire::ELEMENT) } else { pipewire.start(here) },
            );
        }
    };
    Finding::good(AREA, "webcam", detail)
}

#[cfg(test)]
mod tests {
    use super::super::pipewire::tests::{absent, running};
    use super::*;
    use crate::doctor::State;

    #[test]
    fn one_door_is_enough() {
        let none = loopback::Facts::default();
        let one =
            loopback::Facts { usable: true, devices: vec![("/dev/video9".into(), "x".to_owned())], ..none.clone() };
        let unusable = loopback::Facts { usable: false, ..one.clone() };
        let state = |pipewire, loopback| finding(&pipewire, loopback, Distribution::Debian).state;
        assert_eq!(state(running(), &none), State::Good);
        assert_eq!(state(absent(), &one), State::Good);
        assert_eq!(state(absent(), &none), State::Fault);
        assert_eq!(state(absent(), &unusable), State::Fault);
        let no_element = pipewire::Facts { element: false, ..running() };
        let found = finding(&no_element, &none, Distribution::Debian);
        assert_eq!((found.state, found.mend), (State::Fault, Some(mend::element("pipewiresink"))));
    }
}
