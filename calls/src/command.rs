//! The command line: what each word of `standin WORD` runs.
//!
//! Reports go to standard output, errors to standard error as one sentence. Exit codes: 0 done and good, 1 not good or
//! failed, 2 wrong arguments.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use standin::cli::{Outcome, Tool};

/// Consented face replacement: cameras, consent records and models.
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
    /// What needs no camera and no GStreamer element.
    #[command(flatten)]
    Tool(Tool),
    /// Makes a camera for calls in which the face is swapped.
    Webcam(Box<crate::webcam::Arguments>),
}

impl Command {
    /// Does what was asked for and writes the report to `out`.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn run(self, out: &mut dyn Write) -> anyhow::Result<Outcome> {
        match self {
            Self::Tool(tool) => tool.run(out),
            Self::Webcam(arguments) => crate::webcam::run(*arguments, out),
        }
    }
}

/// Parses the process's arguments and runs them: the whole of `main`.
pub fn main() -> ExitCode {
    match Cli::parse().command.run(&mut std::io::stdout().lock()) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing is left to do where even standard error is closed.
            let _ = writeln!(std::io::stderr(), "standin: {error:#}");
            ExitCode::FAILURE
        }
    }
}
