//! What the page calls. A call has a name and a request in JSON; its answer is JSON, too: `{"ok": …}`, or
//! `{"error": "…"}` with a sentence. A call never panics on what it is given.
//!
//! | name | request | answer |
//! |---|---|---|
//! | `shelf` | `{}` | the shipped scenarios and lessons |
//! | `check` | a scenario ([`Request`]) | its problems and warnings with their places |
//! | `run` | a scenario | its report as data, and on request all files of its results folder |
//! | `edit` | a text and settings ([`EditRequest`]) | the changed text, comments kept |
//! | `values` | a text | all its settings |
//! | `hash` | a key and lanes ([`KeyRequest`]) | where the key goes on either platform |

mod check;
mod edit;
mod hash;
mod memory;
mod run;
mod shelf;

pub use check::Request;
pub use edit::EditRequest;
pub use hash::KeyRequest;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The largest request: a scenario with its traces `[B]`.
pub const REQUEST_BYTES_MAX: usize = 64 << 20;

/// Answers a request.
#[must_use]
pub fn answer(name: &str, request: &[u8]) -> Vec<u8> {
    let answer = match dispatch(name, request) {
        Ok(value) => json!({ "ok": value }),
        Err(sentence) => json!({ "error": sentence }),
    };
    answer.to_string().into_bytes()
}

fn dispatch(name: &str, request: &[u8]) -> Result<Value, String> {
    if request.len() > REQUEST_BYTES_MAX {
        let (size, most) = (request.len(), REQUEST_BYTES_MAX);
        return Err(format!("the request has {size} bytes; it may have {most}"));
    }
    match name {
        "shelf" => Ok(shelf::shelf()),
        "check" => value(&check::check(&read(request)?)),
        "run" => run::run(&read(request)?),
        "edit" => edit::edit(&read(request)?),
        "values" => edit::values(&read(request)?),
        "hash" => value(&hash::hash(&read(request)?)?),
        _ => Err(format!("no function is called `{name}`")),
    }
}

fn read<T: DeserializeOwned>(request: &[u8]) -> Result<T, String> {
    serde_json::from_slice(request).map_err(|error| format!("the request cannot be read: {error}"))
}

fn value(answer: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(answer).map_err(|error| error.to_string())
}
