//! Standin.

pub mod blend;
pub mod cli;
pub mod consent;
pub mod face;
pub mod frame;
pub mod geometry;
pub mod live;
pub mod media;
pub mod runtime;
pub mod swap;
