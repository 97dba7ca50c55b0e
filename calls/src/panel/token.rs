//! The key that stands in the page's address: who has not read it from this program's output gets nothing.

use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Random bytes of a key.
const BYTES: usize = 16;

/// A key of 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

impl Token {
    /// The user's key of this session, or a new one where there is none: a page that is open finds a server that was
    /// started again. Where there is no folder of the session, the key is new each time.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub(super) fn of_session() -> io::Result<Self> {
        match std::env::var_os("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty()) {
            Some(folder) => Self::kept_in(&PathBuf::from(folder).join("standin")),
            None => Self::new(),
        }
    }

    fn kept_in(folder: &Path) -> io::Result<Self> {
        let file = folder.join("panel-key");
        if let Some(kept) = fs::read_to_string(&file).ok().and_then(|text| Self::read(text.trim())) {
            return Ok(kept);
        }
        let new = Self::new()?;
        // A key that cannot be kept is as good, until the server is started again.
        if let Err(error) = new.keep(folder, &file) {
            tracing::debug!("{}: {error}", file.display());
        }
        Ok(new)
    }

    /// A new one.
    ///
    /// # Errors
    /// As [`Self::of_session`].
    pub(super) fn new() -> io::Result<Self> {
        let mut bytes = [0_u8; BYTES];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(format!("no random numbers: {error}")))?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    fn read(text: &str) -> Option<Self> {
        let whole = text.len() == BYTES * 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        whole.then(|| Self(text.to_owned()))
    }

    /// Writes it for its user alone; whole or not at all.
    fn keep(&self, folder: &Path, file: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut draft = tempfile::NamedTempFile::new_in(folder)?;
        draft.write_all(self.0.as_bytes())?;
        draft.persist(file)?;
        Ok(())
    }

    /// Its digits.
    pub(super) fn digits(&self) -> &str {
        &self.0
    }

    /// Whether `text` is the key, in a time that says nothing of how much of it is right.
    pub(super) fn is(&self, text: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), text.as_bytes());
        let wrong = own.iter().zip(other).fold(0, |wrong, (own, other)| black_box(wrong | (own ^ other)));
        own.len() == other.len() && wrong == 0
    }
}

/// Not its digits: it goes into no log.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn keys_differ_and_only_the_whole_key_is_right() {
        let (one, other) = (Token::new().unwrap(), Token::new().unwrap());
        assert_ne!(one, other);
        assert!(one.is(one.digits()) && !one.is(other.digits()));
        assert!(!one.is("") && !one.is(&one.digits()[1..]) && !one.is(&format!("{}0", one.digits())));
        assert!(!format!("{one:?}").contains(one.digits()));
    }

    #[test]
    fn a_session_keeps_its_key_for_its_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("standin");
        let first = Token::kept_in(&place).unwrap();
        assert_eq!(Token::kept_in(&place).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(place.join("panel-key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{mode:o}");
        }
        fs::write(place.join("panel-key"), "short").unwrap();
        assert_ne!(Token::kept_in(&place).unwrap(), first);
    }
}
