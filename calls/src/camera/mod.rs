//! Where pictures come from: cameras that are found, the format that is asked of one, and the bin for every kind of
//! input.

pub mod asked;
pub mod choice;
pub mod portal;
pub mod probe;
pub mod screen;
pub mod source;

pub use asked::Asked;
pub use choice::{Coding, Format, Wanted, best};
pub use probe::{Camera, Found, Refused};
pub use source::{Input, Source};
