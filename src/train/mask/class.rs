//! What a pixel of a crop is.

/// Classes, in the order of the network's channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    /// Skin of the face, eyes, brows, lashes, lips and mouth: what a swap replaces. Glasses count as what is behind
    /// them: a mask's feather is wider than their frames, and a mask without them would show two pairs, half each.
    Face = 0,
    /// Hair, also in front of the face. A beard is face.
    Hair = 1,
    /// A hand or a thing.
    Occluder = 2,
    /// Neck, ears, clothes.
    Body = 3,
    /// All else.
    Background = 4,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 5] = [Self::Face, Self::Hair, Self::Occluder, Self::Body, Self::Background];

    /// How many.
    pub const COUNT: usize = Self::ALL.len();

    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Hair => "hair",
            Self::Occluder => "occluder",
            Self::Body => "body",
            Self::Background => "background",
        }
    }

    /// The class of an id in a class mask; `None` for an id that means nothing.
    pub const fn of_id(id: u8) -> Option<Self> {
        match id {
            0 => Some(Self::Background),
            1..=5 | 11 => Some(Self::Face),
            6 => Some(Self::Hair),
            7 | 9 | 10 => Some(Self::Body),
            8 => Some(Self::Occluder),
            _ => None,
        }
    }
}
