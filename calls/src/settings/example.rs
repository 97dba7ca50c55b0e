//! A file of every key, made from the definition of the command line.

use std::fmt::Write;

use clap::{Arg, ArgAction, Command};

use super::environment::{capitals, setting, variable};

/// The text of a file that has every key as a comment with its default.
pub fn example(definition: &Command) -> String {
    let mut text = String::from(
        "# Settings of `standin`. A key is a long flag without its dashes, or what stands without one; a table is a command.\n\
         # The command line comes first, then the environment, then this file.\n",
    );
    table(&mut text, definition, &[]);
    text.push_str(
        "\n# Properties of the element faceswap under a name of yours, for --preset NAME; see `gst-inspect-1.0 faceswap`.\n\
         #[preset.soft]\n#sharpen = 0.5\n#smoothing = 0.7\n",
    );
    text
}

fn table(text: &mut String, command: &Command, commands: &[&str]) {
    let prefix = std::iter::once("STANDIN".to_owned()).chain(commands.iter().map(|name| capitals(name)));
    let prefix = prefix.collect::<Vec<_>>().join("_");
    let own = |arg: &&Arg| setting(arg).is_some_and(|name| !commands.is_empty() || name != "config");
    let mut headline = (!commands.is_empty()).then(|| format!("\n[{}]\n", commands.join(".")));
    for arg in command.get_arguments().filter(own) {
        text.push_str(&headline.take().unwrap_or_default());
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        for line in help.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let variable = variable(&prefix, arg).unwrap_or_default();
        let _ = writeln!(text, "#{} = {}  # {variable}", setting(arg).unwrap_or_default(), value(arg));
    }
    for subcommand in command.get_subcommands() {
        table(text, subcommand, &[commands, &[subcommand.get_name()]].concat());
    }
}

/// The default, else what the help calls the value.
fn value(arg: &Arg) -> String {
    match arg.get_action() {
        ArgAction::SetTrue => return "false".to_owned(),
        ArgAction::SetFalse => return "true".to_owned(),
        ArgAction::Count => return "0".to_owned(),
        _ => (),
    }
    let default = arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    let name = || arg.get_value_names().and_then(|names| names.first()).map_or_else(String::new, ToString::to_string);
    let word = match default {
        Some(number) if number.parse::<f64>().is_ok_and(f64::is_finite) => number,
        other => quoted(&other.unwrap_or_else(name)),
    };
    if matches!(arg.get_action(), ArgAction::Append) { format!("[{word}]") } else { word }
}

/// A string of TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
