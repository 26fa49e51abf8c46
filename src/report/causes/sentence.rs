//! Findings as sentences of the verdict.

use super::{Cause, Finding, Symptom};
use crate::probe::{Entity, Limit};
use crate::report::{Report, SystemReport, format};

/// Causes after the first one that a sentence names.
const FURTHER: usize = 2;
/// Refused calls that the verdict tells.
const CALLS: usize = 3;

/// Why writes were refused, late or lost; symptoms with the same first cause share a sentence.
#[must_use]
pub(in crate::report) fn of_writers(report: &Report, findings: &[Finding]) -> Vec<String> {
    let of_writes = |finding: &&Finding| finding.consumer.is_none();
    let all: Vec<Finding> = findings.iter().filter(of_writes).cloned().collect();
    grouped(report, &all)
}

/// Why consumers were refused, skipped records, saw them twice or fell behind; symptoms with the same first cause share a
/// sentence.
#[must_use]
pub(in crate::report) fn of_readers(report: &Report, findings: &[Finding]) -> Vec<String> {
    let (of_writes, mut own): (Vec<Finding>, Vec<Finding>) = findings
        .iter()
        .cloned()
        .partition(|finding| finding.consumer.is_none());
    let told = |finding: &Finding| {
        first_limit(finding).is_some()
            && of_writes
                .iter()
                .any(|other| first_limit(other) == first_limit(finding))
    };
    let mut told: Vec<Finding> = own.extract_if(.., |finding| told(finding)).collect();
    let mut sentences = grouped(report, &own);
    while let Some(first) = told.first().map(first_limit) {
        let same: Vec<Finding> = told
            .extract_if(.., |finding| first_limit(finding) == first)
            .collect();
        let mut writes = of_writes.iter().rev();
        let Some(other) = writes.find(|finding| first_limit(finding) == first) else {
            continue;
        };
        sentences.push(format!(
            "{}: {} had the same main cause as {}.",
            report.systems[other.system].label,
            nouns(report, &same),
            noun(other.symptom, "")
        ));
    }
    sentences
}

/// One sentence for each first cause.
fn grouped(report: &Report, all: &[Finding]) -> Vec<String> {
    let mut told: Vec<Option<Limit>> = Vec::new();
    let mut sentences = Vec::new();
    for finding in all {
        let first = first_limit(finding);
        if told.contains(&first) {
            continue;
        }
        told.push(first);
        let same: Vec<Finding> = all
            .iter()
            .filter(|other| first_limit(other) == first)
            .cloned()
            .collect();
        sentences.push(sentence(report, finding, &nouns(report, &same)));
    }
    sentences
}

/// What findings are called together: each kind of symptom once, with its consumers.
fn nouns(report: &Report, findings: &[Finding]) -> String {
    let mut kinds: Vec<Symptom> = Vec::new();
    let mut words = Vec::new();
    for finding in findings {
        if kinds.contains(&finding.symptom) {
            continue;
        }
        kinds.push(finding.symptom);
        let same = findings
            .iter()
            .filter(|other| other.symptom == finding.symptom);
        let names: Vec<String> = same
            .filter_map(|other| other.consumer)
            .map(|consumer| format!("`{}`", report.consumers[consumer]))
            .collect();
        words.push(noun(finding.symptom, &joined(&names)));
    }
    joined(&words)
}

/// Which calls of the operator were refused, and why.
#[must_use]
pub(in crate::report) fn of_calls(system: &SystemReport) -> Vec<String> {
    let happenings = system.runs.iter().take(1).flat_map(|run| &run.happenings);
    let refused = happenings.filter(|happening| happening.refused);
    let sentence = |happening: &crate::probe::Happening| {
        format!(
            "{}: the call {} at {} was refused: {}.",
            system.label,
            happening.what,
            format::seconds(happening.t),
            happening.detail.trim_end_matches('.')
        )
    };
    refused.take(CALLS).map(sentence).collect()
}

fn first_limit(finding: &Finding) -> Option<Limit> {
    finding.causes.first().map(|cause| cause.limit)
}

