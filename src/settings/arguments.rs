//! What the command line changes: `path=value`. Arguments are kept behind the text of the file, so that what is wrong
//! with one is shown in it, and not in a line of the file that is right.

use super::{Leaf, Settings, Value};
use std::ops::Range;
use toml_edit::Value as TomlValue;

impl Settings {
    /// Takes over an argument; the file's own value of the path, if it has one, no longer counts.
    pub(super) fn set(&mut self, pair: &str) -> Result<(), String> {
        let (path, text) = pair
            .split_once('=')
            .ok_or_else(|| format!("`{pair}` is not of the form key=value"))?;
        let begin = self.append(pair);
        let place = |part: &str, from: usize| {
            let indent = part.len() - part.trim_start().len();
            let start = begin + from + indent;
            Some(start..start + part.trim().len())
        };
        let leaf = Leaf {
            value: value_of(text.trim()),
            key_span: place(path, 0),
            value_span: place(text, path.len() + 1),
            assumed: None,
            is_suggested: false,
        };
        self.leaves.insert(path.trim().to_owned(), leaf);
        Ok(())
    }

    /// Puts an argument behind the text, on a line of its own, and says where it begins.
    fn append(&mut self, pair: &str) -> usize {
        self.text.push('\n');
        let begin = self.text.len();
        self.text.push_str(&pair.replace('\n', " "));
        begin
    }

    /// Whether a place lies in an argument, and not in the file.
    pub(super) fn is_argument(&self, span: Option<&Range<usize>>) -> bool {
        span.is_some_and(|span| span.start > self.file_bytes)
    }
}

/// The value of an argument: TOML, or else text as it stands.
fn value_of(text: &str) -> Value {
    match text.parse::<TomlValue>() {
        Ok(TomlValue::Integer(number)) => Value::Integer(*number.value()),
        Ok(TomlValue::Float(number)) => Value::Float(*number.value()),
        Ok(TomlValue::Boolean(flag)) => Value::Flag(*flag.value()),
        Ok(TomlValue::String(text)) => Value::Text(text.value().clone()),
        _ => Value::Text(text.to_owned()),
    }
}
