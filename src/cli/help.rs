//! The help in Chinese, for whoever asks for it in Chinese, and what is wrong with arguments. The man page and the completions are in English.
//!
//! **Invariant:** every text of the help has an entry in `data/lang/help`, and every entry is one of its texts; a test holds both.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Write};

use clap::builder::{PossibleValue, Resettable, StyledStr};
use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, Command, CommandFactory, FromArgMatches, Parser};

use super::args::Arguments;
use crate::model::Lang;
use crate::model::say::speak;
use crate::say;

const WORDS: &str = include_str!("../../data/lang/help/arguments.toml");
/// As clap lays it out, with its only word in Chinese.
const TEMPLATE: &str = "{before-help}{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

/// The arguments of this process; the help is in the language that they, or the environment, ask for.
pub fn parse() -> Arguments {
    let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    match asked(arguments, std::env::var("MUJUN_LANG").ok()) {
        Lang::En => Arguments::parse(),
        Lang::Zh => {
            speak(Lang::Zh);
            let matches = chinese().try_get_matches().unwrap_or_else(|error| refuse(&error));
            Arguments::from_arg_matches(&matches).unwrap_or_else(|error| refuse(&error))
        }
    }
}

/// Ends the process: with the help or version where it was asked for, else with what is wrong with the arguments.
fn refuse(error: &clap::Error) -> ! {
    let Some(what) = fault(error) else { error.exit() };
    // Stderr that has gone leaves nowhere to complain to.
    let _ = writeln!(io::stderr().lock(), "{}\n{}", say!("error: {what}", what), say!("hint: {hint}", hint = remedy(error)));
    std::process::exit(error.exit_code())
}

fn told(error: &clap::Error, kind: ContextKind) -> String {
    error.get(kind).map(ToString::to_string).unwrap_or_default()
}

fn fault(error: &clap::Error) -> Option<String> {
    let (argument, other) = (told(error, ContextKind::InvalidArg), told(error, ContextKind::PriorArg));
    let value = told(error, ContextKind::InvalidValue);
    Some(match error.kind() {
        ErrorKind::InvalidSubcommand => say!("there is no command `{name}`", name = told(error, ContextKind::InvalidSubcommand)),
        ErrorKind::UnknownArgument => say!("there is no argument `{argument}`", argument),
        ErrorKind::MissingRequiredArgument => say!("the argument `{argument}` is missing", argument),
        ErrorKind::InvalidValue if value.is_empty() => say!("the argument `{argument}` needs a value", argument),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            // What clap and its parsers say themselves is English.
            let why = error.source().map(ToString::to_string).filter(|why| !why.is_ascii());
            let what = say!("`{value}` is no value of the argument `{argument}`", value, argument);
            why.map_or_else(|| what.clone(), |why| say!("{what}: {why}", what, why))
        }
        ErrorKind::ArgumentConflict if argument == other => say!("the argument `{argument}` stands twice", argument),
        ErrorKind::ArgumentConflict => say!("the arguments `{argument}` and `{other}` exclude each other", argument, other),
        _ => return None,
    })
}

fn remedy(error: &clap::Error) -> String {
    let suggested = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let near = suggested.into_iter().map(|kind| told(error, kind)).find(|name| !name.is_empty());
    match (near, told(error, ContextKind::ValidValue)) {
        (Some(name), _) => say!("did you mean `{name}`?", name),
        (None, values) if !values.is_empty() => say!("there are {values}", values),
        _ => say!("`--help` tells the arguments"),
    }
}

/// The language asked for, before the arguments are known to be sound.
fn asked(arguments: impl Iterator<Item = String>, environment: Option<String>) -> Lang {
    let arguments: Vec<String> = arguments.take_while(|argument| argument != "--").collect();
    let joined = arguments.iter().find_map(|argument| argument.strip_prefix("--lang="));
    let apart = || arguments.iter().skip_while(|argument| *argument != "--lang").nth(1).map(String::as_str);
    let tag = joined.or_else(apart).map(str::to_owned).or(environment);
    tag.and_then(|tag| tag.parse().ok()).unwrap_or_default()
}

