//! The trainer: from clips of whoever lent a face to a checked `.dfm`. Data flows one way:
//!
//! 1. [`extract`] finds the faces of clips and pictures and cleans up; [`faceset`] is the folder it writes.
//! 2. [`samples`] loads face sets and prepares batches beside the training: [`augment`] lights, moves, dresses and
//!    damages.
//! 3. [`zoo`] has the models, each a [`zoo::Blueprint`]: data from which the network is made, counted and exported.
//!    [`weights`] are its parameters, [`base`] what a model of somebody new starts from.
//! 4. [`losses`] say how wrong a batch came out, [`optimise`] moves the weights, [`session`] repeats that: checkpoints,
//!    previews, metrics, the display.
//! 5. [`export`] writes the swap as a `.dfm`, and [`eval`] runs the live path over a clip and measures what came out.
//!
//! Beside that road, [`mask`] trains the occlusion network, and [`expression`] the one that judges what a drawn face
//! does; no user need do either.
//!
//! [`device`] is what all of it computes on, [`precision`] with how many bits, [`kernels`] has the layers and the
//! loss that must be fast there, [`random`] is where all chance comes from, [`whole_file`] how files are replaced.

pub mod augment;
pub mod base;
pub mod device;
pub mod eval;
pub mod export;
pub mod expression;
pub mod extract;
pub mod faceset;
mod half_tensors;
pub mod kernels;
pub mod losses;
pub mod mask;
pub mod optimise;
pub mod precision;
pub mod random;
pub mod samples;
pub mod session;
pub mod weights;
pub mod whole_file;
pub mod zoo;
