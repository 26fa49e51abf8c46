//! What the page calls: any bytes under any name give an answer in JSON, with `ok` or with a sentence.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use streamduel_page::answer;

/// The functions, chosen by the first byte. A scenario that is valid is not run, because it may take for ever; `generated` runs some.
const NAMES: [&str; 8] = ["check", "edit", "values", "quiz", "hash", "run", "shelf", "nothing"];

fn call(name: &str, request: &[u8]) -> Value {
    let value: Value = serde_json::from_slice(&answer(name, request)).expect("JSON");
    let error = value["error"].as_str().is_some_and(|sentence| !sentence.is_empty());
    assert!(error != value.get("ok").is_some(), "{value}");
    value
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, request)) = bytes.split_first() else { return };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    let valid = || call("check", request)["ok"]["valid"] == true;
    if name != "run" || !valid() {
        call(name, request);
    }
});
