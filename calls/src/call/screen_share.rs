//! The screen that the user shares with this call, in answer to one question.

use crossbeam_channel::Sender;

use super::keeper::Order;
use crate::camera::portal::{SharedScreen, Sharing};
use crate::fault::Fault;

/// What was asked, and what is shared. Both end with its value.
#[derive(Debug, Default)]
pub(super) struct ScreenShare {
    /// With the question's number.
    asked: Option<(u64, Sharing)>,
    screen: Option<SharedScreen>,
}

impl ScreenShare {
    /// What is shared now.
    pub(super) fn screen(&self) -> Option<&SharedScreen> {
        self.screen.as_ref()
    }

    /// Has the desktop ask its user, who may take any time; the answers are told as [`Order::Screen`] of that number.
    /// Gives what the call waits for meanwhile.
    pub(super) fn ask(&mut self, number: u64, orders: Sender<Order>) -> Fault {
        let asked = Sharing::ask(move |shared| drop(orders.send(Order::Screen(number, shared))));
        match asked {
            Ok(sharing) => {
                *self = Self { asked: Some((number, sharing)), screen: None };
                Fault::ScreenAsked
            }
            Err(error) => Fault::ScreenLost { reason: error.to_string() },
        }
    }

    /// Takes the answer to the question of that number, or that what was shared is over; `None` where it is to another
    /// question.
    pub(super) fn answer(&mut self, number: u64, answer: Result<SharedScreen, Fault>) -> Option<Result<(), Fault>> {
        self.asked.as_ref().filter(|(asked, _)| *asked == number)?;
        Some(match answer {
            Ok(screen) => {
                self.screen = Some(screen);
                Ok(())
            }
            Err(fault) => {
                *self = Self::default();
                Err(fault)
            }
        })
    }
}
