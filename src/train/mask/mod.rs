//! Training of the occlusion network: which pixels of an aligned crop are face, and what hides it.
//!
//! 1. [`reader`] cuts crops with their classes out of clips whose masks hold class ids, and takes over clips that are crops
//!    already; [`MaskShots`] keeps them, some people held back.
//! 2. [`batch`] changes them as the swap's training does ([`augment`](super::augment)), and pastes [`things`] in front:
//!    hands and boards of other crops, cups, microphones, cables, shapes with the texture of other pictures.
//! 3. [`loss`] is cross entropy with heavier edges and a soft Dice; [`trainer`] repeats, saves and exports.
//! 4. [`measure`] says how good a network file is on people and things it never saw.

pub mod batch;
pub mod class;
mod error;
pub mod loss;
pub mod measure;
mod paste;
pub mod reader;
mod shot;
mod things;
pub mod trainer;

pub use class::Class;
pub use error::MaskError;
pub use shot::{MaskShot, MaskShots};

/// Side in px of the crop that the network sees.
pub const SIDE: usize = crate::face::OCCLUSION_SIDE;
