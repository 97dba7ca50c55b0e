//! How much of the head a crop holds, in the canonical unit frame: eyebrows to mouth is about 0..1.

use super::template::CHEEKS_PER_RADIAN;
use super::{Alignment, Face};
use crate::geometry::{Point, Similarity};

/// The named crops that models are trained with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FaceType {
    /// Brows to mouth.
    Half,
    /// Half, with a little more.
    MidFull,
    /// Chin and part of the forehead.
    Full,
    /// The whole face with the forehead.
    #[default]
    WholeFace,
    /// The whole head.
    Head,
}

impl FaceType {
    /// Every face type, smallest first.
    pub const ALL: [Self; 5] = [Self::Half, Self::MidFull, Self::Full, Self::WholeFace, Self::Head];

    /// Its name in properties and model metadata.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Half => "half",
            Self::MidFull => "mid-full",
            Self::Full => "full",
            Self::WholeFace => "whole-face",
            Self::Head => "head",
        }
    }

    /// The face type of that name; underscores and hyphens are the same.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.replace('_', "-");
        Self::ALL.into_iter().find(|face_type| face_type.name() == name)
    }

    /// Coverage: side of the square crop, in canonical units.
    pub const fn coverage(self) -> f32 {
        match self {
            Self::Half => 1.0,
            Self::MidFull => 1.1909,
            Self::Full => 1.5966,
            Self::WholeFace => 2.1314,
            Self::Head => 2.9799,
        }
    }

    /// Centre of the crop in canonical units, before the head type's shift by yaw.
    pub const fn centre(self) -> Point {
        match self {
            Self::Half | Self::MidFull | Self::Full => Point::new(0.5, 0.5),
            Self::WholeFace => Point::new(0.5, 0.43),
            Self::Head => Point::new(0.5, 0.0),
        }
    }
}

/// Which crop of an aligned face a model sees.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CropSettings {
    /// The named crop.
    pub face_type: FaceType,
    /// How the face is aligned.
    pub alignment: Alignment,
    /// Side of the crop in canonical units, instead of the face type's; 0 keeps that.
    pub coverage: f32,
    /// Shift of the crop's centre to the right, in canonical units.
    pub x_offset: f32,
    /// Shift of the crop's centre down, in canonical units.
    pub y_offset: f32,
}

impl CropSettings {
    /// Frame pixels to the crop's unit square, for one face.
    pub fn to_crop(&self, face: &Face) -> Similarity {
        let side = if self.coverage > 0.0 { self.coverage } else { self.face_type.coverage() };
        let centre = self.face_type.centre();
        // A turned head reaches further to the side that it faces away from (alignment of the head type).
        let turn = match self.face_type {
            FaceType::Head => {
                let cheeks = face.yaw * CHEEKS_PER_RADIAN;
                -cheeks * (2.0 * cheeks).tanh().abs() / 2.0 * side
            }
            _ => 0.0,
        };
        let (x, y) = (centre.x + self.x_offset + turn, centre.y + self.y_offset);
        let unit = Similarity { a: 1.0 / side, b: 0.0, tx: 0.5 - x / side, ty: 0.5 - y / side };
        face.to_canonical_by(self.alignment).then(&unit)
    }
}