/// What a symptom is called, of the consumers called `names`.
fn noun(symptom: Symptom, names: &str) -> String {
    match symptom {
        Symptom::ThrottledWrites => "refused attempts to write".to_owned(),
        Symptom::EndedEarly => "records that ended early".to_owned(),
        Symptom::HeldByClients => "records that clients still held at the end".to_owned(),
        Symptom::LateAcknowledgement => "late acknowledgements".to_owned(),
        Symptom::StoredAgain => "records that were stored twice".to_owned(),
        Symptom::Reordered => "records that were stored after later ones of their key".to_owned(),
        Symptom::RefusedReads => format!("refused reading calls of {names}"),
        Symptom::Skipped => format!("records that {names} skipped"),
        Symptom::ExpiredUnread => format!("records that expired before {names} read them"),
        Symptom::Redelivered => format!("records that {names} got once more"),
        Symptom::OutOfOrder => format!("records that {names} got after later ones of their key"),
        Symptom::Discarded => format!("records that {names} gave up"),
        Symptom::LateDelivery => format!("the delay of {names}"),
    }
}

/// What the symptom of a finding is called.
#[must_use]
pub fn noun_of(report: &Report, finding: &Finding) -> String {
    nouns(report, std::slice::from_ref(finding))
}

/// Words in a row, the last one after `and`.
pub(in crate::report) fn joined(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// One finding: its main cause with part, place, time and setting, and what else was at work.
fn sentence(report: &Report, finding: &Finding, noun: &str) -> String {
    let system = &report.systems[finding.system];
    let label = &system.label;
    let Some(first) = finding.causes.first() else {
        return format!(
            "{label}: the cause of {noun} is not known: no limit of the model was at work for long enough."
        );
    };
    let words = (system.names.limit)(first.limit);
    let remark = first.remark.as_ref();
    let remark = remark.map_or(String::new(), |remark| format!(" {}.", capital(remark)));
    format!(
        "{label}: the main cause of {noun} is that {} {} ({}, {}).{remark} What decides it: {}.{}",
        subject(report, first),
        words.says,
        part(finding.symptom, first),
        format::between(first.from, first.to),
        first.setting.unwrap_or(words.setting),
        further(system, finding),
    )
}

/// A sentence begins with a capital letter, unless it begins with a name.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// On what a cause acted most.
fn subject(report: &Report, cause: &Cause) -> String {
    match (cause.limit.entity(), cause.consumer) {
        (Entity::System, Some(consumer)) if cause.limit != Limit::Retention => {
            format!("`{}`", report.consumers[consumer])
        }
        (Entity::System, _) => "the service".to_owned(),
        (Entity::Worker, Some(consumer)) if cause.limit == Limit::ConsumerDown => {
            format!("`{}`", report.consumers[consumer])
        }
        _ => cause.place.clone(),
    }
}

/// How large the part of a cause is.
fn part(symptom: Symptom, cause: &Cause) -> String {
    let share = format::percent(cause.share.min(1.0));
    match symptom {
        Symptom::EndedEarly if cause.counted => format!("{share} of them"),
        Symptom::LateAcknowledgement | Symptom::LateDelivery => {
            format!("at work during {share} of the lateness")
        }
        Symptom::EndedEarly | Symptom::HeldByClients => {
            format!("at work during {share} of the trouble")
        }
        Symptom::ThrottledWrites
        | Symptom::RefusedReads
        | Symptom::Skipped
        | Symptom::ExpiredUnread
        | Symptom::StoredAgain
        | Symptom::Reordered
        | Symptom::OutOfOrder
        | Symptom::Discarded
        | Symptom::Redelivered => format!("{share} of them"),
    }
}

/// The causes after the first one, without those that its remark names.
fn further(system: &SystemReport, finding: &Finding) -> String {
    let remark = finding
        .causes
        .first()
        .and_then(|first| first.remark.as_ref());
    let told = |cause: &&Cause| {
        let words = (system.names.limit)(cause.limit);
        remark.is_none_or(|remark| !remark.contains(words.name))
    };
    let name = |cause: &Cause| {
        let words = (system.names.limit)(cause.limit);
        let share = format::percent(cause.share.min(1.0));
        let place = match cause.place.as_str() {
            "" => String::new(),
            place => format!(" on {place}"),
        };
        format!("{}{place} ({share})", words.name)
    };
    let others: Vec<String> = finding
        .causes
        .iter()
        .skip(1)
        .filter(told)
        .take(FURTHER)
        .map(name)
        .collect();
    match others.is_empty() {
        true => String::new(),
        false => format!(" Also at work: {}.", joined(&others)),
    }
}
