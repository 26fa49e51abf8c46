//! Keys of the file that nobody asked for.

use super::hints::{HINTS, below, few, nearest};
use super::{Leaf, Notes, Problem, Settings, closest};
use std::collections::BTreeSet;

/// For how many unknown keys a hint is looked for; those that are shown are among the first.
const HINTS_MAX: usize = 40;

impl Settings {
    /// A problem for each of them, in the order of the file.
    pub(super) fn unknown_keys(&self) -> Vec<Problem> {
        let notes = self.notes.borrow();
        let mut unused: Vec<(&String, &Leaf)> = self
            .leaves
            .iter()
            .filter(|(path, _)| !notes.used.contains(*path))
            .collect();
        unused
            .sort_by_key(|(_, leaf)| leaf.key_span.as_ref().map_or(usize::MAX, |span| span.start));
        // Only the first problems are shown; a hint for each of thousands would take long.
        let problem = |(nth, (path, leaf)): (usize, &(&String, &Leaf))| {
            if nth < HINTS_MAX {
                self.unknown_key(&notes, path, leaf)
            } else {
                Problem::new(format!("unknown key `{path}`")).at(leaf.key_span.clone())
            }
        };
        unused.iter().enumerate().map(problem).collect()
    }

    fn unknown_key(&self, notes: &Notes, path: &str, leaf: &Leaf) -> Problem {
        let section = nearest(&notes.visited, path);
        let rest = below(path, section);
        let problem =
            Self::refusal(notes, path).unwrap_or_else(|| Self::unknown(notes, section, rest));
        let problem = problem.at(leaf.key_span.clone());
        if self.is_argument(leaf.key_span.as_ref()) && problem.note.is_none() {
            return problem.note("it was given with --set");
        }
        problem
    }

    /// What the service says about a key of its own that nobody asked for.
    fn refusal(notes: &Notes, path: &str) -> Option<Problem> {
        let places: BTreeSet<String> = notes.known.keys().cloned().collect();
        let place = nearest(&places, path);
        notes.known.get(place)?(below(path, place))
    }

    /// A key that nobody knows, with the names that are nearest to it.
    fn unknown(notes: &Notes, section: &str, rest: &str) -> Problem {
        let inside = |asked: &&String| asked.starts_with(section) && asked.len() > section.len();
        let names = notes.asked.iter().filter(inside);
        let known: Vec<&str> = names
            .map(|asked| below(asked, section))
            .filter(|asked| !asked.contains('['))
            .collect();
        let place = if section.is_empty() {
            String::new()
        } else {
            format!(" in `{section}`")
        };
        if known.contains(&rest) {
            let message = format!("`{rest}`{place} is a table, not a value");
            return Problem::new(message).help(format!("write `{rest} = {{ … }}`"));
        }
        let problem = Problem::new(format!("unknown key `{rest}`{place}"));
        match closest(rest, &known) {
            Some(hint) => problem.help(format!("did you mean `{hint}`?")),
            None if known.is_empty() => problem,
            None if known.len() <= HINTS => {
                problem.help(format!("known here: {}", known.join(", ")))
            }
            None => problem.help(format!(
                "nearest of {} that are known here: {}",
                known.len(),
                few(rest, known).join(", ")
            )),
        }
    }
}
