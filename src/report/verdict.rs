//! What the outcome says, in sentences that name their figures and reasons. Computed from the
//! report alone; a third platform gets the same sentences.

mod latency;

use super::causes::Symptom;
use super::serving::{self, BEHIND_S};
use super::{Report, SystemReport, costs, format, ranking};
use crate::probe::figures::Unit;
use latency::{Latency, survivors};

/// The sentences of the verdict: what each system kept and refused, then who was faster.
#[must_use]
pub(super) fn sentences(report: &Report) -> Vec<String> {
    let mut sentences: Vec<String> = report
        .systems
        .iter()
        .enumerate()
        .flat_map(|(index, system)| fate(report, index, system))
        .collect();
    let acknowledged = Latency {
        figure: "append_p99",
        consumer: None,
        subject: "99 % of the acknowledged records are",
        predicate: "known to be stored",
    };
    sentences.extend(acknowledged.sentence(report));
    for (consumer, name) in report.consumers.iter().enumerate() {
        let delivered = Latency {
            figure: "delivery_p99",
            consumer: Some(consumer),
            subject: &format!("Consumer `{name}` is"),
            predicate: "done with 99 % of what was offered",
        };
        sentences.extend(delivered.sentence(report));
        sentences.extend(survivors(report, consumer, name));
    }
    sentences.extend(money(report));
    sentences
}

/// What 30 days cost, the cheapest first, and what most of it is for. Systems that do not serve the load stand last.
fn money(report: &Report) -> Option<String> {
    let month = report.row("cost_per_30_days", None)?;
    let cheapest = ranking::order(month);
    let last = |system: &usize| serving::words(report, *system).is_some();
    let (missing, serving): (Vec<usize>, Vec<usize>) = cheapest.into_iter().partition(last);
    let ranked = serving.into_iter().chain(missing);
    let list: Vec<String> = ranked.filter_map(|n| price(report, n)).collect();
    let certainty = ranking::certainty(report, month);
    (!list.is_empty())
        .then(|| format!("30 days like this run cost {}{certainty}.", list.join(", ")))
}

/// What 30 days of a system cost, with what most of it is for and whether it serves the load.
fn price(report: &Report, system: usize) -> Option<String> {
    let cost = report.row("cost_per_30_days", None)?.values[system]?;
    let (_, bill) = costs::first(&report.systems[system])?;
    let most = bill.counted().max_by_key(|line| line.hourly)?;
    let part = most.hourly as f64 / bill.hourly().max(1) as f64;
    let million = report.row("cost_per_million_delivered", None);
    let million = million.and_then(|row| row.values[system]);
    let each = million.map_or(String::new(), |million| {
        let usd = format::value(million.mean, Unit::Usd);
        format!("{usd} per million records delivered, ")
    });
    let served = serving::words(report, system);
    let served = served.map_or(String::new(), |words| format!("; it {words}"));
    Some(format!(
        "{} on {} ({each}{} of it {}{served})",
        format::value(cost.mean, Unit::Usd),
        report.systems[system].label,
        format::percent(part),
        most.item.name
    ))
}

fn mean(report: &Report, name: &str, consumer: Option<usize>, system: usize) -> f64 {
    let row = report.row(name, consumer);
    row.and_then(|row| row.values.get(system)?.map(|value| value.mean))
        .unwrap_or_default()
}

/// Says that a number is a mean over the replications, where it shows.
fn on_average(number: f64) -> &'static str {
    if format::count(number).contains('.') {
        " on average"
    } else {
        ""
    }
}

/// What became of a system's records, and why.
fn fate(report: &Report, index: usize, system: &SystemReport) -> Vec<String> {
    let get = |name: &str| mean(report, name, None, index);
    let (label, offered, held) = (&system.label, get("offered"), get("held_by_clients"));
    if offered == 0.0 {
        return vec![format!("{label} was offered nothing.")];
    }
    let mut sentences = vec![ends(report, index, system)];
    if held > 0.01 * offered {
        let share = format::percent(held / offered);
        sentences.push(format!(
            "{label} fell behind: {} ({share}) stayed with its clients to the end.",
            format::counted(held, "record")
        ));
    }
    sentences.extend(super::clients::sentence(report, system));
    sentences.extend(super::causes::of_writers(report, index));
    sentences.extend(super::causes::of_calls(system));
    sentences.extend(resized(report, index, system));
    let again = get("stored_again");
    if again > 0.0 {
        sentences.push(format!(
            "{label} stored {} twice: no answer came, so the producer sent again.",
            format::counted(again, "record")
        ));
    }
    let reordered = get("reordered");
    if reordered > 0.0 {
        sentences.push(format!(
            "{label} stored {} after a later one of their key.",
            format::counted(reordered, "record")
        ));
    }
    sentences.extend(read(report, index, system));
    sentences
}

