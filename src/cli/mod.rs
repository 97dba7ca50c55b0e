//! The tools of the command `standin`, one module a subcommand, and the command `standin-train`.
//!
//! Reports go to standard output, errors to standard error as one sentence. Exit codes: 0 done and good, 1 not good
//! or failed, 2 wrong arguments, 141 nobody reads the report any more. The rest of `standin` is in `calls/`, which
//! needs the element.

use std::io::Write;

use clap::Subcommand;

pub mod bench;
pub mod compare;
pub mod consent;
pub mod definition;
pub mod devices;
pub mod model;
pub mod noise;
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

/// Exit code of a program whose output nobody reads any more: a shell's for `SIGPIPE`.
pub const UNREAD: u8 = 141;

/// Whether nobody reads what is printed any more, as behind `| head`: nothing has failed, and there is nobody to tell.
pub fn is_unread(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn std::error::Error + 'static)| {
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        json.or_else(|| Some(cause.downcast_ref::<std::io::Error>()?.kind()))
    };
    error.chain().any(|cause| kind(cause) == Some(std::io::ErrorKind::BrokenPipe))
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
