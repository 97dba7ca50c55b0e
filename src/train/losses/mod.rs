//! How wrong a batch came out.
//!
//! Each term is a function of pictures `[N, C, S, S]` with values 0..1 that gives one number, and is differentiable in
//! the first picture; [`total`] adds them up as [`LossWeights`] say, which stand in `run.toml`.
//!
//! Some terms need a network to judge ([`Judges`]): the encoder of the model itself, frozen, for [`perceptual`] and
//! [`code_distance`], a discriminator that the session trains beside the model for [`generator_loss`], and the
//! expression network for [`expression_distance`].

mod dssim;
mod judges;
mod pixel;
mod total;
mod weights;

pub use dssim::{dssim, emphasised_dssim};
pub use judges::{Judges, code_distance, discriminator_loss, expression_distance, generator_loss, pasted, perceptual};
pub use pixel::{emphasised, emphasised_each, feather, l1, l2, masked};
pub use total::{LossTerm, Parts, total};
pub use weights::{LossWeights, LossWeightsError};
