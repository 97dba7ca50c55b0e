//! Logs to standard error, through `tracing`: warnings, more with `-v` and `-vv`, errors alone with `--quiet`.
//!
//! `STANDIN_LOG` has the last word, as `TARGET=LEVEL` with commas between (`standin_calls::doctor=trace,warn`), or one
//! level for everything. GStreamer's own categories stay GStreamer's (`GST_DEBUG`); what libraries say through GLib's
//! `g_log` is logged, too.

use std::io::IsTerminal;

use anyhow::Context;
use clap::ArgMatches;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The flags that every command takes.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Arguments {
    /// Say more on standard error; twice for everything.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Say only errors on standard error.
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

impl Arguments {
    /// Where one place says to be quiet and another verbose, the command line comes before the environment and that
    /// before the file; of one place, `quiet` counts.
    ///
    /// # Errors
    /// The command line says both.
    pub fn settle(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let rank = |flag: &str| match matches.value_source(flag) {
            Some(ValueSource::CommandLine) => 2,
            Some(ValueSource::EnvVariable) => 1,
            _ => 0,
        };
        if !self.quiet || self.verbose == 0 {
            return Ok(());
        }
        match (rank("quiet"), rank("verbose")) {
            (2, 2) => {
                return Err(clap::Error::raw(ErrorKind::ArgumentConflict, "--quiet cannot be used with --verbose\n"));
            }
            (quiet, verbose) if verbose > quiet => self.quiet = false,
            _ => self.verbose = 0,
        }
        Ok(())
    }
}

/// The environment's filter.
pub const ENVIRONMENT: &str = "STANDIN_LOG";

/// What is let through.
fn filter(arguments: Arguments, environment: Option<&str>) -> anyhow::Result<Targets> {
    if let Some(text) = environment.filter(|text| !text.trim().is_empty()) {
        return text.parse().with_context(|| {
            format!(
                "{ENVIRONMENT} is '{text}': give error, warn, info, debug or trace, or TARGET=LEVEL with commas between"
            )
        });
    }
    let level = match (arguments.quiet, arguments.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, 2) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    Ok(Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        .with_targets([("standin", level), ("standin_calls", level)]))
}

/// Starts to log, with this filter for the whole run.
///
/// # Errors
/// `STANDIN_LOG` is no filter.
pub fn start(arguments: Arguments) -> anyhow::Result<()> {
    let filter = filter(arguments, std::env::var(ENVIRONMENT).ok().as_deref())?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(arguments.verbose > 1)
        .without_time();
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
    gst::glib::log_set_default_handler(|library, level, message| from_glib(library.unwrap_or("GLib"), level, message));
    Ok(())
}

/// What a library says through GLib. For whoever did not ask are errors, which end the process, and what is critical to
/// objects, which would be a defect of this program; else libraries call critical, and warn of, what goes on well, as
/// PipeWire's sink does when somebody looks.
fn from_glib(library: &str, level: gst::glib::LogLevel, message: &str) {
    use gst::glib::LogLevel;
    match level {
        LogLevel::Error => tracing::error!("{library}: {message}"),
        LogLevel::Critical if library == "GLib-GObject" => tracing::warn!("{library}: {message}"),
        LogLevel::Critical | LogLevel::Warning => tracing::info!("{library}: {message}"),
        LogLevel::Message | LogLevel::Info | LogLevel::Debug => tracing::debug!("{library}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;
    use tracing::Level;

    #[test]
    fn flags_raise_and_lower() {
        let lets = |arguments, environment, level| {
            filter(arguments, environment).unwrap().would_enable("standin_calls::doctor", &level)
        };
        let verbose = |verbose| Arguments { verbose, quiet: false };
        let quiet = Arguments { verbose: 0, quiet: true };
        assert!(lets(verbose(0), None, Level::WARN) && !lets(verbose(0), None, Level::INFO));
        assert!(lets(verbose(1), None, Level::INFO) && !lets(verbose(1), None, Level::DEBUG));
        assert!(lets(verbose(2), None, Level::DEBUG));
        assert!(lets(quiet, None, Level::ERROR) && !lets(quiet, None, Level::WARN));
        assert!(lets(quiet, Some("standin_calls=trace"), Level::TRACE));
        assert!(!filter(verbose(2), None).unwrap().would_enable("other", &Level::INFO));
    }

    #[test]
    fn a_filter_that_is_none_is_an_error_with_its_name() {
        let error = filter(Arguments::default(), Some("standin=loudly")).unwrap_err().to_string();
        assert!(error.contains("STANDIN_LOG is 'standin=loudly'"), "{error}");
    }
}
