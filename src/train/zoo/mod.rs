//! The models: each is a [`Blueprint`], data that the network is made, counted and exported from.
//!
//! A model is a small file here that composes layers; [`preset`] has the names under which users know them.

mod blueprint;
mod layer;
mod network;
pub mod preset;

pub use blueprint::{Blueprint, BlueprintError, Decoder, Inter, ParameterShape};
pub use layer::{Layer, Shape};
pub use network::{Network, Output, Side};
