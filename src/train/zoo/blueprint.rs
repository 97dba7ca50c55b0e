//! A whole model as data.

use super::{Layer, Shape};

/// A model: shared encoder, what lies between, decoders.
///
/// Two families: with [`Inter::Shared`] each side has a decoder of its own (parameters `decoder_a.…`, `decoder_b.…`);
/// with [`Inter::Split`] one decoder (`decoder.…`) serves both, and the code says whose face it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Blueprint {
    /// Family, such as `df`.
    pub family: String,
    /// Side of the crop that goes in and of the face that comes out, in px.
    pub resolution: usize,
    /// Crop `[3, resolution, resolution]` (blue, green, red, 0..1) to a vector or picture.
    pub encoder: Vec<Layer>,
    /// What lies between encoder and decoder.
    pub inter: Inter,
    /// Code to face and mask.
    pub decoder: Decoder,
    /// Head on the code of [`Inter::Shared`] (`driver_mask.…`) that gives the mask of the face that went in, 1 channel
    /// 0..1 at `resolution`; without one, decoder A's mask is taken.
    pub driver_mask: Option<Vec<Layer>>,
}

/// What lies between encoder and decoder.
#[derive(Debug, Clone, PartialEq)]
pub enum Inter {
    /// `inter.…`: one for both sides.
    Shared(Vec<Layer>),
    /// `inter_ab.…` for both sides and `inter_a.…` for the driver's side only, of the same layers; the decoder gets their
    /// pictures joined along channels: `[inter_a(x), inter_ab(x)]` for side A, `[inter_ab(x), inter_ab(x)]` for side B and
    /// for the swap.
    Split(Vec<Layer>),
}

/// Code to face and mask.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoder {
    /// `….trunk.…`: what face and mask have in common; may be empty.
    pub trunk: Vec<Layer>,
    /// `….face.…`: to 3 channels (blue, green, red, 0..1) at `resolution`.
    pub face: Vec<Layer>,
    /// `….mask.…`: to 1 channel 0..1 at `resolution`.
    pub mask: Vec<Layer>,
}

/// A parameter that a blueprint asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterShape {
    /// Part, place in it and kind: `encoder.2.weight`, or `decoder_b.trunk.3.0.bias` inside a [`Layer::Residual`].
    pub name: String,
    /// As [`Parameter::shape`](crate::train::weights::Parameter::shape).
    pub shape: Vec<usize>,
}

/// A blueprint whose layers do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlueprintError {
    /// A layer that cannot take what comes in.
    #[error("{part}: {layer} cannot follow {shape:?}")]
    Misfit {
        /// Where.
        part: String,
        /// The layer.
        layer: String,
        /// What comes in.
        shape: Shape,
    },
    /// The end is not what it must be.
    #[error("{part} gives {found:?}, but must give {expected:?}")]
    End {
        /// Where.
        part: String,
        /// What it gives.
        found: Shape,
        /// What it must give.
        expected: Shape,
    },
    /// A dimension that the family cannot have.
    #[error("resolution {resolution} is no multiple of {multiple}, which {family} needs; take {lower} or {upper}")]
    Resolution {
        /// Asked for.
        resolution: usize,
        /// What it must be a multiple of.
        multiple: usize,
        /// Family.
        family: String,
        /// Nearest below.
        lower: usize,
        /// Nearest above.
        upper: usize,
    },
    /// A name that no preset has, or an option that a family does not know.
    #[error("{0}")]
    Unknown(String),
}