/// How many records a system refused, lost or let expire, and why.
fn ends(report: &Report, index: usize, system: &SystemReport) -> String {
    let get = |name: &str| mean(report, name, None, index);
    let (label, offered, retried) = (&system.label, get("offered"), get("retried"));
    let ends = [
        (get("refused"), "refused"),
        (get("expired_in_client"), "let expire in the client"),
        (get("lost"), "lost"),
    ];
    let part = |(amount, word): &(f64, &str)| {
        let share = format::percent(amount / offered.max(1.0));
        (*amount > 0.0).then(|| format!("{word} {} ({share})", format::count(*amount)))
    };
    let parts: Vec<String> = ends.iter().filter_map(part).collect();
    if parts.is_empty() {
        let resent = if retried > 0.0 {
            let retried = format!("{}{}", format::count(retried), on_average(retried));
            format!(", after {retried} were sent again")
        } else {
            String::new()
        };
        let trouble = trouble(report, index, system);
        if trouble.is_empty() {
            return format!("{label} refused no record for good and lost none{resent}.");
        }
        return format!(
            "{label} refused no record for good and lost none{resent}, but not all went well: {}.",
            trouble.join("; ")
        );
    }
    let span = if report.warmup_s > 0.0 {
        " over the whole run, warm-up included"
    } else {
        ""
    };
    format!(
        "{label} {} of {}{span}: {}.",
        parts.join(", "),
        format::counted(offered, "record"),
        reasons(system)
    )
}

/// Figures of a system that are trouble, and what is said of their records.
const TROUBLE_OF_LOGS: [(&str, &str); 2] = [
    ("stored_again", "stored twice"),
    ("reordered", "stored after later ones of their key"),
];

/// Figures of a consumer that are trouble, and what is said before and after their records.
const TROUBLE_OF_READERS: [(&str, [&str; 2]); 5] = [
    ("skipped", ["skipped", ""]),
    ("expired", ["came too late for", ""]),
    ("discarded", ["gave up", ""]),
    ("redelivered", ["was given", " once more"]),
    (
        "out_of_order",
        ["was given", " after later ones of their key"],
    ),
];

/// What did not go well although nothing was refused for good or lost.
fn trouble(report: &Report, index: usize, system: &SystemReport) -> Vec<String> {
    let mut trouble = Vec::new();
    let refused = mean(report, "read_throttled", None, index);
    if refused > 0.0 {
        trouble.push(format!(
            "{} were refused{}",
            format::counted(refused, "reading call"),
            on_average(refused)
        ));
    }
    for (figure, words) in TROUBLE_OF_LOGS {
        let records = mean(report, figure, None, index);
        if records > 0.0 {
            trouble.push(format!(
                "{} were {words}",
                format::counted(records, "record")
            ));
        }
    }
    for (consumer, name) in report.consumers.iter().enumerate() {
        for (figure, [before, after]) in TROUBLE_OF_READERS {
            let records = mean(report, figure, Some(consumer), index);
            if records > 0.0 {
                let records = format::counted(records, "record");
                trouble.push(format!("`{name}` {before} {records}{after}"));
            }
        }
    }
    let findings = super::causes::findings(report, index);
    for finding in findings {
        match (finding.symptom, finding.consumer) {
            (Symptom::LateDelivery, Some(consumer)) => {
                trouble.push(format!("`{}` was late", report.consumers[consumer]));
            }
            (Symptom::LateAcknowledgement, _) => {
                trouble.push(format!("{} acknowledged late", system.label));
            }
            _ => {}
        }
    }
    trouble
}

