//! How wrong a batch came out.
//!
//! Each term is a function of pictures `[N, C, S, S]` with values 0..1 that gives one number, and is differentiable in
//! the first picture; [`total`] adds them up as [`LossWeights`] say, which stand in `run.toml`.
//!
//! Two terms are not here yet, for want of the networks they need. Both would be one more [`Part`]:
//!
//! - **A patch discriminator** (X. Mao et al., "Least squares generative adversarial networks", ICCV 2017; patches from
//!   P. Isola et al., CVPR 2017): a small convolutional [`Network`](crate::train::zoo::Network) per side that says of
//!   each patch whether it is a photograph. It has weights and an optimiser of its own, so the session owns it: after
//!   [`total`] it adds `mean((D(face) − 1)²)`, and every second step it moves `D` by `mean((D(target) − 1)²) +
//!   mean(D(face)²)` over a detached face. It belongs in the last third of a run, when the picture is blurred but right;
//!   the reconstruction terms stay on.
//! - **A perceptual distance** (J. Johnson et al., ECCV 2016): mean squared difference of the features of a frozen
//!   network, as a function beside [`dssim`]. The features must come from a network of this project (no permissive
//!   pretrained one is at hand): the trained encoder of an earlier `live` model does.

mod dssim;
mod pixel;
mod total;
mod weights;

pub use dssim::{dssim, emphasised_dssim};
pub use pixel::{emphasised, feather, l1, l2, masked};
pub use total::{Part, Parts, total};
pub use weights::{LossWeights, LossWeightsError};
