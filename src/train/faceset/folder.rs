//! Reads the folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, RgbImage};
use sha2::{Digest, Sha256};

use super::{FaceRecord, FaceSetError, FaceSetHeader, HEADER, Performance, TABLE, VERSION};
use crate::geometry::Similarity;

/// Largest number of a person, and of a frame, of a performance: what is above is a mistake of whoever wrote the table.
const LARGEST_NUMBER: u32 = 1 << 20;

/// A face set that was opened: its header and its table; pictures stay where they are.
#[derive(Debug, Clone)]
pub struct FaceSet {
    /// The folder.
    pub folder: PathBuf,
    /// What it is.
    pub header: FaceSetHeader,
    /// Its faces, in the order of the table.
    pub faces: Vec<FaceRecord>,
}

impl FaceSet {
    /// Opens a folder. A last line that a stop cut off is passed over.
    ///
    /// # Errors
    /// [`FaceSetError`], naming the file and the line.
    pub fn open(folder: &Path) -> Result<Self, FaceSetError> {
        let header = read_header(folder)?;
        let file = folder.join(TABLE);
        let table = std::fs::read_to_string(&file).map_err(|error| FaceSetError::file(&file, error))?;
        let mut faces = Vec::new();
        for (i, line) in table.split_inclusive('\n').enumerate() {
            match serde_json::from_str::<FaceRecord>(line).map_err(|error| error.to_string()).and_then(checked) {
                Ok(face) => faces.push(face),
                Err(_) if !line.ends_with('\n') => {}
                Err(reason) => return Err(FaceSetError::Line { file, line: i + 1, reason }),
            }
        }
        Ok(Self { folder: folder.to_owned(), header, faces })
    }

    /// The crop of a face: RGB, square.
    ///
    /// # Errors
    /// [`FaceSetError::File`] where the picture is missing, corrupt or not square.
    pub fn crop(&self, face: &FaceRecord) -> Result<RgbImage, FaceSetError> {
        let picture = self.picture(&face.picture)?.into_rgb8();
        if picture.width() != picture.height() {
            let reason = format!("{}x{} pixels; a crop is square", picture.width(), picture.height());
            return Err(FaceSetError::File { file: self.folder.join(&face.picture), reason });
        }
        Ok(picture)
    }

    /// The mask of a face: 255 face, 0 not; as large as its crop.
    ///
    /// # Errors
    /// [`FaceSetError::File`] where the picture is missing or corrupt.
    pub fn mask(&self, face: &FaceRecord) -> Result<GrayImage, FaceSetError> {
        Ok(self.picture(&face.mask)?.into_luma8())
    }

    fn picture(&self, name: &str) -> Result<DynamicImage, FaceSetError> {
        let file = self.folder.join(name);
        image::open(&file).map_err(|error| FaceSetError::file(&file, error))
    }

    /// What the faces are, as one hash for the metadata of models: SHA-256 over the faces in the order of the table,
    /// of each the hashes of its crop and its mask in hexadecimal, then its landmarks as 32-bit floats,
    /// little-endian; in a troupe, then its number of [`FaceSet::people`] and its frame of the performance (2³² − 1
    /// for none) as 32-bit integers. A person's sex is left out: it is not what the faces are, only how often they
    /// are drawn.
    pub fn content_hash(&self) -> String {
        let mut hash = Sha256::new();
        for (face, person) in self.faces.iter().zip(self.people()) {
            hash.update(face.sha256.as_bytes());
            hash.update(face.mask_sha256.as_bytes());
            face.landmarks.iter().flatten().for_each(|value| hash.update(value.to_le_bytes()));
            if let (Some(person), Some(performance)) = (person, face.performance) {
                hash.update(person.to_le_bytes());
                hash.update(performance.frame.unwrap_or(u32::MAX).to_le_bytes());
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Who each face of a troupe is: numbers from 0 without gaps, in the order of the table. The
    /// table's own numbers begin again with each source and may have gaps.
    pub fn people(&self) -> Vec<Option<u32>> {
        let mut numbers = HashMap::new();
        let number = |face| {
            let FaceRecord { source, performance, .. }: &FaceRecord = face;
            let next = numbers.len() as u32;
            performance.map(|performance| *numbers.entry((source, performance.person)).or_insert(next))
        };
        self.faces.iter().map(number).collect()
    }
}

/// Reads `faceset.json` and refuses what this program cannot use.
pub(super) fn read_header(folder: &Path) -> Result<FaceSetHeader, FaceSetError> {
    let file = folder.join(HEADER);
    let not = |reason: String| FaceSetError::NotAFaceSet { folder: folder.to_owned(), reason };
    let text = std::fs::read_to_string(&file).map_err(|error| not(format!("{HEADER}: {error}")))?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| not(format!("{HEADER}: {error}")))?;
    // Before anything else: a newer header may have other fields.
    if let Some(found) = value.get("version").and_then(serde_json::Value::as_u64).filter(|&v| v > u64::from(VERSION)) {
        return Err(FaceSetError::Version {
            folder: folder.to_owned(),
            found: u32::try_from(found).unwrap_or(u32::MAX),
        });
    }
    let header: FaceSetHeader = serde_json::from_value(value).map_err(|error| not(format!("{HEADER}: {error}")))?;
    if !(header.coverage.is_finite() && header.coverage > 0.0) {
        return Err(not(format!("{HEADER}: coverage: {} is not above 0", header.coverage)));
    }
    Ok(header)
}

/// What a record must hold so that whoever reads it need not ask again.
fn checked(face: FaceRecord) -> Result<FaceRecord, String> {
    for (field, path) in [("picture", &face.picture), ("mask", &face.mask)] {
        // A table that came from elsewhere must not name files elsewhere.
        let inside = Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if path.is_empty() || !inside {
            return Err(format!("{field}: '{path}' is not a file of the face set"));
        }
    }
    if face.landmarks.len() != super::LANDMARKS {
        return Err(format!("landmarks: {} points; the mesh has {}", face.landmarks.len(), super::LANDMARKS));
    }
    let numbers = face.landmarks.iter().flatten().chain(&face.to_crop).chain([&face.yaw, &face.pitch, &face.roll]);
    if !numbers.copied().all(f32::is_finite) {
        return Err("landmarks, to_crop and angles must be finite".to_owned());
    }
    if let Some(Performance { person, frame, .. }) = face.performance {
        for (field, number) in [("person", person), ("frame", frame.unwrap_or_default())] {
            if number > LARGEST_NUMBER {
                return Err(format!("performance: {field} {number}; numbers go from 0 to {LARGEST_NUMBER}"));
            }
        }
        let [a, b, tx, ty] = face.to_crop;
        if (Similarity { a, b, tx, ty }).inverse().is_none() {
            return Err("to_crop: a and b are 0, so that the crop has no place in its frame".to_owned());
        }
    }
    Ok(face)
}
