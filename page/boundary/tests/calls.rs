//! The boundary as the page uses it, on the machine itself: answers, and sentences instead of panics.

use serde_json::{Value, json};
use streamduel_page::{REQUEST_BYTES_MAX, answer};

fn call(name: &str, request: &Value) -> Value {
    raw(name, request.to_string().as_bytes())
}

fn raw(name: &str, request: &[u8]) -> Value {
    serde_json::from_slice(&answer(name, request)).expect("JSON")
}

fn shipped(name: &str) -> String {
    let shelf = call("shelf", &json!({}));
    let scenarios = shelf["ok"]["scenarios"].as_array().expect("a list");
    let found = scenarios.iter().find(|scenario| scenario["name"] == name);
    found.expect("shipped")["text"]
        .as_str()
        .expect("a text")
        .to_owned()
}

const SMALL: &str = r#"
title = "Small"
question = "What does one shard take?"
duration = "10 s"
[workload]
arrivals = { poisson = "1500 records/s" } # more than a shard takes
keys = { uniform = { count = 1000 } }
sizes = { constant = "100 B" }
[[consumer]]
name = "app"
[system.kds.kinesis]
ShardCount = 1
"#;

#[test]
fn a_scenario_runs_and_its_files_are_those_of_a_native_run() {
    let run = call(
        "run",
        &json!({ "name": "small", "text": SMALL, "files": "all" }),
    );
    let report = &run["ok"]["report"];
    assert_eq!(report["systems"][0]["label"], "kds");
    assert!(!report["verdict"].as_array().expect("sentences").is_empty());
    let files = run["ok"]["files"].as_object().expect("files");
    for name in [
        "summary.csv",
        "series.csv",
        "ledger.csv",
        "report.md",
        "scenario.toml",
    ] {
        assert!(
            files[name].as_str().is_some_and(|text| !text.is_empty()),
            "{name}"
        );
    }
}

#[test]
fn problems_have_places() {
    let text = SMALL.replace("ShardCount = 1", "ShardCuont = 1");
    let checked = call("check", &json!({ "text": text }));
    let problems = checked["ok"]["problems"].as_array().expect("a list");
    let misspelt = |problem: &&Value| problem["message"].to_string().contains("ShardCuont");
    let problem = problems.iter().find(misspelt).expect("the key is unknown");
    assert_eq!(problem["place"], json!([12, 1, 10]));
    assert_eq!(checked["ok"]["valid"], false);
    let run = call("run", &json!({ "text": text }));
    assert_eq!(run["ok"]["checked"], checked["ok"]);
}

#[test]
fn an_edit_keeps_comments_and_reaches_every_place() {
    let set = json!([
        ["workload.arrivals", "{ constant = \"200 records/s\" }"],
        ["consumer[0].workers", "3"],
        ["system.kds.kinesis.ShardCount", null],
        ["system.kds.kinesis.producer.linger", "5"],
    ]);
    let edited = call(
        "edit",
        &json!({ "text": SMALL, "set": set, "append": "# end\n" }),
    );
    let text = edited["ok"]["text"].as_str().expect("a text");
    for part in [
        "{ constant = \"200 records/s\" } # more than",
        "workers = 3",
        "producer = {",
        "# end\n",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("ShardCount"), "{text}");
    let values = call("values", &json!({ "text": text }));
    assert_eq!(values["ok"]["consumer"][0]["workers"], 3);
}

#[test]
fn settings_come_in_the_order_of_the_text() {
    let more = |n: u32| format!("[system.stream-{n}.kinesis]\nShardCount = {n}\n");
    let text = SMALL.to_owned() + &more(2) + &more(10) + &more(1);
    let request = json!({ "text": text }).to_string();
    let answer = String::from_utf8(answer("values", request.as_bytes())).expect("UTF-8");
    let places: Vec<Option<usize>> = ["kds", "stream-2", "stream-10", "stream-1"]
        .iter()
        .map(|label| answer.find(&format!("\"{label}\":")))
        .collect();
    assert!(places.iter().all(Option::is_some), "{answer}");
    assert!(places.is_sorted(), "{answer}");
}

#[test]
fn a_key_goes_where_the_services_put_it() {
    let hashed = call("hash", &json!({ "key": "user-7", "partitions": 12 }));
    assert_eq!(hashed["ok"]["md5"], "40ca09790c31c57ae9b468903f6cd580");
    assert_eq!(hashed["ok"]["partition"], 8);
}

#[test]
fn traces_come_as_text() {
    let text = SMALL.replace(
        "{ poisson = \"1500 records/s\" }",
        "{ trace = { file = \"t.csv\" } }",
    );
    let trace = "timestamp_ms,records_per_s\n0,100\n5000,200\n";
    let run = call(
        "run",
        &json!({ "text": text, "traces": { "t.csv": trace }, "files": "all" }),
    );
    assert_eq!(run["ok"]["files"]["traces/t.csv"], trace);
    let without = call("run", &json!({ "text": text }));
    assert!(without.to_string().contains("no such file"), "{without}");
}

