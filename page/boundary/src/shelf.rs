//! `shelf`: the shipped scenarios and lessons, compiled in.

use serde_json::{Value, json};

include!(concat!(env!("OUT_DIR"), "/shelf.rs"));

/// The scenarios with their texts, and the lessons.
pub(crate) fn shelf() -> Value {
    let texts = |list: &[(&str, &str)]| -> Vec<Value> {
        let one = |(name, text): &(&str, &str)| json!({ "name": name, "text": text });
        list.iter().map(one).collect()
    };
    let mut scenarios = vec![json!({ "name": "start", "text": START })];
    scenarios.extend(texts(SCENARIOS));
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "scenarios": scenarios,
        "lessons": texts(LESSONS),
    })
}
