//! Presets of the file of settings: what the page loads and saves.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;

use anyhow::{Context, bail, ensure};
use clap::CommandFactory;

use super::properties::{Control, is_look};
use crate::call::BARE;
use crate::command::Cli;
use crate::settings::SettingsFile;

/// Names of the presets.
pub(super) fn names(settings: &SettingsFile) -> Vec<String> {
    settings.presets().map(str::to_owned).collect()
}

/// Puts the values of now under `name` at the end of the file, and gives the settings that it makes then. What is in
/// the file stays as it is.
///
/// # Errors
/// A name that is taken or is none, no home, or a file that cannot be written.
pub(super) fn save(
    settings: &SettingsFile,
    name: &str,
    controls: &[Control],
    values: &BTreeMap<String, String>,
) -> anyhow::Result<SettingsFile> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let is_name = (1..=40).contains(&name.len()) && name.chars().all(letter);
    ensure!(is_name, "'{name}' is no name for a preset; take up to 40 letters, digits, - and _");
    ensure!(values.get("on-failure").is_none_or(|value| value != "pass"), "{BARE}; it cannot be part of a preset");
    let path = settings.path.as_deref().context("there is no home folder for the settings; set HOME")?;
    if settings.presets().any(|known| known == name) {
        bail!("there is a preset '{name}' already; take another name, or delete [preset.{name}] in {}", path.display());
    }
    let before = if path.exists() { std::fs::read_to_string(path)? } else { String::new() };
    let mut table =
        format!("{}\n[preset.{name}]\n", if before.ends_with('\n') || before.is_empty() { "" } else { "\n" });
    for control in controls.iter().filter(|control| is_look(control)) {
        let value = values.get(&control.name).map_or("", String::as_str);
        let plain = value.parse::<f64>().is_ok_and(f64::is_finite) || matches!(value, "true" | "false");
        let value = if plain { value.to_owned() } else { toml::Value::String(value.to_owned()).to_string() };
        writeln!(table, "{} = {value}", control.name)?;
    }
    let new = SettingsFile::parse(path, &format!("{before}{table}"), &Cli::command())?;
    let write = || {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        OpenOptions::new().append(true).create(true).open(path)?.write_all(table.as_bytes())
    };
    write().with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(new)
}
