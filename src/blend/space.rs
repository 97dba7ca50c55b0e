//! The spaces in which colours are measured and changed.

/// A space of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Space {
    /// Red, green, blue of linear light, 0..1.
    #[default]
    Linear,
    /// L (0..100), a, b of CIE 1976 with white D65.
    Lab,
}
