//! Corrections by hand: for a frame of a source, where the face is, its landmarks, or that there is nothing to take.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::consent::sha256_hex;
use crate::geometry::{Point, Rect};
use crate::train::faceset::LANDMARKS;

/// A file of corrections that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", file.display())]
pub struct CorrectionsError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong, with the line and the field.
    pub reason: String,
}

/// What is known of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Correction {
    /// The face is within this rectangle, in frame px.
    Rectangle(Rect),
    /// The face has these landmarks, in frame px.
    Landmarks(Vec<Point>),
    /// Nothing of this frame is taken.
    Drop,
}

/// The corrections of one run.
#[derive(Debug, Clone, Default)]
pub struct Corrections {
    entries: Vec<Entry>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: Option<String>,
}

impl Corrections {
    /// Reads a file, TOML or by its ending JSON: a list `correction` (in JSON the list may be the whole document) of
    /// `source` (path or file name), `frame` (from 0; 0 where it is left out) and one of `rectangle = [x, y, w, h]`,
    /// `landmarks = [[x, y], …]` (468 points of the mesh) and `drop = true`.
    ///
    /// # Errors
    /// [`CorrectionsError`], with the line and the field.
    pub fn read(file: &Path) -> Result<Self, CorrectionsError> {
        let fails = |reason: String| CorrectionsError { file: file.to_owned(), reason };
        let text = std::fs::read_to_string(file).map_err(|error| fails(error.to_string()))?;
        let json = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        let entries = match json {
            true if text.trim_start().starts_with('[') => {
                serde_json::from_str(&text).map_err(|error| error.to_string())
            }
            true => {
                serde_json::from_str(&text).map(|Table { correction }| correction).map_err(|error| error.to_string())
            }
            false => toml::from_str(&text).map(|Table { correction }| correction).map_err(|error| error.to_string()),
        };
        let entries: Vec<Entry> = entries.map_err(fails)?;
        for (i, entry) in entries.iter().enumerate() {
            if entries[..i].iter().any(|other| (&other.source, other.frame) == (&entry.source, entry.frame)) {
                return Err(fails(format!("source '{}', frame {}: corrected twice", entry.source, entry.frame)));
            }
        }
        Ok(Self { entries, sha256: Some(sha256_hex(text.as_bytes())) })
    }

    /// The correction of a frame. A source is meant by its whole name or by its file name.
    pub fn of(&self, source: &str, frame: u64) -> Option<&Correction> {
        let file = Path::new(source).file_name().and_then(|name| name.to_str());
        let meant = |entry: &&Entry| entry.frame == frame && (entry.source == source || Some(&*entry.source) == file);
        self.entries.iter().find(meant).map(|entry| &entry.correction)
    }

    /// Sources that are corrected, but not among those that are extracted: mistakes, most likely.
    pub fn strangers<'a>(&'a self, names: &[&str]) -> Vec<&'a str> {
        let known = |source: &str| {
            names
                .iter()
                .any(|name| *name == source || Path::new(name).file_name().and_then(|n| n.to_str()) == Some(source))
        };
        let mut strangers: Vec<&str> =
            self.entries.iter().map(|entry| &*entry.source).filter(|name| !known(name)).collect();
        strangers.dedup();
        strangers
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    correction: Vec<Entry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Raw")]
struct Entry {
    source: String,
    frame: u64,
    correction: Correction,
}

/// An entry as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    source: String,
    #[serde(default)]
    frame: u64,
    rectangle: Option<[f32; 4]>,
    landmarks: Option<Vec<[f32; 2]>>,
    #[serde(default)]
    drop: bool,
}

impl TryFrom<Raw> for Entry {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        let Raw { source, frame, rectangle, landmarks, drop } = raw;
        let fails = |what: &str| Err(format!("source '{source}', frame {frame}: {what}"));
        let correction = match (rectangle, landmarks, drop) {
            (Some([x, y, w, h]), None, false) => {
                if ![x, y, w, h].iter().all(|v| v.is_finite()) || w < 1.0 || h < 1.0 {
                    return fails("rectangle: left, top, width and height in px are needed, the sides at least 1");
                }
                Correction::Rectangle(Rect { x, y, w, h })
            }
            (None, Some(points), false) => {
                if points.len() != LANDMARKS {
                    return fails(&format!("landmarks: {} points; the mesh has {LANDMARKS}", points.len()));
                }
                if !points.iter().flatten().all(|v| v.is_finite()) {
                    return fails("landmarks: a coordinate is not finite");
                }
                Correction::Landmarks(points.into_iter().map(|[x, y]| Point::new(x, y)).collect())
            }
            (None, None, true) => Correction::Drop,
            _ => return fails("give one of rectangle, landmarks and drop = true"),
        };
        Ok(Self { source, frame, correction })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Corrections, String> {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join(name);
        std::fs::write(&file, text).unwrap();
        Corrections::read(&file).map_err(|error| error.to_string())
    }

    #[test]
    fn both_languages_say_the_same() {
        let toml = "[[correction]]\nsource = \"a.mp4\"\nframe = 3\nrectangle = [1, 2, 30, 40]\n\
                    [[correction]]\nsource = \"b.png\"\ndrop = true\n";
        let list =
            r#"[{"source": "a.mp4", "frame": 3, "rectangle": [1, 2, 30, 40]}, {"source": "b.png", "drop": true}]"#;
        let table = format!("{{\"correction\": {list}}}");
        for (name, text) in [("c.toml", toml), ("c.json", list), ("c.json", &table)] {
            let corrections = read(name, text).unwrap();
            let rectangle = Rect { x: 1.0, y: 2.0, w: 30.0, h: 40.0 };
            assert_eq!(corrections.of("takes/a.mp4", 3), Some(&Correction::Rectangle(rectangle)));
            assert_eq!(corrections.of("takes/a.mp4", 4), None);
            assert_eq!(corrections.of("b.png", 0), Some(&Correction::Drop));
            assert_eq!(corrections.strangers(&["takes/a.mp4"]), ["b.png"]);
        }
    }

    #[test]
    fn mistakes_are_named_by_line_and_field() {
        let start = "[[correction]]\nsource = \"a.mp4\"\nframe = 3\n";
        let cases = [
            ("rectangle = [1, 2, 3]\n", "line 4", "rectangle"),
            ("rectangle = [1, 2, -3, 4]\n", "line 1", "rectangle: left, top"),
            ("landmarks = [[1, 2]]\n", "line 1", "landmarks: 1 points; the mesh has 468"),
            ("drop = \"yes\"\n", "line 4", "drop"),
            ("rect = [1, 2, 3, 4]\n", "line 4", "rect"),
            ("drop = true\nrectangle = [1, 2, 3, 4]\n", "line 1", "give one of"),
        ];
        for (text, line, field) in cases {
            let error = read("c.toml", &format!("{start}{text}")).unwrap_err();
            assert!(error.contains("c.toml") && error.contains(line) && error.contains(field), "{text}: {error}");
        }
        let json = "[\n{\"source\": \"a.mp4\",\n\"drop\": false}\n]";
        let error = read("c.json", json).unwrap_err();
        // Just after the entry.
        assert!(error.contains("line 4") && error.contains("'a.mp4', frame 0: give one of"), "{error}");
        let twice = format!("{start}drop = true\n{start}drop = true\n");
        assert!(read("c.toml", &twice).unwrap_err().contains("corrected twice"));
    }
}