/// What each consumer saw twice, in the wrong order, or not at all.
fn read(report: &Report, index: usize, system: &SystemReport) -> Vec<String> {
    let (label, again) = (&system.label, mean(report, "stored_again", None, index));
    let mut sentences = Vec::new();
    let refused = mean(report, "read_throttled", None, index);
    if refused > 0.0 {
        sentences.push(format!(
            "{label} refused {}{} ({}).",
            format::counted(refused, "reading call"),
            on_average(refused),
            system.names.read_throttled
        ));
    }
    for (consumer, name) in report.consumers.iter().enumerate() {
        let again_read = mean(report, "redelivered", Some(consumer), index);
        if again_read > again {
            sentences.push(format!(
                "{label}: `{name}` was given {} once more: {}.",
                format::counted(again_read - again, "record"),
                system.names.redelivered
            ));
        }
        let (unread, rate) = (
            mean(report, "unread", Some(consumer), index),
            mean(report, "accepted_rate", None, index),
        );
        // What a poller leaves for its next call is not a lag.
        let run = system.runs.first();
        let far = run.map_or(BEHIND_S, |run| serving::far_s(run, consumer));
        if unread > far * rate {
            sentences.push(format!(
                "{label}: `{name}` was {} behind at the end.",
                format::counted(unread, "record")
            ));
        }
        let disordered = mean(report, "out_of_order", Some(consumer), index);
        if disordered > 0.0 {
            sentences.push(format!(
                "{label}: `{name}` was given {} after a later one of their key.{}",
                format::counted(disordered, "record"),
                counterexample(system)
            ));
        }
        let expired = mean(report, "expired", Some(consumer), index);
        if expired > 0.0 {
            sentences.push(format!(
                "{label}: {} expired before `{name}` came to read.",
                format::counted(expired, "record")
            ));
        }
        sentences.extend(left_out(report, index, system, consumer));
    }
    sentences.extend(super::causes::of_readers(report, index));
    sentences
}

/// What a consumer skipped, or gave up.
fn left_out(report: &Report, index: usize, system: &SystemReport, consumer: usize) -> Vec<String> {
    let (label, name) = (&system.label, &report.consumers[consumer]);
    let mut sentences = Vec::new();
    let skipped = mean(report, "skipped", Some(consumer), index);
    if skipped > 0.0 {
        sentences.push(format!(
            "{label}: `{name}` skipped {} of the stored ones: {}.",
            format::counted(skipped, "record"),
            system.names.skipped
        ));
    }
    let discarded = mean(report, "discarded", Some(consumer), index);
    if discarded > 0.0 {
        sentences.push(format!(
            "{label}: `{name}` gave up {} when its retries were used up.",
            format::counted(discarded, "record")
        ));
    }
    let aborted = mean(report, "aborted", Some(consumer), index);
    if aborted > 0.0 {
        sentences.push(format!(
            "{label}: `{name}` never sees {} records of transactions that were aborted.",
            format::count(aborted)
        ));
    }
    let compacted = mean(report, "compacted", Some(consumer), index);
    if compacted > 0.0 {
        sentences.push(format!(
            "{label}: compaction removed {} records before `{name}` read them: each had a newer record of its key after it.",
            format::count(compacted)
        ));
    }
    sentences
}

/// How the number of lanes changed, if it did.
fn resized(report: &Report, index: usize, system: &SystemReport) -> Option<String> {
    let run = system.runs.first()?;
    let first = crate::probe::figures::lanes_open(run, 0.0);
    let (most, last) = (
        mean(report, "lanes_max", None, index),
        mean(report, "lanes", None, index),
    );
    let changed = run.lanes.iter().any(|lane| !lane.parents.is_empty());
    changed.then(|| {
        format!(
            "{} began with {}, had {} at most and {} in the end.",
            system.label,
            format::counted(first as f64, system.names.lane),
            format::count(most),
            format::count(last)
        )
    })
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

/// The causes for which records ended early, largest first.
fn reasons(system: &SystemReport) -> String {
    let Some(first) = system.runs.first() else {
        return String::new();
    };
    let mut causes: Vec<(f64, &str)> = first
        .ledger
        .cause_names
        .iter()
        .enumerate()
        .map(|(n, cause)| {
            let sum: f64 = system
                .runs
                .iter()
                .map(|run| run.ledger.causes[n] as f64)
                .sum();
            (sum / system.runs.len() as f64, cause.name)
        })
        .filter(|(count, _)| *count > 0.0)
        .collect();
    causes.sort_by(|a, b| b.0.total_cmp(&a.0));
    causes
        .iter()
        .map(|(count, name)| format!("{name} {}", format::count(*count)))
        .collect::<Vec<_>>()
        .join(", ")
}
