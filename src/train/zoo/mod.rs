//! The models: each is a [`Blueprint`], data that the network is made, counted and exported from.
//!
//! A model is a small file here that composes layers; [`preset`] has the names under which users know them.
//! [`Network`] runs a blueprint; a [`Discriminator`] judges what it draws.

mod blocks;
mod blueprint;
mod df;
mod dfaker;
mod discriminator;
mod expression;
mod first_weights;
mod forward;
mod layer;
mod liae;
mod live;
mod network;
mod original;
pub mod preset;
mod segmenter;

pub use blueprint::{Blueprint, BlueprintError, Decoder, Inter, ParameterShape};
pub use discriminator::Discriminator;
pub use expression::ExpressionNetwork;
pub use layer::{Layer, Shape};
pub use network::{Network, Output, Side, Whose};
pub use segmenter::Segmenter;

use first_weights::first_weights;
