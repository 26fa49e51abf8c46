//! The JSON Schema of scenario files, made by the reader itself.
//!
//! Nothing here knows a setting. A small scenario is read again and again by the usual reader while `Settings::note_asks`
//! notes what the reader asks for. Every answer that could lead to other questions is tried: each word of a choice, each
//! kind of entry, each table that may be there. The union of all questions is the schema.

mod emit;
mod explore;
mod tree;

use serde_json::Value;

/// The version of the schema's own form.
const VERSION: u64 = 1;

/// The schema of scenario files in the dialect of 2020-12.
#[must_use]
pub fn scenario() -> Value {
    emit::document(&explore::explore())
}
