//! What is odd about two sides' face sets.

use std::collections::HashSet;
use std::fmt;

use super::Sides;
use crate::geometry::{Point, Rect};
use crate::train::faceset::FaceRecord;
use crate::train::zoo::Side;

/// Faces of a side from which on it is not called small.
const ENOUGH_FACES: usize = 200;
/// Part of the smaller side's faces that may look like one of the other before somebody is told.
const ALIKE: f32 = 0.1;
/// Ratio of head sizes that is not remarked on.
const HEAD_SIZES: f32 = 1.12;
/// Turn of the head in degrees up to which its outline tells its size.
const FRONTAL: f32 = 25.0;

/// Something to tell before the training starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// Few faces.
    FewFaces {
        /// Whose.
        side: Side,
        /// How many.
        faces: usize,
    },
    /// The same pictures on both sides, or pictures that look the same.
    SamePerson {
        /// Faces of side B whose file is on side A too.
        identical: usize,
        /// Faces of side B whose look ([`FaceRecord::hash`]) is on side A too, the identical ones among them.
        alike: usize,
        /// Faces of side B.
        of: usize,
    },
    /// Heads that fill their crops differently.
    HeadSize {
        /// Mean size of side A's faces, as a share of the crop's side: root of the landmarks' bounds' area.
        a: f32,
        /// Side B's.
        b: f32,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewFaces { side, faces } => write!(
                f,
                "side {side:?} has {faces} faces; with fewer than {ENOUGH_FACES} a model repeats them instead of learning \
                 poses"
            ),
            Self::SamePerson { identical, alike, of } => write!(
                f,
                "{identical} of side B's {of} faces are on side A too and {alike} look the same: is it the same person \
                 twice?"
            ),
            Self::HeadSize { a, b } => write!(
                f,
                "heads of side A fill {:.0} % of their crops and those of side B {:.0} % (ratio {:.2}): the swapped face \
                 will look too {}; set the live element's face scale, or take another driver",
                a * 100.0,
                b * 100.0,
                b / a,
                if b > a { "large" } else { "small" }
            ),
        }
    }
}

/// Every warning about these face sets.
pub(super) fn all(sides: &Sides) -> Vec<Warning> {
    let few = [Side::A, Side::B].into_iter().filter_map(|side| {
        let faces = sides.faces(side).count();
        // A model from a base needs no driver.
        (1..ENOUGH_FACES).contains(&faces).then_some(Warning::FewFaces { side, faces })
    });
    few.chain(same_person(sides)).chain(head_size(sides)).collect()
}

fn same_person(sides: &Sides) -> Option<Warning> {
    let files: HashSet<_> = sides.faces(Side::A).map(|face| &face.sha256).collect();
    let looks: HashSet<_> = sides.faces(Side::A).map(|face| &face.hash).collect();
    let of = sides.faces(Side::B).count();
    let identical = sides.faces(Side::B).filter(|face| files.contains(&face.sha256)).count();
    let alike = sides.faces(Side::B).filter(|face| looks.contains(&face.hash)).count();
    let smaller = of.min(sides.faces(Side::A).count());
    let suspicious = identical > 0 || alike as f32 > ALIKE * smaller as f32;
    suspicious.then_some(Warning::SamePerson { identical, alike, of })
}

fn head_size(sides: &Sides) -> Option<Warning> {
    // A troupe's people drive nobody.
    if sides.faces(Side::A).any(|face| face.performance.is_some()) {
        return None;
    }
    let (a, b) = (mean_size(sides, Side::A)?, mean_size(sides, Side::B)?);
    let ratio = a.max(b) / a.min(b);
    (ratio > HEAD_SIZES).then_some(Warning::HeadSize { a, b })
}

/// Of the faces that look ahead, or of all where none does.
fn mean_size(sides: &Sides, side: Side) -> Option<f32> {
    let mean = |sizes: Vec<f32>| (!sizes.is_empty()).then(|| sizes.iter().sum::<f32>() / sizes.len() as f32);
    let frontal = sides.faces(side).filter(|face| face.yaw.abs() <= FRONTAL).map(size).collect();
    let found = mean(frontal).or_else(|| mean(sides.faces(side).map(size).collect()));
    found.filter(|size| *size > 0.0)
}

fn size(face: &FaceRecord) -> f32 {
    let points: Vec<_> = face.landmarks.iter().map(|&[x, y]| Point::new(x, y)).collect();
    Rect::around(&points).area().sqrt()
}
