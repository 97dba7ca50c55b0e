//! The text of the file, held against the definition of the command line.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use anyhow::{anyhow, bail};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::environment::setting;
use super::preset::{Preset, Property};
use super::{Key, nearest};

/// The table of presets.
const PRESET: &str = "preset";

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    definition: &'a Command,
    keys: Vec<Key>,
    presets: BTreeMap<String, Preset>,
}

pub(super) fn parse(
    path: &Path,
    text: &str,
    definition: &Command,
) -> anyhow::Result<(Vec<Key>, BTreeMap<String, Preset>)> {
    let mut reader = Reader { path, text, definition, keys: Vec::new(), presets: BTreeMap::new() };
    let document = DeTable::parse(text).map_err(|error| {
        let at = reader.at(&error.span().unwrap_or_default());
        anyhow!("{at}: {}", error.message())
    })?;
    reader.table(document.get_ref(), definition, &[])?;
    Ok((reader.keys, reader.presets))
}

impl Reader<'_> {
    /// `FILE:LINE` of a place.
    fn at(&self, span: &Range<usize>) -> String {
        format!("{}:{}", self.path.display(), self.line(span))
    }

    fn line(&self, span: &Range<usize>) -> usize {
        1 + self.text.bytes().take(span.start).filter(|&byte| byte == b'\n').count()
    }

    fn table(&mut self, table: &DeTable<'_>, command: &Command, commands: &[String]) -> anyhow::Result<()> {
        for (name, value) in table {
            let key = name.get_ref().as_ref();
            let at = self.at(&name.span());
            match value.get_ref() {
                DeValue::Table(presets) if commands.is_empty() && key == PRESET => self.presets(presets)?,
                DeValue::Table(inner) => {
                    let Some(subcommand) = command.get_subcommands().find(|command| command.get_name() == key) else {
                        let known = command.get_subcommands().map(Command::get_name).chain([PRESET]);
                        bail!(
                            "{at}: there is no command `{key}` for the table [{}]{}",
                            dotted(commands, key),
                            hint(key, known)
                        );
                    };
                    self.table(inner, subcommand, &[commands, &[key.to_owned()]].concat())?;
                }
                _ => {
                    let settings = || command.get_arguments().filter(|arg| may_stand(arg, commands));
                    let Some(arg) = settings().find(|arg| setting(arg) == Some(key)) else {
                        let known = settings().filter_map(setting);
                        bail!("{at}: there is no key `{}`{}", dotted(commands, key), hint(key, known));
                    };
                    self.key(arg, value, commands)?;
                }
            }
        }
        Ok(())
    }

    fn key(&mut self, arg: &Arg, value: &Spanned<DeValue<'_>>, commands: &[String]) -> anyhow::Result<()> {
        let name = setting(arg).unwrap_or_default().to_owned();
        let wrong = |what: &str| anyhow!("{}: `{}` {what}", self.at(&value.span()), dotted(commands, &name));
        // What takes no value on the command line.
        let expected = match arg.get_action() {
            ArgAction::SetTrue | ArgAction::SetFalse => Some(("true or false", value.get_ref().is_bool())),
            ArgAction::Count => Some(("a number", value.get_ref().is_integer())),
            _ => None,
        };
        if let Some((kind, false)) = expected {
            return Err(wrong(&format!("is {}, and should be {kind}", article(value.get_ref()))));
        }
        let values = match value.get_ref() {
            DeValue::Array(items) => {
                if !matches!(arg.get_action(), ArgAction::Append) && arg.get_value_delimiter().is_none() {
                    return Err(wrong("takes one value, and has a list"));
                }
                items.iter().map(|item| word(item.get_ref())).collect::<Option<Vec<_>>>()
            }
            single => word(single).map(|word| vec![word]),
        };
        let found = format!("is {}, and should be a string, a number or a truth value", article(value.get_ref()));
        let values = values.ok_or_else(|| wrong(&found))?;
        if expected.is_none() {
            refused(self.definition, commands, arg, &values).map_or(Ok(()), |reason| Err(wrong(&reason)))?;
        }
        let line = self.line(&value.span());
        self.keys.push(Key { commands: commands.to_vec(), name, values, line });
        Ok(())
    }

    fn presets(&mut self, presets: &DeTable<'_>) -> anyhow::Result<()> {
        for (name, value) in presets {
            let (name, at) = (name.get_ref().as_ref(), self.at(&name.span()));
            let DeValue::Table(table) = value.get_ref() else {
                bail!("{at}: `preset.{name}` is {}, and should be a table [preset.{name}]", article(value.get_ref()));
            };
            let mut properties = Vec::new();
            for (key, value) in table {
                let (key, at) = (key.get_ref().as_ref(), self.at(&key.span()));
                let Some(word) = word(value.get_ref()) else {
                    bail!(
                        "{at}: `preset.{name}.{key}` is {}, and should be a string, a number or a truth value",
                        article(value.get_ref())
                    );
                };
                properties.push(Property { name: key.to_owned(), value: word, at });
            }
            self.presets.insert(name.to_owned(), Preset { name: name.to_owned(), properties });
        }
        Ok(())
    }
}

/// The name of the file is no key of the file.
fn may_stand(arg: &Arg, commands: &[String]) -> bool {
    setting(arg).is_some_and(|name| !commands.is_empty() || name != "config")
}

fn dotted(commands: &[String], key: &str) -> String {
    [commands, &[key.to_owned()]].concat().join(".")
}

fn hint<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = nearest(word, known).map(|near| format!("; did you mean `{near}`?"));
    near.unwrap_or_else(|| "; `standin config --example` shows every key".to_owned())
}

fn article(value: &DeValue<'_>) -> String {
    let kind = value.type_str();
    format!("{} {kind}", if kind.starts_with(['a', 'i']) { "an" } else { "a" })
}

/// A value as a word of a command line.
fn word(value: &DeValue<'_>) -> Option<String> {
    Some(match value {
        DeValue::String(text) => text.as_ref().to_owned(),
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().replace('_', ""),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix()).ok()?.to_string(),
        DeValue::Float(float) => float.as_str().replace('_', ""),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => return None,
    })
}

/// Why the argument does not take these values, by the command line's own parser; what else it misses there does not
/// matter.
fn refused(definition: &Command, commands: &[String], arg: &Arg, values: &[String]) -> Option<String> {
    let values = values.iter().map(|value| match arg.get_long() {
        Some(flag) => format!("--{flag}={value}"),
        None => value.clone(),
    });
    let ends = arg.is_positional().then(|| "--".to_owned());
    let words = std::iter::once("standin".to_owned()).chain(commands.iter().cloned()).chain(ends).chain(values);
    let error = definition.clone().try_get_matches_from(words).err()?;
    let about_value = matches!(
        error.kind(),
        ErrorKind::InvalidValue
            | ErrorKind::ValueValidation
            | ErrorKind::TooManyValues
            | ErrorKind::WrongNumberOfValues
    );
    let text = error.to_string();
    let sentence: Vec<_> = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    about_value.then(|| format!("is refused: {}", sentence.join(" ").trim_start_matches("error: ")))
}
