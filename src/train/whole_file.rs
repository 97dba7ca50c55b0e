//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Writes `file`, in the place of one that is there.
///
/// # Errors
/// What the file system says; an old file is then still there.
pub fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = file.with_file_name(name);
    let written = File::create(&beside).and_then(|mut new| {
        new.write_all(bytes)?;
        new.sync_data()?;
        std::fs::rename(&beside, file)
    });
    written.inspect_err(|_| {
        let _ = std::fs::remove_file(&beside);
    })
}
