//! Arrays of text, such as `FunctionResponseTypes = ["ReportBatchItemFailures"]`.

use super::{Section, Step};
use crate::settings::Value;
use crate::settings::asks::What;
use crate::settings::value::Setting;

impl Section<'_> {
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
        steps.extend([Step::Key(key.to_owned()), Step::Index(index)]);
        let mut notes = self.settings.notes.borrow_mut();
        notes.resolved.push((steps, value));
    }
}
