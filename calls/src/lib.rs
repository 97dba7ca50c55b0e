//! The command `standin`: what stands between a camera and a call, and the tools around the element `faceswap`.
//!
//! [`command`] is the command line. The tools that only need files (consent records, models, measuring) are
//! [`standin::cli`]'s.

pub mod command;
pub mod element;
