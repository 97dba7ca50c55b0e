//! The environment: a variable for every setting.

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Command};

/// The definition with a variable for every setting: `STANDIN`, the subcommands and the setting, in capitals with `_`.
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

/// The variable of an argument of the command whose own prefix is `prefix`.
pub(super) fn variable(prefix: &str, arg: &Arg) -> Option<String> {
    Some(format!("{prefix}_{}", capitals(setting(arg)?)))
}

/// The name under which an argument may be set outside of the command line: every long flag's own, and that of an
/// argument without a flag which may be left out.
pub(super) fn setting(arg: &Arg) -> Option<&str> {
    let asks =
        matches!(arg.get_action(), ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version);
    let placed = (arg.is_positional() && !arg.is_required_set()).then(|| arg.get_id().as_str());
    arg.get_long().filter(|_| !asks).or(placed)
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
