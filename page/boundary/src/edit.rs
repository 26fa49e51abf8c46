//! `edit` and `values`: the text of a scenario, changed and read by the page's sliders. Comments stay.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use toml_edit::{DocumentMut, InlineTable, Item, Value};

/// A text and what is to be changed in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditRequest {
    /// The text of the scenario.
    pub text: String,
    /// Paths and their values as TOML text; a setting without a value is taken out. `[0]` counts in a list of tables.
    #[serde(default)]
    pub set: Vec<(String, Option<String>)>,
    /// Text that is added at the end.
    #[serde(default)]
    pub append: String,
}

/// The changed text.
pub(crate) fn edit(request: &EditRequest) -> Result<Json, String> {
    let mut document = parse(&request.text)?;
    for (path, value) in &request.set {
        let value = value.as_deref().map(|text| read(path, text)).transpose()?;
        let steps: Vec<&str> = path.split('.').collect();
        put(document.as_item_mut(), &steps, value)
            .ok_or_else(|| format!("there is no place for `{path}`"))?;
    }
    Ok(json!({ "text": document.to_string() + &request.append }))
}

/// All settings of a text, in its order.
pub(crate) fn values(request: &EditRequest) -> Result<toml::Table, String> {
    toml::from_str(&request.text).map_err(|error| error.message().to_owned())
}

fn parse(text: &str) -> Result<DocumentMut, String> {
    text.parse()
        .map_err(|error: toml_edit::TomlError| error.message().to_owned())
}

fn read(path: &str, text: &str) -> Result<Value, String> {
    text.parse()
        .map_err(|_| format!("`{path}` cannot be `{text}`"))
}

/// Sets or takes out the value at a path; `None` if something else is in the way.
fn put(item: &mut Item, steps: &[&str], value: Option<Value>) -> Option<()> {
    let (first, rest) = steps.split_first()?;
    let (name, index) = match first
        .strip_suffix(']')
        .and_then(|step| step.split_once('['))
    {
        Some((name, index)) => (name, Some(index.parse::<usize>().ok()?)),
        None => (*first, None),
    };
    let table = item.as_table_like_mut()?;
    if let Some(index) = index {
        let tables = table.get_mut(name)?.as_array_of_tables_mut()?;
        let mut inner = Item::Table(std::mem::take(tables.get_mut(index)?));
        let done = put(&mut inner, rest, value);
        *tables.get_mut(index)? = inner.into_table().ok()?;
        return done;
    }
    if !rest.is_empty() {
        if table.get(name).is_none() {
            let Some(_) = value else { return Some(()) };
            table.insert(name, Item::Value(Value::InlineTable(InlineTable::new())));
        }
        return put(table.get_mut(name)?, rest, value);
    }
    match value {
        None => {
            table.remove(name);
        }
        Some(mut value) => {
            // What stands behind the old value, a comment for instance, stays there.
            if let Some(old) = table.get(name).and_then(Item::as_value) {
                *value.decor_mut() = old.decor().clone();
            }
            table.insert(name, Item::Value(value));
        }
    }
    Some(())
}
