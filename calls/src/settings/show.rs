//! What is set, and by what.

use std::io::Write;

use clap::{Arg, Command};

use super::environment::{capitals, setting, variable};
use super::example::quoted;
use super::{Key, SettingsFile};

/// Writes the settings that environment and file make, as a file, with where each comes from.
///
/// # Errors
/// Where it cannot be written.
pub fn show(settings: &SettingsFile, definition: &Command, out: &mut dyn Write) -> std::io::Result<()> {
    match &settings.path {
        Some(path) if path.exists() => writeln!(out, "# {}", path.display())?,
        Some(path) => writeln!(out, "# {} does not exist; begin one with `standin config --example`", path.display())?,
        None => writeln!(out, "# no file: there is no home folder")?,
    }
    table(settings, definition, &[], out)?;
    for preset in settings.presets.values() {
        writeln!(out, "\n[preset.{}]", preset.name)?;
        for property in &preset.properties {
            writeln!(out, "{} = {}  # {}", property.name, value(&property.value), property.at)?;
        }
    }
    Ok(())
}

fn table(settings: &SettingsFile, command: &Command, commands: &[&str], out: &mut dyn Write) -> std::io::Result<()> {
    let prefix = std::iter::once("STANDIN".to_owned()).chain(commands.iter().map(|name| capitals(name)));
    let prefix = prefix.collect::<Vec<_>>().join("_");
    let mut headline = (!commands.is_empty()).then(|| format!("\n[{}]\n", commands.join(".")));
    for arg in command.get_arguments() {
        if let Some(line) = line(settings, &prefix, commands, arg) {
            writeln!(out, "{}{line}", headline.take().unwrap_or_default())?;
        }
    }
    command
        .get_subcommands()
        .try_for_each(|subcommand| table(settings, subcommand, &[commands, &[subcommand.get_name()]].concat(), out))
}

fn line(settings: &SettingsFile, prefix: &str, commands: &[&str], arg: &Arg) -> Option<String> {
    let name = variable(prefix, arg)?;
    let own = setting(arg)?;
    if let Some(set) = std::env::var(&name).ok().filter(|_| own != "config") {
        return Some(format!("{own} = {}  # {name}", value(&set)));
    }
    let is_it = |key: &&Key| key.name == own && key.commands.iter().map(String::as_str).eq(commands.iter().copied());
    let key = settings.keys.iter().find(is_it)?;
    let values: Vec<_> = key.values.iter().map(|word| value(word)).collect();
    let written = match values.as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    Some(format!("{own} = {written}  # line {}", key.line))
}

/// A number or a truth value as it is, anything else as a string.
fn value(word: &str) -> String {
    let plain = word.parse::<f64>().is_ok_and(f64::is_finite) || matches!(word, "true" | "false");
    if plain { word.to_owned() } else { quoted(word) }
}
