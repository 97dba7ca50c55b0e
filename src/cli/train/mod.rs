//! The command line `standin-train`: one module a subcommand. Exit codes as `standin`'s.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::Outcome;

pub mod eval;
pub mod export;
pub mod extract;
mod from;
pub mod mask;
pub mod run;
pub mod terms;

/// Builds models for Standin: from clips of two people who agreed, to a checked .dfm.
#[derive(Debug, Parser)]
#[command(name = "standin-train", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Finds the faces of clips and pictures and writes a face set.
    Extract(extract::Arguments),
    /// Trains a model on two face sets, or goes on with one.
    Train(run::Arguments),
    /// Writes a trained model as a .dfm.
    Export(export::Arguments),
    /// Runs a model over a clip and measures what comes out.
    Eval(eval::Arguments),
    /// Trains the occlusion network, which tells faces from what hides them.
    Mask(mask::Arguments),
}

impl Cli {
    /// Does what was asked for and writes the report to `out`.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn run(self, out: &mut dyn Write) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Extract(arguments) => extract::run(&arguments, out),
            Command::Train(arguments) => run::run(&arguments, out),
            Command::Export(arguments) => export::run(&arguments, out),
            Command::Eval(arguments) => eval::run(&arguments, out),
            Command::Mask(arguments) => mask::run(&arguments, out),
        }
    }
}

/// Parses the process's arguments and runs them: the whole of `main`.
pub fn main() -> ExitCode {
    match Cli::parse().run(&mut std::io::stdout().lock()) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing is left to do where even standard error is closed.
            let _ = writeln!(std::io::stderr(), "standin-train: {error:#}");
            ExitCode::FAILURE
        }
    }
}
