//! The line that the still card has while the input does not come.

use crate::fault::Fault;

/// What the card says of a fault: short, and nothing of what an address or a path may tell the other side.
pub(super) fn on_card(fault: &Fault) -> &'static str {
    match fault {
        Fault::NoCamera
        | Fault::UnknownCamera { .. }
        | Fault::BusyCamera { .. }
        | Fault::ForbiddenCamera { .. }
        | Fault::BrokenFormat { .. } => "waiting for the camera",
        Fault::Swap(_) => "the swap is being started again",
        Fault::Consent(_) => "the consent has ended",
        _ => "waiting for the input",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_says_that_the_consent_has_ended_and_nothing_of_paths() {
        assert_eq!(on_card(&Fault::Consent("of somebody, in /home/x".to_owned())), "the consent has ended");
        assert_eq!(on_card(&Fault::NoFile { path: "/home/x".into() }), "waiting for the input");
    }
}
