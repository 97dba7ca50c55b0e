//! The tools of the command `standin`, one module a subcommand, and the command `standin-train`.
//!
//! Reports go to standard output, errors to standard error as one sentence. Exit codes: 0 done and good, 1 not good or
//! failed, 2 wrong arguments. The rest of `standin` is in `calls/`, which needs the element.

use std::io::Write;

use clap::Subcommand;

pub mod bench;
pub mod compare;
pub mod consent;
pub mod devices;
pub mod model;
mod roofline;
#[cfg(feature = "train")]
pub mod train;

/// The tools: subcommands of `standin` that work on files.
#[derive(Debug, Subcommand)]
pub enum Tool {
    /// Writes or shows the consent record of a model.
    #[command(subcommand)]
    Consent(consent::Command),
    /// Describes a model and says whether it may be used.
    Model(model::Arguments),
    /// Measures the whole path over a clip, and the floor that the networks set.
    Bench(bench::Arguments),
    /// Lists what `device=` may be on this machine.
    Devices,
    /// Puts frames of clips side by side in one picture.
    Compare(compare::Arguments),
}

/// Whether the outcome is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Good,
    /// Exit code 1: what was asked for was found out, and it is not good.
    Bad,
}

impl Tool {
    /// Does what was asked for and writes the report to `out`.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn run(self, out: &mut dyn Write) -> anyhow::Result<Outcome> {
        match self {
            Self::Consent(command) => consent::run(command, out),
            Self::Model(arguments) => model::run(&arguments, out),
            Self::Bench(arguments) => bench::run(&arguments, out),
            Self::Devices => devices::run(out),
            Self::Compare(arguments) => compare::run(&arguments, out),
        }
    }
}
