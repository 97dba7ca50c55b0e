//! A troupe: people of whom some perform the same frames, and which of their faces belong together.

use std::collections::{HashMap, HashSet};

use rand::{Rng, RngExt};

use super::choice::Bins;
use crate::geometry::Similarity;
use crate::train::faceset::{FaceRecord, Sex};

/// Width of a bin of skin tone, in L*.
const TONE: f32 = 8.0;

/// The faces of a troupe.
#[derive(Debug, Clone)]
pub(super) struct Troupe {
    /// Source px to the unit square of each face's crop, and back.
    to_crop: Vec<(Similarity, Similarity)>,
    /// For each person the faces and their frames; nobody without a face.
    people: Vec<Vec<Shown>>,
    /// The sex of each person, where the face set says it.
    sexes: Vec<Option<Sex>>,
    /// For each frame in which somebody was found, the faces of everybody who was.
    frames: Vec<Vec<usize>>,
    /// Whether each frame is one of a performance; the others are one face each.
    performed: Vec<bool>,
    /// How people are drawn; none for one as often as another.
    balance: Option<Balance>,
}

/// How people are drawn: tone by tone, and within one sex by sex.
#[derive(Debug, Clone)]
struct Balance {
    tones: Bins,
    /// For each person the place of their tone in `sexes`.
    tone_of: Vec<usize>,
    /// For each tone its people by their sex; none where nobody said that of all of them.
    sexes: Vec<Option<Bins>>,
}

#[derive(Debug, Clone, Copy)]
struct Shown {
    /// Place in [`Troupe::frames`].
    frame: usize,
    face: usize,
}

/// Somebody who was found in less than half of the frames of the performance.
#[derive(Debug, Clone, Copy)]
pub(super) struct RarelySeen {
    /// Their first face.
    pub(super) face: usize,
    /// Frames that they were found in.
    pub(super) found: usize,
    /// Frames that anybody was found in.
    pub(super) frames: usize,
}

/// Faces of a cross pair.
#[derive(Debug, Clone, Copy)]
pub(super) struct CrossFaces {
    pub(super) input: usize,
    pub(super) target: usize,
    /// Unit square of the input's crop to that of the target's.
    pub(super) to_target: Similarity,
}

impl Troupe {
    /// `None` where there is no face, or any is of no performance or has no place in its frame. People are numbered
    /// as they come, without gaps: as [`Sides`](super::Sides) does, so that its numbers stay.
    pub(super) fn of<'a>(faces: impl Iterator<Item = &'a FaceRecord>) -> Option<Self> {
        let mut troupe = Self {
            to_crop: Vec::new(),
            people: Vec::new(),
            sexes: Vec::new(),
            frames: Vec::new(),
            performed: Vec::new(),
            balance: None,
        };
        let (mut people, mut performances) = (HashMap::new(), HashMap::new());
        for (face, record) in faces.enumerate() {
            let performance = record.performance?;
            let [a, b, tx, ty] = record.to_crop;
            let to_crop = Similarity { a, b, tx, ty };
            troupe.to_crop.push((to_crop, to_crop.inverse()?));
            let person = *people.entry(performance.person).or_insert(troupe.people.len());
            let next = troupe.frames.len();
            let frame = performance.frame.map_or(next, |frame| *performances.entry(frame).or_insert(next));
            if frame == next {
                troupe.frames.push(Vec::new());
                troupe.performed.push(performance.frame.is_some());
            }
            troupe.people.resize(people.len(), Vec::new());
            troupe.sexes.resize(people.len(), None);
            troupe.sexes[person] = troupe.sexes[person].or(performance.sex);
            troupe.people[person].push(Shown { frame, face });
            troupe.frames[frame].push(face);
        }
        (!troupe.to_crop.is_empty()).then_some(troupe)
    }

    /// Whether there are frames that several people perform.
    pub(super) fn performs(&self) -> bool {
        let mut shown = HashMap::new();
        let mut all =
            self.people.iter().enumerate().flat_map(|(person, shown)| shown.iter().map(move |s| (s.frame, person)));
        all.any(|(frame, person)| *shown.entry(frame).or_insert(person) != person)
    }

    /// How many people there are; one at least.
    pub(super) fn people(&self) -> usize {
        self.people.len()
    }

    /// Who was found in less than half of the frames: the frames were given to the wrong people, or they perform
    /// another number of frames.
    pub(super) fn rarely_seen(&self) -> Option<RarelySeen> {
        let frames = self.performed.iter().filter(|&&performed| performed).count();
        self.people.iter().find_map(|shown| {
            let performed = shown.iter().filter(|shown| self.performed[shown.frame]);
            let found = performed.map(|shown| shown.frame).collect::<HashSet<_>>().len();
            let face = shown.first()?.face;
            (found > 0 && 2 * found < frames).then_some(RarelySeen { face, found, frames })
        })
    }

    /// The same, which can draw people of every lightness of skin, and of either sex within it where that is known,
    /// as often: `lightness` is the mean L* of every face, where it is known.
    pub(super) fn balanced(mut self, lightness: &[Option<f32>]) -> Self {
        let mut tones = std::collections::BTreeMap::<i32, Vec<usize>>::new();
        for (person, shown) in self.people.iter().enumerate() {
            let known = shown.iter().filter_map(|shown| lightness.get(shown.face).copied().flatten());
            let (sum, count) = known.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
            let tone = if count > 0.0 { (sum / count / TONE).round() as i32 } else { i32::MIN };
            tones.entry(tone).or_default().push(person);
        }
        let mut tone_of = vec![0; self.people.len()];
        let by_sex = |people: &Vec<usize>| {
            let of = |sex| people.iter().copied().filter(|&person| self.sexes[person] == Some(sex)).collect::<Vec<_>>();
            let known: Vec<_> = [Sex::Female, Sex::Male].map(of).into_iter().filter(|of| !of.is_empty()).collect();
            (known.iter().map(Vec::len).sum::<usize>() == people.len()).then(|| Bins::new(known))
        };
        let tones: Vec<_> = tones.into_values().collect();
        let sexes = tones.iter().map(by_sex).collect();
        for (tone, people) in tones.iter().enumerate() {
            people.iter().for_each(|&person| tone_of[person] = tone);
        }
        self.balance = Some(Balance { tones: Bins::new(tones), tone_of, sexes });
        self
    }

    /// One of the people; where `balance` says so with light and dark skins and both sexes as often, if
    /// [`Troupe::balanced`] knows them.
    pub(super) fn person(&self, balance: bool, rng: &mut impl Rng) -> usize {
        let drawn = self.balance.as_ref().filter(|_| balance).and_then(|balance| {
            let person = balance.tones.draw(rng)?;
            let sexes = balance.sexes[balance.tone_of[person]].as_ref();
            sexes.and_then(|sexes| sexes.draw(rng)).or(Some(person))
        });
        drawn.unwrap_or_else(|| rng.random_range(0..self.people.len()))
    }

    /// A frame of `person`, which is one of [`Troupe::people`], and whoever shows the same frame.
    pub(super) fn pair(&self, person: usize, rng: &mut impl Rng) -> CrossFaces {
        let shown = &self.people[person];
        let target = shown[rng.random_range(0..shown.len())];
        let alike = &self.frames[target.frame];
        let input = alike[rng.random_range(0..alike.len())];
        let to_target = self.to_crop[input].1.then(&self.to_crop[target.face].0);
        CrossFaces { input, target: target.face, to_target }
    }
}
