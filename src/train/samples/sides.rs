//! The face sets of both sides, opened and checked; no picture is read yet.

use std::path::PathBuf;

use super::troupe::{RarelySeen, Troupe};
use super::{SampleError, Warning, warning};
use crate::face::Alignment;
use crate::train::faceset::{FaceRecord, FaceSet, FaceSetError, FaceSetHeader};
use crate::train::zoo::Side;

/// Faces that a face set must have. That few only show that everything works; some hundreds make a model.
pub const MINIMUM_FACES: usize = 8;

/// Stored pixels along an axis for each pixel of a sample: a sample is turned and scaled up a little, and samples it
/// bilinearly.
const OVERSAMPLING: f32 = 1.25;
/// Bytes of a stored pixel: blue, green, red, mask, priority.
const PIXEL: u64 = 5;

/// Opened face sets: several drivers may serve side A, several clips of the subject side B.
#[derive(Debug, Clone)]
pub struct Sides {
    /// The drivers', or the troupe beside a subject; none where the decoder of a base alone is trained.
    pub a: Vec<FaceSet>,
    /// The subject's, or a base's troupe.
    pub b: Vec<FaceSet>,
}

impl Sides {
    /// Difference of coverage that is one of rounding.
    pub const SAME_COVERAGE: f32 = 1e-3;

    /// Opens the face sets of both sides.
    ///
    /// # Errors
    /// [`SampleError`] where one cannot be read, is too small ([`MINIMUM_FACES`]), or has another face type or coverage
    /// than the first.
    pub fn open(a: &[PathBuf], b: &[PathBuf]) -> Result<Self, SampleError> {
        Self::new(opened(a)?, opened(b)?)
    }

    /// Checks face sets that are open already.
    ///
    /// # Errors
    /// As [`Sides::open`].
    pub fn new(a: Vec<FaceSet>, b: Vec<FaceSet>) -> Result<Self, SampleError> {
        if a.is_empty() {
            return Err(SampleError::NoFaceSet { side: Side::A });
        }
        Self::fitting(a, b)
    }

    /// Opens the face sets of side B, and those of side A where there are any: for what needs no driver.
    ///
    /// # Errors
    /// As [`Sides::open`].
    pub fn open_subject(a: &[PathBuf], b: &[PathBuf]) -> Result<Self, SampleError> {
        Self::fitting(opened(a)?, opened(b)?)
    }

    fn fitting(mut a: Vec<FaceSet>, mut b: Vec<FaceSet>) -> Result<Self, SampleError> {
        let Some(first) = a.first().or(b.first()).filter(|_| !b.is_empty()) else {
            return Err(SampleError::NoFaceSet { side: Side::B });
        };
        for set in a.iter().chain(&b) {
            let folder = set.folder.clone();
            if set.faces.len() < MINIMUM_FACES {
                return Err(SampleError::TooSmall { folder, found: set.faces.len() });
            }
            if set.header.face_type != first.header.face_type
                || set.header.alignment != first.header.alignment
                || (set.header.coverage - first.header.coverage).abs() > Self::SAME_COVERAGE
            {
                let (found, expected) = (crop(set), crop(first));
                return Err(SampleError::Mismatch { folder, found, first: first.folder.clone(), expected });
            }
        }
        number_people(&mut a);
        number_people(&mut b);
        Ok(Self { a, b })
    }

    /// How many people the troupe on a side has. Their numbers go from 0 without gaps, over all face sets.
    ///
    /// # Errors
    /// [`SampleError::NoTroupe`] where a face does not say whose it is, or nobody performs the same frames as others;
    /// [`SampleError::RarelySeen`] where somebody is missing from more than half of the frames.
    pub fn people(&self, side: Side) -> Result<usize, SampleError> {
        let troupe = Troupe::of(self.faces(side)).filter(Troupe::performs).ok_or(SampleError::NoTroupe)?;
        let Some(RarelySeen { face, found, frames }) = troupe.rarely_seen() else { return Ok(troupe.people()) };
        let first = self.faces(side).nth(face);
        let (source, frame) = first.map_or_else(Default::default, |face| (face.source.clone(), face.frame));
        Err(SampleError::RarelySeen { source_name: source, frame, found, frames })
    }

    /// The face sets of a side.
    pub fn of(&self, side: Side) -> &[FaceSet] {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    /// Every face of a side, face set by face set.
    pub fn faces(&self, side: Side) -> impl Iterator<Item = &FaceRecord> {
        self.of(side).iter().flat_map(|set| &set.faces)
    }

    /// Name of the crop, the same for all.
    pub fn face_type(&self) -> &str {
        self.b.first().map_or("", |set| &set.header.face_type)
    }

    /// Side of the crop in canonical units, the same for all.
    pub fn coverage(&self) -> f32 {
        self.b.first().map_or(0.0, |set| set.header.coverage)
    }

    /// How the faces are aligned, the same for all.
    pub fn alignment(&self) -> Alignment {
        self.b.first().map_or(Alignment::default(), |set| set.header.alignment)
    }

    /// Bytes that [`Faces`](super::Faces) will keep for samples of `resolution` pixels, at most: smaller crops stay
    /// small.
    pub fn bytes(&self, resolution: usize) -> u64 {
        let side = working_side(resolution) as u64;
        let faces = self.faces(Side::A).chain(self.faces(Side::B)).count() as u64;
        faces * side * side * PIXEL
    }

    /// What is odd about these face sets, though they can be trained on.
    pub fn warnings(&self) -> Vec<Warning> {
        warning::all(self)
    }
}

fn opened(folders: &[PathBuf]) -> Result<Vec<FaceSet>, FaceSetError> {
    folders.iter().map(|folder| FaceSet::open(folder)).collect()
}

/// Gives everybody who performs a number of their own, without gaps: those of the tables begin again with each source
/// and each face set. The content hashes stay.
fn number_people(sets: &mut [FaceSet]) {
    let mut before = 0;
    for set in sets {
        let numbers = set.people();
        for (face, number) in set.faces.iter_mut().zip(&numbers) {
            if let (Some(performance), Some(number)) = (&mut face.performance, number) {
                performance.person = before + number;
            }
        }
        before += numbers.into_iter().flatten().max().map_or(0, |last| last + 1);
    }
}

/// Side of a stored crop for samples of `resolution` pixels.
pub(super) fn working_side(resolution: usize) -> usize {
    (resolution as f32 * OVERSAMPLING).ceil() as usize
}

fn crop(set: &FaceSet) -> String {
    let FaceSetHeader { face_type, coverage, alignment, .. } = &set.header;
    format!("face type {face_type} with coverage {coverage}, {} alignment", alignment.name())
}
