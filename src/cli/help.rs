//! The first page of help: the commands in groups, so that a newcomer finds the one he needs.

use super::Arguments;
use clap::{Command, CommandFactory, FromArgMatches};

/// The groups with their commands.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Begin", &["new", "list", "explain", "check"]),
    ("Run and compare", &["run", "compare"]),
    (
        "Find a design",
        &["sweep", "limit", "size", "atlas", "plan"],
    ),
    ("Learn and look up", &["facts", "schema", "quiz"]),
    (
        "The program itself",
        &["gallery", "completions", "man", "help"],
    ),
];

/// The command line with its first page in groups.
#[must_use]
pub(super) fn command() -> Command {
    let command = Arguments::command();
    let template = template(&command);
    command.help_template(template)
}

/// Reads the arguments of the process; ends it with help or a message where they ask for that.
#[must_use]
pub fn arguments() -> Arguments {
    let matches = command().get_matches();
    Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// The page: every group with its commands and what they are for.
fn template(command: &Command) -> String {
    let about = |name: &str| match name {
        "help" => "Print help for a command".to_owned(),
        name => command
            .find_subcommand(name)
            .and_then(Command::get_about)
            .map_or(String::new(), ToString::to_string),
    };
    let mut page = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (group, names) in GROUPS {
        page += &format!("\n{group}:\n");
        for name in names {
            page += &format!("  {name:<12} {}\n", about(name));
        }
    }
    page + "\nOptions:\n{options}{after-help}"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_in_one_group() {
        let command = Arguments::command();
        let known = command.get_subcommands().map(Command::get_name);
        let mut known: Vec<&str> = known.chain(["help"]).collect();
        let mut grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        known.sort_unstable();
        grouped.sort_unstable();
        known.dedup();
        assert_eq!(grouped, known);
        let page = super::command().render_help().to_string();
        assert!(page.contains("Find a design:\n  sweep"), "{page}");
    }
}