#[test]
fn what_cannot_be_read_is_a_sentence() {
    for (name, request) in [
        ("run", &b"{"[..]),
        ("run", b"[]"),
        ("run", b"\xff\xfe"),
        ("run", b"{\"text\": 5}"),
        ("check", b"{\"text\": \"\", \"other\": 1}"),
        ("hash", b"{\"key\": \"a\", \"partitions\": 0}"),
        ("hash", b"{\"key\": \"a\", \"partitions\": -1}"),
        ("edit", b"{\"text\": \"a = \"}"),
        (
            "edit",
            b"{\"text\": \"a = 1\", \"set\": [[\"a.b\", \"1\"]]}",
        ),
        (
            "edit",
            b"{\"text\": \"a = 1\", \"set\": [[\"b[7].c\", \"1\"]]}",
        ),
        ("", b"{}"),
    ] {
        assert!(raw(name, request)["error"].is_string(), "{name}");
    }
    let huge = vec![b' '; REQUEST_BYTES_MAX + 1];
    assert!(raw("run", &huge)["error"].is_string());
    let wide = "x = 1\n".repeat(300_000);
    assert_eq!(
        call("check", &json!({ "text": wide }))["ok"]["valid"],
        false
    );
    let deep = format!("a = {}1{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(
        call("check", &json!({ "text": deep }))["ok"]["valid"],
        false
    );
}

#[test]
fn every_prefix_of_a_scenario_is_answered() {
    let text = shipped("zone-loss");
    for end in (0..text.len())
        .filter(|end| text.is_char_boundary(*end))
        .step_by(7)
    {
        let request = json!({ "text": &text[..end] });
        assert!(call("check", &request)["ok"].is_object(), "{end}");
        let request = json!({ "text": &text[..end], "set": [["workload.arrivals", "1"]] });
        assert!(call("edit", &request).is_object(), "{end}");
    }
}

#[test]
fn charts_come_as_the_file_has_them_and_sentences_lead_to_them() {
    let request = json!({ "name": "small", "text": SMALL, "files": "all" });
    let run = call("run", &request);
    let file = run["ok"]["files"]["charts.json"].as_str().expect("a text");
    let charts: Value = serde_json::from_str(file).expect("JSON");
    assert_eq!(run["ok"]["charts"], charts);
    let names = charts["charts"].as_array().expect("a list");
    let exists = |name: &Value| names.iter().any(|chart| chart["name"] == *name);
    let verdict = run["ok"]["report"]["verdict"].as_array().expect("a list");
    let linked: Vec<&Value> = verdict.iter().filter(|s| !s["chart"].is_null()).collect();
    assert!(!linked.is_empty(), "{verdict:?}");
    assert!(linked.iter().all(|sentence| exists(&sentence["chart"])));
    assert!(linked.iter().any(|sentence| sentence["at"].is_number()));
}

#[test]
fn a_quiz_has_topics_and_questions_whose_scenarios_are_shipped() {
    let quiz = call("quiz", &json!({ "seed": 3 }));
    let questions = quiz["ok"]["questions"].as_array().expect("a list");
    let topics = quiz["ok"]["topics"].as_array().expect("a list");
    let told: u64 = topics.iter().filter_map(|topic| topic[1].as_u64()).sum();
    assert_eq!(questions.len() as u64, told);
    for question in questions {
        for name in question["run"].as_array().expect("a list") {
            shipped(name.as_str().expect("a name"));
        }
    }
    let one = call(
        "quiz",
        &json!({ "seed": 3, "topic": "failures", "count": 2 }),
    );
    assert_eq!(one["ok"]["questions"].as_array().map(Vec::len), Some(2));
    assert!(call("quiz", &json!({ "topic": "failure" }))["error"].is_string());
}

/// The table of the documentation is what the program says.
#[test]
fn the_documents_list_the_scenarios_that_a_page_cannot_hold() {
    let held = call("held", &json!({}));
    let document = include_str!("../../../docs/PAGE.md");
    let row = |line: &Value| {
        let (name, why) = (line["name"].as_str(), line["why"].as_str());
        format!(
            "| `{}` | {} |",
            name.unwrap_or_default(),
            why.unwrap_or_default()
        )
    };
    let rows: Vec<String> = held["ok"]
        .as_array()
        .expect("a list")
        .iter()
        .map(row)
        .collect();
    let part = document.split("## What it cannot hold").nth(1);
    let part = part.and_then(|rest| rest.split("\n## ").next());
    let lines = part.expect("a part").lines();
    let told: Vec<&str> = lines.filter(|line| line.starts_with("| `")).collect();
    assert_eq!(told, rows);
}

#[test]
fn a_run_that_needs_too_much_memory_is_refused_with_a_sentence() {
    let run = call("run", &json!({ "text": shipped("steady") }));
    let error = run["error"].as_str().expect("a sentence");
    assert!(error.contains("GB of memory"), "{error}");
}
