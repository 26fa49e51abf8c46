//! Hints: which known name a misspelt one was meant to be, and where text is no TOML.

use super::Problem;
use std::collections::BTreeSet;
use std::ops::Range;

/// How many names a hint lists.
pub(super) const HINTS: usize = 5;

/// The longest of `sections` that `path` lies below; the root if there is none.
pub(super) fn nearest<'a>(sections: &'a BTreeSet<String>, path: &str) -> &'a str {
    let mut above = path.rmatch_indices('.').map(|(at, _)| &path[..at]);
    let found = above.find_map(|above| sections.get(above));
    found.map_or("", String::as_str)
}

/// The rest of `path` below `section`.
pub(super) fn below<'a>(path: &'a str, section: &str) -> &'a str {
    path[section.len()..].trim_start_matches('.')
}

/// The few names that are nearest to what was typed.
pub(super) fn few<'a>(typed: &str, mut known: Vec<&'a str>) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    known.sort_by_cached_key(|name| (strsim::osa_distance(&typed, &name.to_lowercase()), *name));
    known.truncate(HINTS);
    known
}

/// Whether a table of this name can be told from a path: Kafka's dotted keys have values and are no tables.
pub(super) fn is_table_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['.', '[', ']'])
}

/// The known name that `typed` was most likely meant to be.
pub(crate) fn closest<'a>(typed: &str, known: &[&'a str]) -> Option<&'a str> {
    let first = |text: &str| text.split('.').next().unwrap_or_default().to_lowercase();
    let distance = |name: &str| {
        let whole = strsim::osa_distance(&typed.to_lowercase(), &name.to_lowercase());
        let head = strsim::osa_distance(&first(typed), &name.to_lowercase());
        if typed.contains('.') && !name.contains('.') {
            whole.min(head)
        } else {
            whole
        }
    };
    let best = known.iter().map(|name| (distance(name), *name)).min()?;
    (best.0 <= 1 + best.1.len() / 4).then_some(best.1)
}

/// Up to so many names are all told.
const ALL: usize = 16;

/// What to say to who typed a name that nobody knows: the one that was most likely meant, or those that are known.
pub(crate) fn meant(typed: &str, known: &[&str]) -> String {
    match closest(typed, known) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.len() <= ALL => format!("known are {}", known.join(", ")),
        None => {
            let few = few(typed, known.to_vec());
            format!("the nearest of {} are {}", known.len(), few.join(", "))
        }
    }
}

/// What is wrong with text that is no TOML, with its place.
pub(super) fn syntax(text: &str, error: &toml_edit::TomlError) -> Problem {
    let message = error.message().lines().next().unwrap_or("not valid TOML");
    if message.contains("recurs") {
        return Problem::new("the tables are nested too deeply")
            .at(deepest_line(text))
            .help("no setting lies more than a dozen levels deep");
    }
    Problem::new(message)
        .at(error.span())
        .help("a scenario is TOML: `key = value` below `[table]`, text in quotes")
}

/// The line with the most dots and brackets.
fn deepest_line(text: &str) -> Option<Range<usize>> {
    let depth = |line: &str| line.matches(['.', '[', '{']).count();
    let line = text.lines().max_by_key(|line| depth(line))?;
    let begin = text.find(line)?;
    Some(begin..begin + line.len().min(80))
}
