//! What is measured while training: `metrics.jsonl`.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::SessionError;
use crate::train::whole_file;

/// One line: means over the steps since the line before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Steps that were done.
    pub step: u64,
    /// Seconds of training, over all sessions.
    pub seconds: f64,
    /// Loss of side A.
    pub loss_a: f32,
    /// Loss of side B.
    pub loss_b: f32,
    /// Unweighted terms, by side and name: `a.dssim`.
    pub parts: Vec<(String, f32)>,
    /// Length of all gradients together.
    pub norm: f64,
    /// Learning rate.
    pub rate: f64,
    /// Steps a second.
    pub speed: f64,
}

/// The file, open at its end.
#[derive(Debug)]
pub struct Metrics {
    path: PathBuf,
    file: File,
}

impl Metrics {
    /// Opens the file and drops lines after `step`, which a resumed training does again.
    ///
    /// # Errors
    /// [`SessionError::File`].
    pub fn resume(path: &Path, step: u64) -> Result<(Self, Vec<Row>), SessionError> {
        let failed = SessionError::file(path);
        let mut rows = Self::read(path)?;
        rows.retain(|row| row.step <= step);
        let lines = rows.iter().map(line).collect::<Result<Vec<_>, _>>().map_err(&failed)?;
        whole_file::write(path, &lines.concat()).map_err(&failed)?;
        let file = OpenOptions::new().append(true).open(path).map_err(&failed)?;
        Ok((Self { path: path.to_owned(), file }, rows))
    }

    /// The lines of a file, none where there is no file. Lines that cannot be read, as a last one that was cut short,
    /// are left out.
    ///
    /// # Errors
    /// [`SessionError::File`].
    pub fn read(path: &Path) -> Result<Vec<Row>, SessionError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(SessionError::file(path)(error)),
        };
        let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
        Ok(lines.filter_map(|line| serde_json::from_slice(&line).ok()).collect())
    }

    /// Adds a line.
    ///
    /// # Errors
    /// [`SessionError::File`].
    pub fn add(&mut self, row: &Row) -> Result<(), SessionError> {
        let failed = SessionError::file(&self.path);
        line(row).and_then(|line| self.file.write_all(&line)).map_err(failed)
    }
}

fn line(row: &Row) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(row)?;
    line.push(b'\n');
    Ok(line)
}
