//! What consumers saw twice, in the wrong order, or not at all.

use super::super::causes::{self, Symptom};
use super::super::serving::{self, BEHIND_S};
use super::super::{SystemReport, format};
use super::{Told, on_average};

/// What each consumer saw twice, in the wrong order, or not at all, and why.
pub(super) fn sentences(told: &Told<'_>) -> Vec<String> {
    let (label, again) = (told.label(), told.mean("stored_again", None));
    let mut sentences = Vec::new();
    if told.mean("read_throttled", None) > 0.0 {
        sentences.push(format!(
            "{label} refused {} ({}).",
            told.things("read_throttled", None, "reading call"),
            told.system.names.read_throttled
        ));
    }
    for (consumer, name) in told.report.consumers.iter().enumerate() {
        let again_read = told.mean("redelivered", Some(consumer));
        if again_read > again {
            sentences.push(format!(
                "{label}: `{name}` was given {}{} once more{}.",
                format::counted(again_read - again, "record"),
                on_average(again_read - again),
                told.why(
                    Symptom::Redelivered,
                    consumer,
                    told.system.names.redelivered
                )
            ));
        }
        let (unread, rate) = (
            told.mean("unread", Some(consumer)),
            told.mean("accepted_rate", None),
        );
        // What a poller leaves for its next call is not a lag.
        let run = told.system.runs.first();
        let far = run.map_or(BEHIND_S, |run| serving::far_s(run, consumer));
        if unread > far * rate {
            sentences.push(format!(
                "{label}: `{name}` was {} behind at the end.",
                format::counted(unread, "record")
            ));
        }
        if told.mean("out_of_order", Some(consumer)) > 0.0 {
            sentences.push(format!(
                "{label}: `{name}` was given {} after a later one of their key.{}",
                told.things("out_of_order", Some(consumer), "record"),
                counterexample(told.system)
            ));
        }
        if told.mean("expired", Some(consumer)) > 0.0 {
            sentences.push(format!(
                "{label}: {} expired before `{name}` came to read.",
                told.things("expired", Some(consumer), "record")
            ));
        }
        sentences.extend(left_out(told, consumer, name));
    }
    sentences.extend(causes::of_readers(told.report, &told.findings));
    sentences
}

/// What a consumer skipped, gave up, or never sees.
fn left_out(told: &Told<'_>, consumer: usize, name: &str) -> Vec<String> {
    let label = told.label();
    let of = |figure: &str| told.mean(figure, Some(consumer)) > 0.0;
    let records = |figure: &str| told.things(figure, Some(consumer), "record");
    let mut sentences = Vec::new();
    if of("skipped") {
        sentences.push(format!(
            "{label}: `{name}` skipped {} of the stored ones{}.",
            records("skipped"),
            told.why(Symptom::Skipped, consumer, told.system.names.skipped)
        ));
    }
    if of("discarded") {
        sentences.push(format!(
            "{label}: `{name}` gave up {} when its retries were used up.",
            records("discarded")
        ));
    }
    if of("aborted") {
        sentences.push(format!(
            "{label}: `{name}` never sees {} of transactions that were aborted.",
            records("aborted")
        ));
    }
    if of("compacted") {
        sentences.push(format!(
            "{label}: compaction removed {} before `{name}` read them: each had a newer record of its key after it.",
            records("compacted")
        ));
    }
    sentences
}

/// The first record that was given out of order, in words.
fn counterexample(system: &SystemReport) -> String {
    let first = system.runs.first();
    let found = first.and_then(|run| {
        run.happenings
            .iter()
            .find(|h| h.what == crate::probe::happenings::ORDER_VIOLATED)
    });
    found.map_or(String::new(), |happening| {
        format!(" The first: {}.", happening.detail)
    })
}
