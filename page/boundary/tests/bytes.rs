//! Properties: whatever bytes come in, JSON comes out, and an answer never depends on the calls before it.

use proptest::prelude::*;
use serde_json::{Value, json};
use streamduel_page::answer;

/// The functions that do not simulate, so that no input takes long.
const QUICK: [&str; 5] = ["check", "edit", "values", "quiz", "hash"];

/// A small scenario whose text is damaged.
const TEXT: &str = r#"title = "Small"
question = "?"
duration = "2 s"
warmup = "500 ms"
[workload]
arrivals = { poisson = "50 records/s" }
keys = { uniform = { count = 10 } }
sizes = { constant = "100 B" }
[[consumer]]
name = "app"
[system.kds.kinesis]
ShardCount = 1
[system.msk.kafka]
NumberOfBrokerNodes = 3
topic = { partitions = 2 }
"#;

fn call(name: &str, request: &[u8]) -> Value {
    let answer = answer(name, request);
    let value: Value = serde_json::from_slice(&answer).expect("JSON");
    let object = value.as_object().expect("an object");
    assert!(
        object.len() == 1 && (object.contains_key("ok") || object.contains_key("error")),
        "{value}"
    );
    if let Some(error) = object.get("error") {
        assert!(error.as_str().is_some_and(|text| !text.is_empty()));
    }
    value
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,8}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_under_any_name_are_answered(name in ".{0,8}", request in prop::collection::vec(any::<u8>(), 0..300)) {
        for known in QUICK.iter().copied().chain(["run", "shelf", name.as_str()]) {
            call(known, &request);
        }
    }

    #[test]
    fn any_json_is_answered(request in json_value()) {
        for name in QUICK.into_iter().chain(["run"]) {
            call(name, request.to_string().as_bytes());
        }
    }

    #[test]
    fn any_text_and_any_setting_are_answered(text in "[ -~\\n]{0,200}", path in "[a-z.\\[\\]0-9]{0,20}", value in "[ -~]{0,20}") {
        call("check", json!({ "text": text, "set": [format!("{path}={value}")] }).to_string().as_bytes());
        call("edit", json!({ "text": text, "set": [[path, value]] }).to_string().as_bytes());
        let edited = call("edit", json!({ "text": TEXT, "set": [[path, value]] }).to_string().as_bytes());
        // A text that was edited can be read again.
        if let Some(text) = edited["ok"]["text"].as_str() {
            let values = call("values", json!({ "text": text }).to_string().as_bytes());
            prop_assert!(values["ok"].is_object(), "{text}");
        }
    }

    #[test]
    fn a_damaged_scenario_is_checked(at in 0..TEXT.len(), bytes in "[ -~]{0,6}", cut in 0..8_usize) {
        let end = (at + cut).min(TEXT.len());
        let text = format!("{}{bytes}{}", &TEXT[..at], &TEXT[end..]);
        let checked = call("check", json!({ "text": text }).to_string().as_bytes());
        prop_assert!(checked["ok"].is_object(), "{text}");
    }

    #[test]
    fn every_key_goes_to_a_partition_that_exists(key in ".{0,300}", partitions in 1..100_000_u32) {
        let hashed = call("hash", json!({ "key": key, "partitions": partitions }).to_string().as_bytes());
        match hashed["ok"]["partition"].as_u64() {
            Some(partition) => prop_assert!(partition < u64::from(partitions)),
            None => prop_assert!(key.chars().count() > 256),
        }
    }

    #[test]
    fn a_quiz_of_any_seed_has_keys_among_its_options(seed in any::<u64>(), count in 0..80_usize) {
        let quiz = call("quiz", json!({ "seed": seed, "count": count }).to_string().as_bytes());
        for question in quiz["ok"]["questions"].as_array().expect("questions") {
            let options = question["options"].as_array().expect("options").len() as u64;
            prop_assert!(question["key"].as_u64().is_some_and(|key| key < options));
        }
    }
}

/// What is kept of the last run cannot be seen in the bytes of the next one, whichever system changed.
#[test]
fn a_run_after_another_one_gives_the_bytes_of_a_first_run() {
    let request = |text: &str| json!({ "text": text, "files": "tables" }).to_string();
    let first = |text: &str| {
        let request = request(text);
        let run = std::thread::spawn(move || answer("run", request.as_bytes()));
        run.join().expect("no panic")
    };
    let shards = TEXT.replace("ShardCount = 1", "ShardCount = 3");
    let partitions = shards.replace("partitions = 2", "partitions = 5");
    let rate = partitions.replace("50 records/s", "80 records/s");
    for text in [TEXT, &shards, &partitions, TEXT, &rate, &rate] {
        let after = answer("run", request(text).as_bytes());
        assert!(
            after == first(text),
            "other bytes after another run: {text}"
        );
    }
}

/// A call leaves nothing behind that another one could see.
#[test]
fn the_same_request_gives_the_same_bytes_after_any_other() {
    let run = json!({ "text": TEXT, "files": "all" }).to_string();
    let first = answer("run", run.as_bytes());
    call("run", b"{");
    call("check", json!({ "text": "x = " }).to_string().as_bytes());
    assert!(
        answer("run", run.as_bytes()) == first,
        "other bytes the second time"
    );
}
