//! The environment: a variable for every long flag.

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Command};

/// The definition with a variable for every long flag: `STANDIN`, the subcommands and the flag, in capitals with `_`.
pub fn with_environment(definition: Command) -> Command {
    with(definition, "STANDIN")
}

fn with(command: Command, prefix: &str) -> Command {
    let command = command.mut_args(|arg| match variable(prefix, &arg) {
        Some(name) => switch(arg).env(name).hide_env(true),
        None => arg,
    });
    command.mut_subcommands(|command| {
        let prefix = format!("{prefix}_{}", capitals(command.get_name()));
        with(command, &prefix)
    })
}

/// The variable of a flag of the command whose own prefix is `prefix`.
pub(super) fn variable(prefix: &str, arg: &Arg) -> Option<String> {
    is_setting(arg).then(|| format!("{prefix}_{}", capitals(arg.get_long().unwrap_or_default())))
}

/// Whether a flag may be set outside of the command line.
pub(super) fn is_setting(arg: &Arg) -> bool {
    let asks =
        matches!(arg.get_action(), ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version);
    arg.get_long().is_some() && !asks
}

/// `1`, `yes` and `on` are as good as `true`.
fn switch(arg: Arg) -> Arg {
    match arg.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse => arg.value_parser(BoolishValueParser::new()),
        _ => arg,
    }
}

pub(super) fn capitals(word: &str) -> String {
    word.to_ascii_uppercase().replace('-', "_")
}
