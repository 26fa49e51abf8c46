//! Values of other kinds: words of a list, `"auto"`, and arrays of text, such as `FunctionResponseTypes = ["ReportBatchItemFailures"]`.

use super::{Section, Step};
use crate::settings::asks::{Asked, What};
use crate::settings::value::Setting;
use crate::settings::{OrAuto, Value};
use std::ops::RangeInclusive;

impl Section<'_> {
    /// `"auto"`, or a value that the caller holds against `range`.
    #[must_use]
    pub fn auto_or<T: Setting>(&self, key: &str, range: &RangeInclusive<T>) -> OrAuto<T> {
        let auto = OrAuto::<T>::Auto;
        let (least, most) = (range.start().write(), range.end().write());
        self.note_value(key, Asked::by_default(&auto).said_within(least, most));
        self.fetch_or(key, auto)
    }

    /// One of the listed words.
    #[must_use]
    pub fn choice(&self, key: &str, default: &str, words: &[&str]) -> String {
        let usual = default.to_owned();
        self.note_value(key, Asked::by_default(&usual).among(words));
        let word = self.fetch_or(key, usual);
        if words.contains(&word.as_str()) {
            return word;
        }
        let help = match crate::settings::closest(&word, words) {
            Some(hint) => format!("did you mean `{hint}`?"),
            None => format!("expected one of {}", words.join(", ")),
        };
        self.problem(key, format!("`{key}` cannot be `{word}`"), help);
        default.to_owned()
    }

    /// The texts of the array `key`; none if the file does not have it.
    #[must_use]
    pub fn texts(&self, key: &str) -> Vec<String> {
        self.note_ask(key, || What::Texts);
        let item = |index: usize| {
            let name = format!("{key}[{index}]");
            let leaf = self.leaf(&name)?;
            match String::read(&leaf.value) {
                Ok(text) => {
                    self.resolve_item(key, index, text.write());
                    Some(text)
                }
                Err(message) => {
                    self.problem(
                        &name,
                        format!("`{key}`: {message}"),
                        "expected text in quotes",
                    );
                    Some(String::new())
                }
            }
        };
        (0..).map_while(item).collect()
    }

    /// Notes an item of the array `key` for the resolved file.
    fn resolve_item(&self, key: &str, index: usize, value: Value) {
        if self.is_aside {
            return;
        }
        let mut steps = self.steps.clone();
        steps.extend([Step::Key(key.into()), Step::Index(index)]);
        let mut notes = self.settings.notes.borrow_mut();
        notes.resolved.push((steps, value));
    }
}
