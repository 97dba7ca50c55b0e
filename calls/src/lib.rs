//! The command `standin`: what stands between a camera and a call, and the tools around the element `faceswap`.
//!
//! [`command`] is the command line. The tools that only need files (consent records, models, measuring) are
//! [`standin::cli`]'s.

//!
//! [`webcam`] runs a [`call`]: an input of [`camera`], the element, the [`outlet`]s, and the [`still_card`] where there is no
//! picture. [`fault`] has the sentences for what is wrong with a machine.

pub mod call;
pub mod camera;
pub mod command;
pub mod element;
pub mod fault;
pub mod outlet;
pub mod still_card;
pub mod webcam;
