//! Golden sequences of Kafka: what its own controller and producer state answer, step by step.

use crate::golden::{is_own, is_there, judge, path};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use streamduel::platform::kafka::controller::{
    AlterPartition, ApiError, Controller, Defaults, NewTopic, Registration,
};
use streamduel::platform::kafka::sequences::{Batch, Sequences, Verdict};

fn cases(file: &str) -> Vec<Value> {
    if !is_there(file) {
        return Vec::new();
    }
    let text =
        std::fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all["cases"].as_array().expect("cases").clone()
}

fn number<T: TryFrom<i64, Error: std::fmt::Debug>>(value: &Value) -> T {
    value
        .as_i64()
        .expect("a number")
        .try_into()
        .expect("in range")
}

fn ids(value: &Value) -> Vec<u32> {
    value
        .as_array()
        .expect("a list")
        .iter()
        .map(number)
        .collect()
}

/// A text that the file writes out or as so many repetitions.
fn name(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value["repeat"]
            .as_str()
            .expect("a text")
            .repeat(number(&value["count"])),
    }
}

fn create(controller: &mut Controller, step: &Value) -> Result<Value, ApiError> {
    let lists = step["assignment"].as_array().cloned().unwrap_or_default();
    let at = |number: usize| {
        step["index"]
            .as_array()
            .map_or(number as u32, |index| self::number(&index[number]))
    };
    let assignment: Vec<(u32, Vec<u32>)> = lists
        .iter()
        .enumerate()
        .map(|(place, list)| (at(place), ids(list)))
        .collect();
    let topic = controller.create_topic(&NewTopic {
        name: &name(&step["name"]),
        partitions: number(&step["partitions"]),
        replication: number(&step["rf"]),
        assignment: &assignment,
        unclean: None,
    })?;
    let partitions = controller.partitions(topic);
    Ok(json!({ "partitions": partitions.len(), "rf": partitions[0].replicas.len() }))
}

fn add(controller: &mut Controller, step: &Value) -> Result<Value, ApiError> {
    let lists: Option<Vec<Vec<u32>>> = step["assignment"]
        .as_array()
        .map(|lists| lists.iter().map(ids).collect());
    let before: Vec<Registration> = controller
        .topic(&name(&step["name"]))
        .map_or(&[][..], |topic| controller.partitions(topic))
        .to_vec();
    let added = controller.create_partitions(
        &name(&step["name"]),
        number(&step["count"]),
        lists.as_deref(),
    )?;
    let after = controller.partitions(added[0].topic);
    assert_eq!(after[..before.len()], before, "growth moves nothing");
    assert_eq!(after.len() - before.len(), added.len());
    Ok(json!({}))
}

/// Most minus fewest, of the brokers that have any.
fn spread<'a>(brokers: impl Iterator<Item = &'a u32>) -> u32 {
    let mut counts = BTreeMap::new();
    brokers.for_each(|broker| *counts.entry(broker).or_insert(0) += 1);
    counts.values().max().unwrap_or(&0) - counts.values().min().unwrap_or(&0)
}

/// How many partitions of a topic the file shows; the counts are over all.
const SHOWN: usize = 12;

fn show(controller: &Controller, step: &Value) -> Value {
    let Some(topic) = controller.topic(&name(&step["name"])) else {
        return json!({ "exists": false });
    };
    let all = controller.partitions(topic);
    let placement = step["placement"] == true;
    let one = |(number, partition): (usize, &Registration)| {
        if placement {
            return json!({
                "partition": number,
                "leader": partition.leader.map_or(-1, i64::from),
                "leader_epoch": partition.leader_epoch,
                "replicas": partition.replicas,
                "isr": partition.isr,
                "recovering": partition.recovering,
            });
        }
        let mut distinct = partition.replicas.clone();
        distinct.sort_unstable();
        distinct.dedup();
        json!({
            "partition": number,
            "replicas_count": partition.replicas.len(),
            "distinct_replicas": distinct.len(),
            "leader_is_first_replica": partition.leader == partition.replicas.first().copied(),
        })
    };
    let partitions: Vec<Value> = all.iter().enumerate().take(SHOWN).map(one).collect();
    let mut shown = json!({ "partitions": partitions, "count": all.len() });
    if !placement {
        shown["replicas_per_broker_spread"] =
            spread(all.iter().flat_map(|one| &one.replicas)).into();
        shown["leaders_per_broker_spread"] = spread(all.iter().flat_map(|one| &one.leader)).into();
    }
    shown
}

