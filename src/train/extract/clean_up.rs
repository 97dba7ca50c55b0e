//! What is dropped, and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CleanUp, Several};
use crate::face::Face;
use crate::train::faceset::FaceRecord;

/// Why a face was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The corrections say so, or name another face of the frame.
    Corrected,
    /// The mesh was not sure enough.
    Score,
    /// Another track than the one to keep.
    Track,
    /// One of several in a frame.
    Several,
    /// A larger face is in the frame.
    NotLargest,
    /// Landmarks that coincide.
    NotAligned,
    /// Too small.
    Small,
    /// Turned too far.
    Yaw,
    /// Nods too far.
    Pitch,
    /// Too little detail.
    Blurred,
    /// Too dark.
    Dark,
    /// Too bright.
    Bright,
    /// Masks were supplied, but none for this frame, or one without this face.
    NoMask,
    /// Looks like one that was kept a moment before.
    Duplicate,
    /// Seen in one frame only, where the next shows the same scene: hardly a face.
    Flicker,
}

impl Reason {
    /// For people: what was wrong and which flag decides.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Corrected => "dropped by the corrections file",
            Self::Score => "the mesh was not sure enough (--threshold)",
            Self::Track => "of another track (--track)",
            Self::Several => "one of several in a frame (--several skip)",
            Self::NotLargest => "not the largest in its frame (--several largest)",
            Self::NotAligned => "landmarks that coincide",
            Self::Small => "too small (--min-size)",
            Self::Yaw => "turned too far (--max-yaw)",
            Self::Pitch => "nods too far (--max-pitch)",
            Self::Blurred => "blurred (--min-sharpness)",
            Self::Dark => "too dark (--min-exposure)",
            Self::Bright => "too bright (--max-exposure)",
            Self::NoMask => "no mask, or an empty one (--mask, --mask-classes)",
            Self::Flicker => "seen in a single frame only",
            Self::Duplicate => "nearly the same as one before (--near-duplicates)",
        }
    }
}

/// How many faces were dropped for each reason.
pub type Dropped = BTreeMap<Reason, u64>;

/// What is decided by the faces of a frame as they were found, before anything is cut: leaves those to keep, counts the
/// others.
pub fn choose(faces: &mut Vec<&Face>, clean_up: &CleanUp, dropped: &mut Dropped) {
    let mut drop = |reason, count: usize| {
        if count > 0 {
            *dropped.entry(reason).or_default() += count as u64;
        }
    };
    let mut retain = |faces: &mut Vec<&Face>, reason, keep: &dyn Fn(&Face) -> bool| {
        let before = faces.len();
        faces.retain(|face| keep(face));
        drop(reason, before - faces.len());
    };
    retain(faces, Reason::Score, &|face| face.score >= clean_up.threshold);
    retain(faces, Reason::Track, &|face| clean_up.track.is_none_or(|track| face.track == track));
    if faces.len() < 2 {
        return;
    }
    match clean_up.several {
        Several::All => {}
        Several::Skip => retain(faces, Reason::Several, &|_| false),
        // The finder gives the largest first.
        Several::Largest => {
            let largest = faces[0].track;
            retain(faces, Reason::NotLargest, &|face| face.track == largest);
        }
    }
}

/// What is decided by what was measured on a face; `None` keeps it.
pub fn judge(face: &FaceRecord, clean_up: &CleanUp) -> Option<Reason> {
    let over = |value: f32, limit: Option<f32>| limit.is_some_and(|limit| value > limit);
    if face.size < clean_up.min_size {
        Some(Reason::Small)
    } else if over(face.yaw.abs(), clean_up.max_yaw) {
        Some(Reason::Yaw)
    } else if over(face.pitch.abs(), clean_up.max_pitch) {
        Some(Reason::Pitch)
    } else if face.sharpness < clean_up.min_sharpness {
        Some(Reason::Blurred)
    } else if face.exposure < clean_up.min_exposure {
        Some(Reason::Dark)
    } else if over(face.exposure, clean_up.max_exposure) {
        Some(Reason::Bright)
    } else {
        None
    }
}

/// The looks of the faces that were kept last: of each track of each clip, and of all pictures together.
#[derive(Debug, Default)]
pub struct Seen(BTreeMap<(String, u32), Vec<u64>>);

/// Looks that are remembered of a track.
const REMEMBERED: usize = 64;

impl Seen {
    /// Whether `hash` differs from a look that is remembered of `track` in at most `bits` bits; otherwise remembers it.
    pub fn is_duplicate(&mut self, track: (&str, u32), hash: u64, bits: u32) -> bool {
        let looks = self.0.entry((track.0.to_owned(), track.1)).or_default();
        if looks.iter().any(|look| (look ^ hash).count_ones() <= bits) {
            return true;
        }
        self.remember(track, hash);
        false
    }

    /// Forgets a track that was none.
    pub fn forget(&mut self, (source, track): (&str, u32)) {
        self.0.remove(&(source.to_owned(), track));
    }

    /// Remembers a face that was kept.
    pub fn remember(&mut self, (source, track): (&str, u32), hash: u64) {
        let looks = self.0.entry((source.to_owned(), track)).or_default();
        if looks.len() == REMEMBERED {
            looks.remove(0);
        }
        looks.push(hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Rect, Similarity};

    fn face(track: u32, score: f32) -> Face {
        Face {
            track,
            score,
            bounds: Rect::default(),
            landmarks: Vec::new(),
            to_canonical: Similarity::IDENTITY,
            to_canonical_rigid: Similarity::IDENTITY,
            ..Face::default()
        }
    }

    #[test]
    fn several_faces_are_chosen_from_after_those_that_are_out_anyway() {
        let faces = [face(2, 0.9), face(1, 0.99), face(3, 0.4)];
        let kept = |clean_up: &CleanUp| {
            let (mut chosen, mut dropped) = (faces.iter().collect(), Dropped::new());
            choose(&mut chosen, clean_up, &mut dropped);
            (chosen.iter().map(|face| face.track).collect::<Vec<_>>(), dropped)
        };
        let base = CleanUp { threshold: 0.5, ..CleanUp::default() };
        let (tracks, dropped) = kept(&base);
        assert_eq!((tracks, dropped), (vec![2], Dropped::from([(Reason::Score, 1), (Reason::NotLargest, 1)])));
        let (tracks, dropped) = kept(&CleanUp { several: Several::Skip, ..base.clone() });
        assert_eq!((tracks, dropped), (vec![], Dropped::from([(Reason::Score, 1), (Reason::Several, 2)])));
        let (tracks, dropped) = kept(&CleanUp { several: Several::Skip, track: Some(1), ..base.clone() });
        assert_eq!((tracks, dropped), (vec![1], Dropped::from([(Reason::Score, 1), (Reason::Track, 1)])));
        assert_eq!(kept(&CleanUp { several: Several::All, ..base }).0, [2, 1]);
    }

    #[test]
    fn duplicates_are_told_within_a_track_only() {
        let mut seen = Seen::default();
        assert!(!seen.is_duplicate(("a", 1), 0b1111, 2));
        assert!(seen.is_duplicate(("a", 1), 0b1100, 2));
        assert!(!seen.is_duplicate(("a", 2), 0b1100, 2));
        assert!(!seen.is_duplicate(("b", 1), 0b1111, 2));
        assert!(!seen.is_duplicate(("a", 1), 0b1000, 2));
    }
}
