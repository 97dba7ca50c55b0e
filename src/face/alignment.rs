//! How a face is brought into the canonical unit frame.

use super::{align, align_rigid};
use crate::geometry::{Point, Similarity};

/// How a face is brought into the canonical unit frame. A model works with the one that it was trained with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alignment {
    /// By the template of brows, nose, eyes and mouth corners: what models of other tools are trained with.
    #[default]
    Template,
    /// By the skull: see [`align_rigid`].
    Rigid,
}

impl Alignment {
    /// Every alignment.
    pub const ALL: [Self; 2] = [Self::Template, Self::Rigid];

    /// Its name in the metadata of models and face sets.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Rigid => "rigid",
        }
    }

    /// The alignment of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alignment| alignment.name() == name)
    }

    /// Frame px to the canonical unit frame; `None` where the landmarks are too few, not finite or coincide.
    pub fn align(self, landmarks: &[Point]) -> Option<Similarity> {
        match self {
            Self::Template => align(landmarks),
            Self::Rigid => align_rigid(landmarks),
        }
    }
}
