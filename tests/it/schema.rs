//! The JSON Schema of scenario files, held against an independent validator.

use crate::bad_input::{CASES, Case, GOOD, spoil};
use crate::cli::{folder_with, stdout, streamduel};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use streamduel::scenario::{Overrides, Scenario};

static SCHEMA: LazyLock<Value> = LazyLock::new(streamduel::schema::scenario);

/// Says what the validator finds wrong with a scenario.
fn check(text: &str) -> Result<(), String> {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    let place = "urn:streamduel:scenario:1";
    compiler.add_resource(place, SCHEMA.clone()).expect("JSON");
    let index = compiler
        .compile(place, &mut schemas)
        .expect("a schema of 2020-12");
    let table: toml::Table = text.parse().expect("TOML");
    let file = serde_json::to_value(table).expect("JSON");
    schemas
        .validate(&file, index)
        .map_err(|error| error.to_string())
}

fn scenarios() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let text = fs::read_to_string(&path).expect("readable");
            files.push((path.display().to_string(), text));
        }
    }
    files.sort();
    files
}

/// The shipped scenarios are accepted, as they stand and with every default in them.
#[test]
fn every_shipped_scenario_is_accepted_also_with_all_defaults() {
    let files = scenarios();
    assert!(files.len() > 70);
    let mut wrong = Vec::new();
    for (name, text) in files {
        let scenario = Scenario::load(Path::new(&name), &Overrides::default()).expect("valid");
        for (which, text) in [("", &text), (" resolved", &scenario.resolved)] {
            if let Err(error) = check(text) {
                wrong.push(format!("{name}{which}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the reader says of a file whose fault lies in one key or one value, whatever the rest of the file says. What it
/// says of several settings together, of names that the file chooses, of claims and of traces is left to the reader.
const ALONE: [&str; 17] = [
    "unknown key",
    "has no unit",
    "unknown unit",
    "is negative",
    "is not a whole number",
    "cannot be `",
    "lacks `",
    "no arrivals are given",
    "laws of",
    "no platform is called",
    "no action is called",
    "no call is called",
    "has no kind",
    "has no such month",
    "is not of the form",
    "is no day",
    "is an empty table",
];

/// A number that lies outside the range of its key; ranges of text with a unit are more than a schema can say.
fn is_out_of_range((_, written, _, help): &Case) -> bool {
    help.starts_with("between ") && !written.starts_with('"')
}

/// What would be right beside other settings: a ratio that compression needs, ranges that depend on other numbers, and
/// the words within a claim.
const ELSEWHERE: [&str; 4] = [
    "lacks `compression-ratio`",
    "`worker` is 3",
    "`broker-crash` is 4",
    "`5` has no unit",
];

#[test]
fn every_bad_file_whose_fault_lies_in_one_key_is_rejected() {
    assert_eq!(check(GOOD), Ok(()));
    let (mut alone, mut accepted) = (0, Vec::new());
    for case in CASES {
        let text = spoil(case);
        if text.parse::<toml::Table>().is_err() {
            continue;
        }
        let rejected = check(&text).is_err();
        let said = |parts: &[&str]| parts.iter().any(|part| case.2.contains(part));
        let must = (said(&ALONE) || is_out_of_range(case)) && !said(&ELSEWHERE);
        alone += usize::from(must);
        if must && !rejected {
            accepted.push(format!("{case:?}"));
        }
    }
    assert!(alone >= 45, "{alone}");
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
}

/// Keys, words, ranges, defaults and facts are those of the reader.
#[test]
fn the_schema_tells_units_ranges_words_defaults_and_facts() {
    let system = |platform: &str| {
        format!("/properties/system/additionalProperties/properties/{platform}/properties")
    };
    let linger = SCHEMA.pointer(&format!(
        "{}/producer/properties/linger/properties/ms",
        system("kafka")
    ));
    let linger = linger.expect("linger.ms");
    assert_eq!(linger["anyOf"][0]["maximum"], 2_147_483_647);
    assert_eq!(linger["x-facts"][0]["id"], "kafka.linger.ms");
    let about = linger["description"].as_str().expect("text");
    assert!(
        about.contains("milliseconds") && about.contains("5 (fact kafka.linger.ms"),
        "{about}"
    );
    let shards = SCHEMA.pointer(&format!("{}/ShardCount", system("kinesis")));
    let shards = shards.expect("ShardCount");
    assert_eq!(
        (&shards["minimum"], &shards["maximum"]),
        (&1.into(), &10_000.into())
    );
    let mode = SCHEMA.pointer(&format!("{}/StreamMode/enum", system("kinesis")));
    assert!(
        mode.expect("words")
            .as_array()
            .expect("a list")
            .contains(&"ON_DEMAND".into())
    );
    let needed = SCHEMA["required"].as_array().expect("a list");
    assert!(needed.contains(&"title".into()) && needed.contains(&"duration".into()));
}

/// The command prints the same schema, and names it as data with a version.
#[test]
fn the_command_prints_the_schema() {
    let folder = folder_with(GOOD);
    let printed = stdout(&streamduel(folder.path(), &["schema"]));
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(printed, *SCHEMA);
    assert_eq!(printed["x-streamduel"]["format"], "streamduel/schema");
    assert_eq!(printed["x-streamduel"]["version"], 1);
}
