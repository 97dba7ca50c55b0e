//! To be written.

use std::io::Write;

use crate::cli::Outcome;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs the command.
///
/// # Errors
/// A sentence for people.
pub fn run(_arguments: &Arguments, _out: &mut dyn Write) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
