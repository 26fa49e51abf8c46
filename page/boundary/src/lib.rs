//! What the page calls. A call has a name and a request in JSON; its answer is JSON, too: `{"ok": …}`, or
//! `{"error": "…"}` with a sentence. A call never panics on what it is given.
//!
//! | name | request | answer |
//! |---|---|---|
//! | `shelf` | `{}` | the shipped scenarios and lessons |
//! | `check` | a scenario ([`Request`]) | its problems and warnings with their places |
//! | `run` | a scenario | its report and its charts as data, and on request all files of its results folder |
//! | `edit` | a text and settings ([`EditRequest`]) | the changed text, comments kept |
//! | `values` | a text | all its settings |
//! | `held` | `{}` | the shipped scenarios that a page cannot hold, with the reason |
//! | `quiz` | a topic, a number and a seed ([`QuizRequest`]) | topics and posed questions with keys and reasons |
//! | `hash` | a key and lanes ([`KeyRequest`]) | where the key goes on either platform |

mod check;
mod edit;
mod hash;
mod held;
mod kept;
mod memory;
mod quiz;
mod run;
mod shelf;

pub use check::Request;
pub use edit::EditRequest;
pub use hash::KeyRequest;
pub use quiz::QuizRequest;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// The largest request: a scenario with its traces `[B]`.
pub const REQUEST_BYTES_MAX: usize = 64 << 20;

/// Answers a request.
#[must_use]
pub fn answer(name: &str, request: &[u8]) -> Vec<u8> {
    dispatch(name, request)
        .unwrap_or_else(|sentence| json!({ "error": sentence }).to_string().into_bytes())
}

fn dispatch(name: &str, request: &[u8]) -> Result<Vec<u8>, String> {
    if request.len() > REQUEST_BYTES_MAX {
        let (size, most) = (request.len(), REQUEST_BYTES_MAX);
        return Err(format!("the request has {size} bytes; it may have {most}"));
    }
    match name {
        "shelf" => ok(&shelf::shelf()),
        "check" => ok(&check::check(&read::<Request>(request)?.scenario())),
        "run" => run::run(&read(request)?),
        "edit" => ok(&edit::edit(&read(request)?)?),
        "values" => ok(&edit::values(&read(request)?)?),
        "held" => ok(&held::held()),
        "quiz" => ok(&quiz::quiz(&read(request)?)?),
        "hash" => ok(&hash::hash(&read(request)?)?),
        _ => Err(format!("no function is called `{name}`")),
    }
}

fn read<T: DeserializeOwned>(request: &[u8]) -> Result<T, String> {
    serde_json::from_slice(request).map_err(|error| format!("the request cannot be read: {error}"))
}

/// The answer of a call that went well.
fn ok(answer: &impl Serialize) -> Result<Vec<u8>, String> {
    #[derive(Serialize)]
    struct Ok<'a, T> {
        ok: &'a T,
    }
    serde_json::to_vec(&Ok { ok: answer }).map_err(|error| error.to_string())
}