/// The command with its help in Chinese.
fn chinese() -> Command {
    let mut command = Arguments::command();
    // Brings the arguments in that clap adds.
    command.build();
    translated(command, &words())
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
fn words() -> HashMap<String, String> {
    toml::from_str(WORDS).expect("data/lang/help is well-formed")
}

fn translated(command: Command, words: &HashMap<String, String>) -> Command {
    let text = |text: Option<&StyledStr>| Resettable::from(text.map(|text| StyledStr::from(word(text, words))));
    let (about, long_about) = (text(command.get_about()), text(command.get_long_about()));
    let command = command.help_template(TEMPLATE).subcommand_help_heading("命令").about(about).long_about(long_about);
    command.mut_args(|argument| of_argument(argument, words)).mut_subcommands(|under| translated(under, words))
}

fn of_argument(argument: Arg, words: &HashMap<String, String>) -> Arg {
    let text = |text: Option<&StyledStr>, meanings| {
        Resettable::from(text.map(|text| StyledStr::from(word(text, words) + &values(&argument, meanings))))
    };
    let has_meanings = argument.get_possible_values().iter().any(|value| value.get_help().is_some());
    let help = text(argument.get_help(), None);
    let long_help = text(argument.get_long_help().or_else(|| argument.get_help().filter(|_| has_meanings)), Some(words));
    let heading = if argument.is_positional() { "参数" } else { "选项" };
    argument.help(help).long_help(long_help).help_heading(heading).hide_default_value(true).hide_possible_values(true)
}

/// The values that can be given, with what they mean where `meanings` has the words for it, and the one that is taken where none is.
fn values(argument: &Arg, meanings: Option<&HashMap<String, String>>) -> String {
    if !argument.get_action().takes_values() {
        return String::new();
    }
    let value = |value: &PossibleValue| {
        let meaning = meanings.zip(value.get_help()).map(|(words, help)| format!("（{}）", word(help, words)));
        format!("{}{}", value.get_name(), meaning.unwrap_or_default())
    };
    let possible = argument.get_possible_values().iter().map(value).collect::<Vec<_>>().join("、");
    let default = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect::<Vec<_>>().join("、");
    let said = [("默认", default), ("可选", possible)].into_iter().filter(|(_, values)| !values.is_empty());
    said.map(|(title, values)| format!(" [{title}：{values}]")).collect()
}

/// The text in Chinese; one without entry stays as it is.
fn word(text: &StyledStr, words: &HashMap<String, String>) -> String {
    let text = text.to_string();
    words.get(&text).cloned().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every text of the help of a command and those under it.
    fn texts(command: &Command, all: &mut BTreeSet<String>) {
        let abouts = [command.get_about(), command.get_long_about()];
        all.extend(abouts.into_iter().flatten().map(ToString::to_string));
        for argument in command.get_arguments() {
            let helps = [argument.get_help(), argument.get_long_help()];
            all.extend(helps.into_iter().flatten().map(ToString::to_string));
            let values = if argument.get_action().takes_values() { argument.get_possible_values() } else { Vec::new() };
            all.extend(values.iter().filter_map(|value| value.get_help()).map(ToString::to_string));
        }
        command.get_subcommands().for_each(|under| texts(under, all));
    }

    #[test]
    fn every_text_of_the_help_has_its_chinese() {
        let mut command = Arguments::command();
        command.build();
        let mut all = BTreeSet::new();
        texts(&command, &mut all);
        assert_eq!(all, words().into_keys().collect());
        assert!(words().values().all(|text| !text.is_ascii()));
    }

    #[test]
    fn the_language_is_known_before_the_arguments_are() {
        let check = |line: &str, environment: Option<&str>, expected: Lang| {
            assert_eq!(asked(line.split(' ').map(str::to_owned), environment.map(str::to_owned)), expected, "{line}");
        };
        check("mujun --lang zh -h", None, Lang::Zh);
        check("mujun run --lang=zh", Some("en"), Lang::Zh);
        check("mujun run --lang en", Some("zh"), Lang::En);
        check("mujun run", Some("zh"), Lang::Zh);
        check("mujun run -- --lang zh", None, Lang::En);
        check("mujun run --lang", None, Lang::En);
    }
}
