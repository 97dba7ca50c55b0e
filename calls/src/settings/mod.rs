//! Settings: the command line before the environment before the file, for every command, every long flag and every
//! argument without a flag that may be left out, by one rule.
//!
//! The file is TOML: a table a command (`[webcam]`, `[consent.new]`), a key a long flag without its dashes, or the
//! name of what stands without one; the flags that all commands take stand above the tables. A key becomes the
//! default value of its argument, so that the command line needs to know nothing of files. The environment has
//! `STANDIN_WEBCAM_MODEL` for `--model` of `standin webcam`, and `STANDIN_WEBCAM_INPUT` for what it takes instead of
//! a camera. `[preset.NAME]` holds properties of the element `faceswap` ([`Preset`]).

mod environment;
mod example;
mod file;
mod preset;
mod show;

pub use environment::with_environment;
pub use example::example;
pub use preset::Preset;
pub use show::show;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Command};

/// What the user's file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SettingsFile {
    /// The file, whether or not it exists; `None` where there is no home.
    pub path: Option<PathBuf>,
    /// Each key that it has.
    pub(crate) keys: Vec<Key>,
    presets: BTreeMap<String, Preset>,
}

/// One key of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// The subcommands that lead to it; none for a flag of all commands.
    pub(crate) commands: Vec<String>,
    /// The long flag without dashes, or the name of an argument that has none.
    pub(crate) name: String,
    /// Its values as words of a command line.
    pub(crate) values: Vec<String>,
    /// Where it stands.
    pub(crate) line: usize,
}

impl SettingsFile {
    /// Reads the file that `arguments` name with `--config`, else the environment's (`STANDIN_CONFIG`), else the
    /// usual one where it exists. `definition` is the command line that the keys are held against, without the
    /// environment, which would be held against them too.
    ///
    /// # Errors
    /// The file cannot be read, is no TOML, or holds a key or a value that is not known: with file, line, key and the
    /// nearest that is known.
    pub fn load(arguments: &[OsString], definition: &Command) -> anyhow::Result<Self> {
        let named = named(arguments).or_else(|| std::env::var_os("STANDIN_CONFIG").filter(|path| !path.is_empty()));
        let path = named.clone().map(PathBuf::from).or_else(usual);
        let Some(path) = path else { return Ok(Self::default()) };
        if named.is_none() && !path.exists() {
            return Ok(Self { path: Some(path), ..Self::default() });
        }
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("the settings {} cannot be read; `standin config --example` writes a new file", path.display())
        })?;
        Self::parse(&path, &text, definition)
    }

    /// Reads the text of the file `path`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse(path: &Path, text: &str, definition: &Command) -> anyhow::Result<Self> {
        let (keys, presets) = file::parse(path, text, definition)?;
        Ok(Self { path: Some(path.to_owned()), keys, presets })
    }

    /// The command line with what the file says as default values.
    pub fn apply(&self, definition: Command) -> Command {
        self.keys.iter().fold(definition, |command, key| apply(command, &key.commands, key))
    }

    /// The preset of this name.
    ///
    /// # Errors
    /// There is none: with the names that there are.
    pub fn preset(&self, name: &str) -> anyhow::Result<&Preset> {
        self.presets.get(name).with_context(|| {
            let file = self.path.as_deref().unwrap_or(Path::new("config.toml")).display();
            let names: Vec<_> = self.presets.keys().map(String::as_str).collect();
            match names.as_slice() {
                [] => format!("there is no preset '{name}': {file} has no table [preset.{name}]"),
                _ => format!("there is no preset '{name}' in {file}; there are {}", names.join(", ")),
            }
        })
    }

    /// Names of the presets.
    pub fn presets(&self) -> impl Iterator<Item = &str> {
        self.presets.keys().map(String::as_str)
    }
}

fn apply(command: Command, commands: &[String], key: &Key) -> Command {
    match commands {
        [first, rest @ ..] => command.mut_subcommand(first, |command| apply(command, rest, key)),
        [] => command
            .mut_args(|arg| if environment::setting(&arg) == Some(&key.name) { with_default(arg, key) } else { arg }),
    }
}

/// A switch that the file sets can be set back with `--switch=false`.
fn with_default(arg: Arg, key: &Key) -> Arg {
    let arg = match arg.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(BoolishValueParser::new()),
        _ => arg,
    };
    arg.required(false).default_values(key.values.clone())
}

/// The value of `--config`, before anything else is known of the arguments.
fn named(arguments: &[OsString]) -> Option<OsString> {
    let mut words = arguments.iter().skip(1).take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        if word == "--config" {
            return words.next().cloned();
        }
        if let Some(path) = word.to_str().and_then(|word| word.strip_prefix("--config=")) {
            return Some(path.into());
        }
    }
    None
}

/// `$XDG_CONFIG_HOME/standin/config.toml`, or the same in `~/.config`.
fn usual() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let configuration = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
    Some(configuration.join("standin").join("config.toml"))
}

/// The one of `known` that is nearest to `word`, where any is near.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let close = known.map(|known| (strsim::jaro_winkler(word, known), known)).filter(|(likeness, _)| *likeness > 0.7);
    close.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_named_before_the_arguments_are_parsed() {
        let of = |words: &[&str]| named(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of(&["standin", "bench", "--config", "a.toml"]), Some("a.toml".into()));
        assert_eq!(of(&["standin", "--config=b.toml", "bench"]), Some("b.toml".into()));
        assert_eq!(of(&["standin", "bench", "--", "--config", "c.toml"]), None);
        assert_eq!(of(&["standin"]), None);
    }

    #[test]
    fn the_nearest_word() {
        let known = || ["frames", "depth", "device"].into_iter();
        assert_eq!(nearest("frame", known()), Some("frames"));
        assert_eq!(nearest("devise", known()), Some("device"));
        assert_eq!(nearest("zzz", known()), None);
    }
}
