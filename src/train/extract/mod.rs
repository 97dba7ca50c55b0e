//! From clips and pictures to a face set. A frame meets the modules in this order:
//!
//! 1. [`source`] turns what the user named into a list of clips and pictures, each with its [`masks`].
//! 2. [`reader`] decodes them on its own thread.
//! 3. The analysis finds the faces of each frame, [`corrections`] have a say; [`cut`] makes the crop, its mask
//!    (supplied, by `network_mask`, or the landmarks' hull) and what is measured on them ([`measure`], [`pose`]); [`clean_up`] says what is dropped and why.
//! 4. A third thread writes the face set and, in step with it, how far each source is ([`progress`]), so that a stop at
//!    any moment loses a second of work at most.
//! 5. [`report`] and [`contact_sheet`] say what came out.

mod analyse;
pub mod clean_up;
pub mod contact_sheet;
mod corrected;
pub mod corrections;
pub mod cut;
mod error;
pub mod masks;
pub mod measure;
mod network_mask;
pub mod progress;
pub mod reader;
pub mod report;
pub mod run;
mod settings;
pub mod source;
mod write;

pub use crate::face::pose;
pub use error::ExtractError;
pub use run::{Job, extract};
pub use settings::{CleanUp, DetectorChoice, ExtractSettings, MaskChoice, Several};
