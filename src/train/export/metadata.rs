//! What a file says of itself, under keys `standin.…`.

use super::{ExportError, Precision};
use crate::face::{Alignment, FaceType};
use crate::geometry::Point;
use crate::onnx::Entry;
use crate::swap::RegistrationMap;

/// Longest name, as [`crate::swap::ModelFile`] reads it, in bytes.
const MAX_NAME: usize = 200;
/// Longest other text, in bytes.
const MAX_TEXT: usize = 4096;

/// Where a model comes from. Texts may be empty: then the file does not have the key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata {
    /// The model's name, of at most 200 bytes (`standin.name`).
    pub name: String,
    /// The crop that it was trained with (`standin.face_type`).
    pub face_type: FaceType,
    /// Side of that crop in canonical units, 0.5..8 (`standin.coverage`); 0 for the face type's.
    pub coverage: f32,
    /// How the faces were aligned (`standin.alignment`).
    pub alignment: Alignment,
    /// Where the model draws a face beside where it belongs (`standin.registration`); none where it draws it there.
    pub registration: Option<RegistrationMap>,
    /// How far the subject's features lie from where the mean head has them, in canonical units
    /// (`standin.skull_centre`).
    pub skull_centre: Option<Point>,
    /// How far what it draws is to be sharpened, 0..3 (`standin.sharpen`); none where it has detail enough.
    pub sharpen: Option<f32>,
    /// Family and preset (`standin.model`).
    pub model: String,
    /// Steps of training (`standin.steps`).
    pub steps: u64,
    /// Hashes of the face sets of side A, the performers (`standin.faceset_a`, with commas between).
    pub faceset_a: Vec<String>,
    /// Hashes of the face sets of side B (`standin.faceset_b`).
    pub faceset_b: Vec<String>,
    /// Whose face the model gives (`standin.who`).
    pub who: String,
    /// On which terms it may be passed on (`standin.licence`).
    pub licence: String,
}

impl Metadata {
    /// The entries of the file, in one order.
    pub(super) fn entries(&self, resolution: usize, precision: Precision<'_>) -> Result<Vec<Entry>, ExportError> {
        let coverage = if self.coverage == 0.0 { self.face_type.coverage() } else { self.coverage };
        if !(0.5..=8.0).contains(&coverage) {
            let reason = format!("is {coverage}; it should be a number from 0.5 to 8");
            return Err(ExportError::Metadata { key: "standin.coverage", reason });
        }
        let all = [
            ("standin.name", self.name.clone(), MAX_NAME),
            ("standin.face_type", self.face_type.name().to_owned(), MAX_TEXT),
            ("standin.coverage", coverage.to_string(), MAX_TEXT),
            ("standin.alignment", self.alignment.name().to_owned(), MAX_TEXT),
            ("standin.registration", self.registration.map_or_else(String::new, |map| map.to_string()), MAX_TEXT),
            (
                "standin.skull_centre",
                self.skull_centre.map_or_else(String::new, |centre| format!("{:.5} {:.5}", centre.x, centre.y)),
                MAX_TEXT,
            ),
            ("standin.sharpen", self.sharpen.map_or_else(String::new, |strength| strength.to_string()), MAX_TEXT),
            ("standin.model", self.model.clone(), MAX_TEXT),
            ("standin.resolution", resolution.to_string(), MAX_TEXT),
            ("standin.steps", self.steps.to_string(), MAX_TEXT),
            ("standin.faceset_a", self.faceset_a.join(","), MAX_TEXT),
            ("standin.faceset_b", self.faceset_b.join(","), MAX_TEXT),
            ("standin.who", self.who.clone(), MAX_TEXT),
            ("standin.licence", self.licence.clone(), MAX_TEXT),
            ("standin.precision", precision.name().to_owned(), MAX_TEXT),
        ];
        let said = all.into_iter().filter(|(_, value, _)| !value.trim().is_empty());
        said.map(|(key, value, limit)| match value.len() > limit || value.chars().any(char::is_control) {
            true => {
                Err(ExportError::Metadata { key, reason: format!("should be plain text of at most {limit} bytes") })
            }
            false => Ok(Entry { key: key.to_owned(), value }),
        })
        .collect()
    }
}