/// One step; `None` where there is nothing to answer.
fn step(controller: &mut Controller, step: &Value) -> Option<Result<Value, ApiError>> {
    let topic =
        |controller: &Controller| controller.topic(&name(&step["name"])).unwrap_or(u32::MAX);
    let done = |()| json!({});
    match step["op"].as_str().expect("an op") {
        "brokers" => ids(&step["ids"])
            .into_iter()
            .for_each(|broker| controller.register(broker, 0)),
        "fence" => drop(controller.fence(number(&step["id"]))),
        "unfence" => drop(controller.unfence(number(&step["id"]))),
        "config" => {
            assert_eq!(step["key"], "unclean.leader.election.enable");
            controller.set_unclean(topic(controller), step["value"] == "true");
        }
        "create" => return Some(create(controller, step)),
        "add_partitions" => return Some(add(controller, step)),
        "delete" => return Some(controller.delete_topic(&name(&step["name"])).map(done)),
        "isr" => {
            let (topic, partition) = (topic(controller), number(&step["partition"]));
            return Some(alter_partition(controller, topic, partition, step).map(done));
        }
        "elect" => {
            let (topic, partition) = (topic(controller), number(&step["partition"]));
            let answer = match step["type"].as_str() {
                Some("preferred") => controller.elect_preferred(topic, partition),
                Some("unclean") => controller.elect_unclean(topic, partition),
                other => panic!("unknown type of election {other:?}"),
            };
            return Some(answer.map(done));
        }
        "show" => return Some(Ok(show(controller, step))),
        other => panic!("unknown step {other}"),
    }
    None
}

/// A broker asks for another in-sync set: the leader in its epoch, where the step names no other.
fn alter_partition(
    controller: &mut Controller,
    topic: u32,
    partition: u32,
    step: &Value,
) -> Result<(), ApiError> {
    let (leader, epoch) = controller
        .partition(topic, partition)
        .map_or((0, 0), |there| {
            (there.leader.unwrap_or(u32::MAX), there.leader_epoch)
        });
    let given = |key: &str, usual: u32| step.get(key).map_or(usual, number);
    let isr = ids(&step["isr"]);
    let asked = AlterPartition {
        broker: given("broker", leader),
        leader_epoch: given("leader_epoch", epoch),
        isr: &isr,
    };
    controller.alter_partition(topic, partition, asked)
}

/// Whether the texts agree; the file shortens a long one with `…` and `...`.
fn same_text(expected: &str, ours: &str) -> bool {
    match expected.split_once('…') {
        None => expected == ours,
        Some((head, tail)) => ours.starts_with(head) && ours.contains(tail.trim_end_matches("...")),
    }
}

fn agrees(expected: &Value, answer: &Result<Value, ApiError>) -> bool {
    match answer {
        Err(error) => {
            let text = expected["message"].as_str();
            expected["error"] == error.name
                && expected["code"] == error.code
                && text.is_none_or(|text| same_text(text, &error.message))
        }
        Ok(answer) => {
            let mut all = answer.clone();
            if expected.get("error").is_some() {
                all["error"] = "NONE".into();
                all["code"] = 0.into();
            }
            *expected == all
        }
    }
}

/// Plays all cases of a file, of which this repository's has `own`.
fn play(file: &str, own: usize) {
    let cases = cases(file);
    assert!(!is_own() || cases.len() == own, "{file}: {}", cases.len());
    judge(file, &cases, |case| {
        let mut controller = Controller::new(Defaults {
            partitions: 2,
            replication_factor: 2,
            unclean: false,
        });
        for one in case["steps"].as_array().expect("steps") {
            let answer = step(&mut controller, one);
            let Some(expected) = one.get("expect") else {
                assert!(answer.is_none(), "{} has no answer", case["name"]);
                continue;
            };
            let answer = answer.expect("an answer");
            assert!(
                agrees(expected, &answer),
                "{}: {one}\nours: {answer:?}",
                case["name"]
            );
        }
    });
}

#[test]
fn topics_are_created_grown_and_deleted_as_by_kafkas_controller() {
    play("kafka-topic-ops.json", 63);
}

#[test]
fn leaders_and_in_sync_sets_change_as_by_kafkas_controller() {
    play("kafka-leader-failover.json", 15);
}

#[test]
fn idempotent_batches_are_judged_as_by_kafkas_producer_state() {
    let file = "kafka-idempotence-broker.json";
    let cases = cases(file);
    assert!(!is_own() || cases.len() == 20);
    judge(file, &cases, |case| {
        let (mut sequences, mut end) = (Sequences::default(), 0);
        for append in case["appends"].as_array().expect("appends") {
            let batch = Batch {
                producer: append.get("pid").map_or(1, number),
                epoch: append.get("epoch").map_or(0, number),
                first: number(&append["seq"]),
                records: number(&append["n"]),
            };
            let ours = match sequences.append(batch, end) {
                Ok(Verdict::Append) => json!({ "outcome": "appended", "base_offset": end }),
                Ok(Verdict::Duplicate(base)) => {
                    json!({ "outcome": "duplicate", "base_offset": base })
                }
                Err(refused) => json!({ "outcome": "refused", "error": refused.name() }),
            };
            if ours["outcome"] == "appended" {
                end += u64::from(batch.records);
            }
            assert_eq!(ours, append["expect"], "{}: {append}", case["name"]);
        }
    });
}
