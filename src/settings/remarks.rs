//! What is said about a key of the file: problems, warnings, remarks, assumptions.

use super::asks::What;
use super::section::below;
use super::{Assumption, Known, Problem, Section, Step, Value};
use std::ops::Range;

impl Section<'_> {
    /// Reports a problem with `key`.
    pub fn problem(&self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        self.settings
            .push(Problem::new(message).at(self.span_of(key)).help(help));
    }

    /// Reports a problem that lies somewhere else in the file.
    pub fn problem_at(&self, place: Option<Range<usize>>, problem: Problem) {
        self.settings.push(problem.at(place));
    }

    /// Warns about `key`: the file stays valid.
    pub fn warn(&self, key: &str, problem: Problem) {
        self.settings
            .push(problem.at(self.span_of(key)).as_warning());
    }

    /// Keeps the place of `key` in the resolved file, for a key that is read after others that stand behind it.
    pub fn reserve(&self, key: &str) {
        let mut steps = self.steps.clone();
        steps.push(Step::Key(key.into()));
        let mut notes = self.settings.notes.borrow_mut();
        notes.resolved.push((steps, Value::Later));
    }

    /// Says in the resolved file what became of `key`.
    pub fn remark(&self, key: &str, text: &str) {
        let remark = format!("{}: {text}", self.full(key));
        self.settings.notes.borrow_mut().remarks.push(remark);
    }

    /// Reports those of `keys` that the file has: real settings of `service` that are not modelled.
    pub fn refuse(&self, keys: &[&str], service: &str) {
        for key in keys.iter().filter(|key| self.has(key)) {
            let message =
                format!("`{key}` is a setting of {service} that this version does not model");
            self.problem(
                key,
                message,
                "leave it out; docs/FIDELITY.md lists what is modelled",
            );
            self.ignore(key);
        }
    }

    /// Lets the service say what it knows about keys here that nobody asks for.
    pub fn knows(&self, known: Known) {
        let mut notes = self.settings.notes.borrow_mut();
        notes.known.insert(self.path.clone(), known);
    }

    /// Leaves everything below `key` unread without calling it unknown.
    pub fn ignore(&self, key: &str) {
        let path = self.full(key);
        let at_or_below = |leaf: &&String| {
            let rest = &leaf[path.len()..];
            rest.is_empty() || rest.starts_with(['.', '['])
        };
        let leaves = below(&self.settings.leaves, &path);
        let paths: Vec<String> = leaves.filter(at_or_below).cloned().collect();
        self.settings.notes.borrow_mut().used.extend(paths);
    }

    /// Makes `keys` known as possible names here, for hints about misspelt ones.
    pub fn announce(&self, keys: &[&str]) {
        let mut notes = self.settings.notes.borrow_mut();
        notes.asked.extend(keys.iter().map(|key| self.full(key)));
    }

    /// Makes `words` known as alternatives: this section names exactly one of them.
    pub fn announce_one(&self, words: &[&str]) {
        self.announce(words);
        self.note_ask("", || What::OneOf(owned(words)));
    }

    /// Makes `words` known as alternatives: this section names one of them, or none where a preset does.
    pub fn announce_some(&self, words: &[&str]) {
        self.announce(words);
        self.note_ask("", || What::AtMostOne(owned(words)));
    }

    /// Notes that the value of `key` is an assumption, for the reports.
    pub fn assume(&self, key: &str, value: String, why: String) {
        let path = self.full(key);
        self.settings
            .notes
            .borrow_mut()
            .assumptions
            .push(Assumption { path, value, why });
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
