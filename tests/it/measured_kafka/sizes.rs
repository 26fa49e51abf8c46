//! Large messages against combinations of limits: where they fail, with what, and who gets them.

use super::{Findings, cluster, rows};
use crate::conformance_kafka::{scenario, simulate};
use crate::golden::Row;
use streamduel::probe::RunResult;

/// What one side of a message's way makes of it.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    place: &'static str,
    error: String,
    received: bool,
    in_sync: u32,
}

/// A cell as `key = value`, or nothing where it is empty.
fn cell(row: &Row, column: &str, key: &str) -> Option<String> {
    (!row[column].is_empty()).then(|| format!("{key} = {}", row[column]))
}

/// `key=value` of the brokers' own files, by key.
fn of_broker(row: &Row, key: &str) -> Option<String> {
    let words = row["broker_static"].split_whitespace();
    words
        .filter_map(|word| word.split_once('='))
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value.to_owned())
}

fn run(row: &Row) -> RunResult {
    // The model has one limit of the topic: the topic's own, or else the brokers'.
    let limit = [
        &row["topic_max_message_bytes"],
        &row["broker_message_max_bytes"],
    ]
    .into_iter()
    .find(|cell| !cell.is_empty())
    .cloned()
    .or_else(|| of_broker(row, "message.max.bytes"));
    let mut topic = "partitions = 1, min.insync.replicas = 2".to_owned();
    if let Some(limit) = limit {
        topic += &format!(", max.message.bytes = {limit}");
    }
    let compression = (!row["compression"].is_empty()).then(|| {
        let ratio = if row["compressible"] == "1" {
            "1000.0"
        } else {
            "1.0"
        };
        format!(
            "compression.type = \"{}\", compression-ratio = {ratio}",
            row["compression"]
        )
    });
    let producer = [
        Some("client-version = \"3.9\"".to_owned()),
        cell(row, "producer_max_request_size", "max.request.size"),
        cell(row, "producer_buffer_memory", "buffer.memory"),
        cell(row, "linger", "linger.ms"),
        cell(row, "batch", "batch.size"),
        compression,
    ];
    let consumer = [
        cell(
            row,
            "consumer_max_partition_fetch_bytes",
            "max.partition.fetch.bytes",
        ),
        cell(row, "consumer_fetch_max_bytes", "fetch.max.bytes"),
    ];
    let table = |parts: &[Option<String>]| {
        format!(
            "{{ {} }}",
            parts
                .iter()
                .flatten()
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        )
    };
    let mut kafka = cluster(&topic, &table(&producer), &table(&consumer));
    if let Some(most) = of_broker(row, "replica.fetch.max.bytes") {
        kafka = format!("replica.fetch.max.bytes = {most}\n{kafka}");
    }
    // One message a second: none shares a batch.
    let workload = format!(
        "arrivals.constant = \"1 records/s\"\nkeys = \"none\"\nsizes.constant = \"{} B\"\nproducers = 1",
        row["message_bytes"]
    );
    simulate(&scenario("duration = \"10 s\"", &workload, "", &kafka, ""))
}

fn simulated(row: &Row) -> Outcome {
    let run = run(row);
    let named = run
        .ledger
        .cause_names
        .iter()
        .zip(&run.ledger.causes)
        .filter(|(_, count)| **count > 0);
    let causes: Vec<&str> = named.map(|(cause, _)| cause.name).collect();
    let place = match causes[..] {
        [] => "ok",
        ["RecordTooLargeException (producer)"] => "client",
        ["MESSAGE_TOO_LARGE (broker)"] => "broker",
        _ => panic!("{}: {causes:?}", row["id"]),
    };
    let error = if place == "ok" {
        ""
    } else {
        "RecordTooLargeException"
    }
    .to_owned();
    let received = run.ledger.consumers[0].delivered > 0;
    Outcome {
        place,
        error,
        received,
        in_sync: run.tenures.last().map_or(0, |tenure| tenure.copies),
    }
}

fn measured(row: &Row) -> Outcome {
    let place = match &row["where"] {
        text if text == "ok" => "ok",
        text if text.starts_with("client") => "client",
        text if text.starts_with("broker") => "broker",
        other => panic!("{other}"),
    };
    let error = row["exception"]
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_owned();
    let received = row["consumer"].starts_with("received");
    Outcome {
        place,
        error,
        received,
        in_sync: crate::golden::number(row, "isr_size_after"),
    }
}

#[test]
fn large_messages_fail_where_they_failed() {
    let mut findings = Findings::of("e_large_messages.csv");
    for row in rows("e_large_messages.csv") {
        findings.case(&row["id"], |findings| {
            let (theirs, ours) = (measured(&row), simulated(&row));
            findings.check(theirs == ours, || {
                format!("{}: measured {theirs:?}, simulated {ours:?}", row["id"])
            });
        });
    }
    findings.done();
}
