//! A way to the page that works once: a browser's own command line can be read by every user of the machine, so the
//! key does not stand there.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::token::Token;

/// How long a browser may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A second key, for one use.
#[derive(Debug)]
pub(super) struct Ticket {
    left: Mutex<Option<(Token, Instant)>>,
}

impl Ticket {
    /// A ticket and its digits.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub(super) fn issue() -> io::Result<(Self, String)> {
        let token = Token::new()?;
        let digits = token.digits().to_owned();
        Ok((Self { left: Mutex::new(Some((token, Instant::now()))) }, digits))
    }

    /// Whether `path` is the ticket's, which it is once.
    pub(super) fn take(&self, path: &str) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let key = path.trim_matches('/');
        let good = left.as_ref().is_some_and(|(token, issued)| token.is(key) && issued.elapsed() < PATIENCE);
        if good {
            *left = None;
        }
        good
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn a_ticket_is_good_once() {
        let (ticket, digits) = Ticket::issue().unwrap();
        assert!(!ticket.take("/") && !ticket.take("/00000000000000000000000000000000"));
        assert!(ticket.take(&format!("/{digits}")));
        assert!(!ticket.take(&format!("/{digits}")));
    }
}
