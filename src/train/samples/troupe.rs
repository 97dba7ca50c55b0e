//! People who perform the same frames: which of their faces belong together.

use rand::{Rng, RngExt};

use crate::geometry::Similarity;
use crate::train::faceset::FaceRecord;

/// The faces of people who perform the same frames.
#[derive(Debug, Clone)]
pub(super) struct Troupe {
    /// Source px to the unit square of each face's crop.
    to_crop: Vec<Similarity>,
    /// For each person, in the order of their numbers, the faces in order of the frames that they were found in.
    people: Vec<Vec<Shown>>,
    /// For each frame of the performance the faces of everybody who was found in it.
    frames: Vec<Vec<usize>>,
}

#[derive(Debug, Clone, Copy)]
struct Shown {
    frame: usize,
    face: usize,
}

/// Faces of a cross pair.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn {
    pub(super) input: usize,
    pub(super) target: usize,
    /// Unit square of the input's crop to that of the target's.
    pub(super) to_target: Similarity,
}

impl Troupe {
    /// `None` where any face is of no performance.
    pub(super) fn of<'a>(faces: impl Iterator<Item = &'a FaceRecord>) -> Option<Self> {
        let mut troupe = Self { to_crop: Vec::new(), people: Vec::new(), frames: Vec::new() };
        for (face, record) in faces.enumerate() {
            let performance = record.performance?;
            let (person, frame) = (performance.person as usize, performance.frame as usize);
            let [a, b, tx, ty] = record.to_crop;
            troupe.to_crop.push(Similarity { a, b, tx, ty });
            if person >= troupe.people.len() {
                troupe.people.resize(person + 1, Vec::new());
            }
            if frame >= troupe.frames.len() {
                troupe.frames.resize(frame + 1, Vec::new());
            }
            troupe.people[person].push(Shown { frame, face });
            troupe.frames[frame].push(face);
        }
        (!troupe.to_crop.is_empty()).then_some(troupe)
    }

    /// One of the people who have a face.
    pub(super) fn person(&self, rng: &mut impl Rng) -> usize {
        let present: usize = self.people.iter().filter(|shown| !shown.is_empty()).count();
        let nth = rng.random_range(0..present.max(1));
        let mut people = self.people.iter().enumerate().filter(|(_, shown)| !shown.is_empty());
        people.nth(nth).map_or(0, |(person, _)| person)
    }

    /// A frame of `person`, and whoever shows the same frame.
    pub(super) fn pair(&self, person: usize, rng: &mut impl Rng) -> Option<Drawn> {
        let shown = self.people.get(person)?;
        let target = shown.get(rng.random_range(0..shown.len().max(1)))?;
        let alike = &self.frames[target.frame];
        let input = alike[rng.random_range(0..alike.len())];
        let to_target = self.to_crop[input].inverse()?.then(&self.to_crop[target.face]);
        Some(Drawn { input, target: target.face, to_target })
    }
}
