//! The command `standin`: what stands between a camera and a call, and the tools around the element `faceswap`.
//!
//! [`command`] is the command line: [`settings`] has what files and the environment add to it, [`logs`] what it says
//! meanwhile. [`doctor`] looks at the machine, and [`mend`] knows how each distribution brings what is missing. The
//! tools that only need files (consent records, models, measuring) are [`standin::cli`]'s.
//!
//! [`webcam`] runs a [`call`]: an input of [`camera`], the element, the [`outlet`]s, and the [`still_card`] where
//! there is no picture. [`panel`] is the page that controls one. [`fault`] has the sentences for what is wrong with a
//! machine.

pub mod arguments;
pub mod call;
pub mod camera;
pub mod command;
pub mod doctor;
pub mod element;
pub mod fault;
pub mod logs;
pub mod mend;
mod models;
pub mod outlet;
pub mod panel;
mod processes;
pub mod settings;
pub mod still_card;
mod video_device;
pub mod webcam;
