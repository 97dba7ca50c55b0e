//! Which of the faces are swapped.

use crate::face::Face;

/// How much larger another face must be before `Largest` moves to it, so that two equal faces do not take turns.
const LARGER: f32 = 1.3;

/// The user's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Select {
    /// The face with the largest bounds.
    #[default]
    Largest,
    /// Every face.
    All,
    /// The face whose centre is furthest to the left.
    LeftMost,
    /// The face with this track id.
    Track(u32),
}

/// Keeps to one face as long as it is there, whatever else comes and goes.
#[derive(Debug, Default)]
pub struct Selector {
    subject: Option<u32>,
    /// The track that was asked for by its number; `subject` is what it is called now.
    asked: Option<u32>,
    newest: u32,
}

impl Selector {
    /// Forgets whom it followed.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// The face to follow from now on, as long as one is followed at all.
    pub fn follow(&mut self, track: u32) {
        self.subject = Some(track);
    }

    /// The track that is followed.
    pub fn subject(&self) -> Option<u32> {
        self.subject
    }

    /// Marks in `chosen` which of `faces` are to be swapped. `missed` says whether the subject of before is missing for
    /// so short a time that it is still protected: then only a face that is new since takes its place, never a
    /// bystander.
    pub fn choose(&mut self, select: Select, faces: &[Face], missed: impl Fn(u32) -> bool, chosen: &mut Vec<bool>) {
        chosen.clear();
        match select {
            Select::All => chosen.resize(faces.len(), true),
            Select::Track(track) => {
                if self.asked != Some(track) {
                    (self.asked, self.subject) = (Some(track), Some(track));
                }
                chosen.extend(faces.iter().map(|face| Some(face.track) == self.subject));
            }
            Select::Largest | Select::LeftMost => {
                self.keep_or_move(select, faces, missed);
                chosen.extend(faces.iter().map(|face| Some(face.track) == self.subject));
            }
        }
        self.newest = faces.iter().map(|face| face.track).fold(self.newest, u32::max);
    }

    fn keep_or_move(&mut self, select: Select, faces: &[Face], missed: impl Fn(u32) -> bool) {
        let current = self.subject.and_then(|track| faces.iter().find(|face| face.track == track));
        let best = |candidates: &mut dyn Iterator<Item = &Face>| -> Option<u32> {
            let better = |a: &Face, b: &Face| match select {
                Select::LeftMost => a.bounds.centre().x < b.bounds.centre().x,
                _ => a.bounds.area() > b.bounds.area(),
            };
            candidates.map(|f| (f, f.track)).reduce(|a, b| if better(b.0, a.0) { b } else { a }).map(|(_, t)| t)
        };
        self.subject = match (current, self.subject) {
            (Some(current), _) => {
                let rival = best(&mut faces.iter()).and_then(|track| faces.iter().find(|face| face.track == track));
                match rival {
                    Some(rival) if clearly(select, rival, current) => Some(rival.track),
                    _ => Some(current.track),
                }
            }
            (None, Some(lost)) if missed(lost) => {
                let newest = self.newest;
                best(&mut faces.iter().filter(|face| face.track > newest)).or(Some(lost))
            }
            _ => best(&mut faces.iter()),
        };
    }
}

/// Whether `rival` is so much more what was asked for that the swap should move.
fn clearly(select: Select, rival: &Face, current: &Face) -> bool {
    match select {
        Select::LeftMost => rival.bounds.centre().x + 0.25 * current.bounds.w < current.bounds.centre().x,
        _ => rival.bounds.area() > LARGER * current.bounds.area(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Rect, Similarity};

    fn face(track: u32, x: f32, side: f32) -> Face {
        Face {
            track,
            score: 1.0,
            bounds: Rect { x, y: 0.0, w: side, h: side },
            landmarks: Vec::new(),
            to_canonical: Similarity::IDENTITY,
            to_canonical_rigid: Similarity::IDENTITY,
            ..Face::default()
        }
    }

    fn chosen(selector: &mut Selector, select: Select, faces: &[Face], missed: bool) -> Vec<u32> {
        let mut marks = Vec::new();
        selector.choose(select, faces, |_| missed, &mut marks);
        faces.iter().zip(marks).filter(|(_, mark)| *mark).map(|(face, _)| face.track).collect()
    }

    #[test]
    fn the_largest_keeps_its_place_until_another_is_clearly_larger() {
        let mut selector = Selector::default();
        let largest = Select::Largest;
        assert_eq!(chosen(&mut selector, largest, &[face(1, 0.0, 100.0), face(2, 300.0, 95.0)], false), [1]);
        assert_eq!(chosen(&mut selector, largest, &[face(1, 0.0, 100.0), face(2, 300.0, 105.0)], false), [1]);
        assert_eq!(chosen(&mut selector, largest, &[face(1, 0.0, 100.0), face(2, 300.0, 130.0)], false), [2]);
    }

    #[test]
    fn a_bystander_does_not_inherit_the_swap_of_a_missed_face() {
        let mut selector = Selector::default();
        let largest = Select::Largest;
        assert_eq!(chosen(&mut selector, largest, &[face(1, 0.0, 100.0), face(2, 300.0, 80.0)], false), [1]);
        assert_eq!(chosen(&mut selector, largest, &[face(2, 300.0, 80.0)], true), [] as [u32; 0]);
        assert_eq!(chosen(&mut selector, largest, &[face(2, 300.0, 80.0), face(3, 10.0, 90.0)], true), [3]);
    }

    #[test]
    fn after_the_protection_ends_whoever_is_there_is_chosen() {
        let mut selector = Selector::default();
        assert_eq!(chosen(&mut selector, Select::LeftMost, &[face(1, 0.0, 50.0), face(2, 90.0, 50.0)], false), [1]);
        assert_eq!(chosen(&mut selector, Select::LeftMost, &[face(2, 90.0, 50.0)], false), [2]);
    }

    #[test]
    fn all_and_a_track_are_what_they_say() {
        let mut selector = Selector::default();
        let faces = [face(4, 0.0, 50.0), face(9, 90.0, 50.0)];
        assert_eq!(chosen(&mut selector, Select::All, &faces, false), [4, 9]);
        assert_eq!(chosen(&mut selector, Select::Track(9), &faces, false), [9]);
        assert_eq!(chosen(&mut selector, Select::Track(5), &faces, false), [] as [u32; 0]);
    }
}
