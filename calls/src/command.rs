//! The command line: what each word of `standin WORD` runs.
//!
//! Reports go to standard output, errors to standard error as one sentence, with a line how to mend it where the
//! machine lacks something. Exit codes: 0 done and good, 1 not good or failed, 2 wrong arguments or settings, 141
//! nobody reads the report any more.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use standin::cli::{Outcome, Tool, UNREAD, definition, is_unread};

use crate::settings::{self, SettingsFile};
use crate::{doctor, logs, mend, panel, webcam};

/// Consented face replacement: cameras, consent records and models.
#[derive(Debug, Parser)]
#[command(name = "standin", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What is logged.
    #[command(flatten)]
    pub logs: logs::Arguments,
    /// The file of settings, instead of ~/.config/standin/config.toml.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What needs no camera and no GStreamer element.
    #[command(flatten)]
    Tool(Tool),
    /// Makes a camera for calls in which the face is swapped.
    Webcam(Box<webcam::Arguments>),
    /// Makes the same camera, with a page in the browser that shows and controls it.
    Panel(Box<panel::Arguments>),
    /// Says what this machine has and lacks for Standin, and how to mend it.
    Doctor(doctor::Arguments),
    /// Prints the settings that the environment and the file make.
    Config {
        /// Print a file of every key with its default instead.
        #[arg(long)]
        example: bool,
    },
    /// Prints completions for a shell.
    Completions(definition::Completions),
    /// Writes the manual pages.
    Man(definition::Man),
}

impl Cli {
    /// What was asked for, with what depends on where it was said.
    ///
    /// # Errors
    /// Flags that do not go together.
    pub fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut this = Self::from_arg_matches(matches)?;
        this.logs.settle(matches)?;
        let call = match &mut this.command {
            Command::Webcam(arguments) => Some(&mut arguments.call),
            Command::Panel(arguments) => Some(&mut arguments.call),
            _ => None,
        };
        if let (Some(call), Some((_, own))) = (call, matches.subcommand()) {
            call.settle(own);
        }
        Ok(this)
    }
}

/// The definition of the command line, with a variable of the environment for every long flag.
pub fn definition() -> clap::Command {
    settings::with_environment(Cli::command())
}

impl Command {
    /// Does what was asked for and writes the report to `out`. `settings` are the file's, or what is wrong with it.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn run(self, settings: &Result<SettingsFile, String>, out: &mut dyn Write) -> anyhow::Result<Outcome> {
        match self {
            Self::Tool(tool) => tool.run(out),
            Self::Webcam(arguments) => webcam::run(*arguments, known(settings)?, out),
            Self::Panel(arguments) => panel::run(*arguments, settings.as_ref().map_err(String::as_str), out),
            Self::Doctor(arguments) => doctor::run(&arguments, settings.as_ref().err().map(String::as_str), out),
            Self::Config { example: true } => {
                out.write_all(settings::example(&definition()).as_bytes())?;
                Ok(Outcome::Good)
            }
            Self::Config { example: false } => {
                settings::show(known(settings)?, &definition(), out)?;
                Ok(Outcome::Good)
            }
            Self::Completions(arguments) => {
                definition::completions(Cli::command(), arguments.shell, out)?;
                Ok(Outcome::Good)
            }
            Self::Man(arguments) => {
                definition::man(Cli::command(), &arguments.out, out)?;
                Ok(Outcome::Good)
            }
        }
    }

    /// Whether it is of use while the settings are wrong.
    fn bears_wrong_settings(&self) -> bool {
        matches!(self, Self::Doctor(_) | Self::Config { example: true } | Self::Completions(_) | Self::Man(_))
    }
}

/// The settings, where nothing is wrong with them.
fn known(settings: &Result<SettingsFile, String>) -> anyhow::Result<&SettingsFile> {
    settings.as_ref().map_err(|wrong| anyhow::anyhow!("{wrong}"))
}

/// Parses the process's arguments and runs them: the whole of `main`.
pub fn main() -> ExitCode {
    standin::cli::noise::silence();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let settings = SettingsFile::load(&arguments, &Cli::command()).map_err(|error| format!("{error:#}"));
    let definition = match &settings {
        Ok(settings) => settings.apply(definition()),
        Err(_) => definition(),
    };
    let parsed = definition.try_get_matches_from(arguments).and_then(|matches| Cli::of(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    if let Err(wrong) = &settings
        && !cli.command.bears_wrong_settings()
    {
        say(wrong);
        return ExitCode::from(2);
    }
    if let Err(error) = logs::start(cli.logs) {
        say(&format!("{error:#}"));
        return ExitCode::from(2);
    }
    if let Ok(SettingsFile { path: Some(path), .. }) = &settings {
        tracing::debug!("settings: {}", path.display());
    }
    match cli.command.run(&settings, &mut std::io::stdout().lock()) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::FAILURE,
        Err(error) if is_unread(&error) => ExitCode::from(UNREAD),
        Err(error) => {
            say(&format!("{error:#}"));
            if let Some(line) = mend::of(&error) {
                say(&format!("mend: {line}"));
            }
            ExitCode::FAILURE
        }
    }
}

/// A line on standard error. Nothing is left to do where even that is closed.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "standin: {line}");
}
