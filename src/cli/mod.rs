//! The command line `standin`: one module a subcommand.
//!
//! Reports go to standard output, errors to standard error as one sentence. Exit codes: 0 done and good, 1 not good or
//! failed, 2 wrong arguments.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub mod bench;
pub mod compare;
pub mod consent;
pub mod devices;
pub mod model;
mod roofline;
#[cfg(feature = "train")]
pub mod train;

/// Consented face replacement: consent records and models.
#[derive(Debug, Parser)]
#[command(name = "standin", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
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

impl Cli {
    /// Does what was asked for and writes the report to `out`.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn run(self, out: &mut dyn Write) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Consent(command) => consent::run(command, out),
            Command::Model(arguments) => model::run(&arguments, out),
            Command::Bench(arguments) => bench::run(&arguments, out),
            Command::Devices => devices::run(out),
            Command::Compare(arguments) => compare::run(&arguments, out),
        }
    }
}

/// Parses the process's arguments and runs them: the whole of `main`.
pub fn main() -> ExitCode {
    let outcome = Cli::parse().run(&mut std::io::stdout().lock());
    match outcome {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing is left to do where even standard error is closed.
            let _ = writeln!(std::io::stderr(), "standin: {error:#}");
            ExitCode::FAILURE
        }
    }
}
