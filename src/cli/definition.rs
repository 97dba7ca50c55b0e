//! What is made from the definition of a command line: completions for shells, and manual pages.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Command;
use clap_complete::Shell;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// The folder for the pages, a page a command.
    #[arg(short, long, value_name = "FOLDER")]
    pub out: PathBuf,
}

/// Writes the completions for a shell.
///
/// # Errors
/// Where they cannot be written.
pub fn completions(mut definition: Command, shell: Shell, out: &mut dyn Write) -> anyhow::Result<()> {
    let name = definition.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut definition, name, &mut text);
    Ok(out.write_all(&text)?)
}

/// Writes the manual pages.
///
/// # Errors
/// Where a page cannot be written.
pub fn man(definition: Command, folder: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let failed = || format!("the manual pages cannot be written to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(failed)?;
    let page = folder.join(format!("{}.1", definition.get_name()));
    clap_mangen::generate_to(definition.disable_help_subcommand(true), folder).with_context(failed)?;
    writeln!(out, "{}: read a page with `man -l {}`", folder.display(), page.display())?;
    Ok(())
}
