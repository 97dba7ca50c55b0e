//! The command line `standin-train`: one module a subcommand. Exit codes as `standin`'s.

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use super::{Outcome, UNREAD, definition, is_unread, noise};

pub mod eval;
pub mod export;
pub mod expression;
pub mod extract;
mod from;
mod interrupts;
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
    /// Trains the expression network, which tells what a face does.
    Expression(expression::Arguments),
    /// Prints completions for a shell.
    Completions(definition::Completions),
    /// Writes the manual pages.
    Man(definition::Man),
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
            Command::Expression(arguments) => expression::run(&arguments, out),
            Command::Completions(arguments) => {
                definition::completions(Self::command(), arguments.shell, out)?;
                Ok(Outcome::Good)
            }
            Command::Man(arguments) => {
                definition::man(Self::command(), &arguments.out, out)?;
                Ok(Outcome::Good)
            }
        }
    }
}

/// Parses the process's arguments and runs them: the whole of `main`.
pub fn main() -> ExitCode {
    noise::silence();
    match Cli::parse().run(&mut std::io::stdout().lock()) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::FAILURE,
        Err(error) if is_unread(&error) => ExitCode::from(UNREAD),
        Err(error) => {
            // Nothing is left to do where even standard error is closed.
            let _ = writeln!(std::io::stderr(), "standin-train: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn every_command_has_a_page_and_completions() {
        let (folder, mut said) = (tempfile::tempdir().unwrap(), Vec::new());
        definition::man(Cli::command(), folder.path(), &mut said).unwrap();
        assert!(String::from_utf8(said).unwrap().ends_with("standin-train.1`\n"));
        for shell in [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish] {
            let mut text = Vec::new();
            definition::completions(Cli::command(), shell, &mut text).unwrap();
            let text = String::from_utf8(text).unwrap();
            for command in Cli::command().get_subcommands() {
                let page = folder.path().join(format!("standin-train-{}.1", command.get_name()));
                assert!(std::fs::read_to_string(&page).unwrap().contains(command.get_name()), "{}", page.display());
                assert!(text.contains(command.get_name()), "{shell}: no {}", command.get_name());
            }
        }
    }
}
