//! What the outcome says, in sentences that name their figures and reasons. Computed from the
//! report alone; a third platform gets the same sentences.

mod latency;
mod readers;
mod trouble;

use super::causes::{self, Finding, Symptom};
use super::{Report, SystemReport, costs, format, ranking, serving};
use crate::probe::figures::Unit;
use latency::{Latency, survivors};

/// More records than this share of all, with clients at the end, are not only on their way.
const HELD_SHARE: f64 = 0.01;

/// The sentences of the verdict: what each system kept and refused, then who was faster.
#[must_use]
pub(super) fn sentences(report: &Report) -> Vec<String> {
    let systems = 0..report.systems.len();
    let mut sentences: Vec<String> = systems.flat_map(|index| fate(report, index)).collect();
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
    sentences.extend(certainty(report));
    sentences
}

/// What stands behind the figures above, where there are several replications.
fn certainty(report: &Report) -> Option<String> {
    let made = report.systems.first()?.runs.len();
    (made > 1).then(|| {
        format!(
            "The figures above are means over {made} replications, and the table of figures has their intervals; parts, places and \
             times of causes are those of the first replication."
        )
    })
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

/// A system, and what the verdict knows of it.
struct Told<'a> {
    report: &'a Report,
    index: usize,
    system: &'a SystemReport,
    findings: Vec<Finding>,
}

impl<'a> Told<'a> {
    fn new(report: &'a Report, index: usize) -> Self {
        let mut told = Self {
            report,
            index,
            system: &report.systems[index],
            findings: causes::findings(report, index),
        };
        // What was refused before the measured window alone is not told, so its cause is not either.
        let (written, read) = (
            told.mean("throttled", None) > 0.0,
            told.mean("read_throttled", None) > 0.0,
        );
        told.findings.retain(|finding| match finding.symptom {
            Symptom::ThrottledWrites => written,
            Symptom::RefusedReads => read,
            _ => true,
        });
        told
    }

    fn label(&self) -> &'a str {
        &self.system.label
    }

    fn mean(&self, name: &str, consumer: Option<usize>) -> f64 {
        mean(self.report, name, consumer, self.index)
    }

    /// How many things a figure counts: a mean over the replications, where that shows.
    fn things(&self, name: &str, consumer: Option<usize>, noun: &str) -> String {
        let number = self.mean(name, consumer);
        format!("{}{}", format::counted(number, noun), on_average(number))
    }

    /// Whether more records stayed with clients to the end than are always on their way.
    fn falls_behind(&self) -> bool {
        self.mean("held_by_clients", None) > HELD_SHARE * self.mean("offered", None)
    }

    /// Whether a sentence of its own tells the cause of a symptom.
    fn explains(&self, symptom: Symptom, consumer: Option<usize>) -> bool {
        let mut known = self.findings.iter().filter(|of| !of.causes.is_empty());
        known.any(|of| of.symptom == symptom && of.consumer == consumer)
    }

    /// What a symptom of a consumer comes from on this platform, unless its cause is told.
    fn why(&self, symptom: Symptom, consumer: usize, words: &str) -> String {
        match self.explains(symptom, Some(consumer)) {
            true => String::new(),
            false => format!(": {words}"),
        }
    }
}

/// What became of a system's records, and why.
fn fate(report: &Report, index: usize) -> Vec<String> {
    let told = Told::new(report, index);
    let (label, offered) = (told.label(), told.mean("offered", None));
    if offered == 0.0 {
        return vec![format!("{label} was offered nothing.")];
    }
    let mut sentences = vec![ends(&told)];
    if told.falls_behind() {
        let held = told.mean("held_by_clients", None);
        sentences.push(format!(
            "{label} fell behind: {} ({}) stayed with its clients to the end.",
            format::counted(held, "record"),
            format::percent(held / offered)
        ));
    }
    sentences.extend(super::clients::sentence(report, told.system));
    sentences.extend(stored(&told));
    sentences.extend(causes::of_writers(report, &told.findings));
    sentences.extend(causes::of_calls(told.system));
    sentences.extend(resized(report, index, told.system));
    sentences.extend(readers::sentences(&told));
    sentences
}

/// What a system stored twice or out of order.
fn stored(told: &Told<'_>) -> Vec<String> {
    let label = told.label();
    let mut sentences = Vec::new();
    if told.mean("stored_again", None) > 0.0 {
        let why = match told.explains(Symptom::StoredAgain, None) {
            true => "",
            false => ": no answer came, so the producer sent again",
        };
        sentences.push(format!(
            "{label} stored {} twice{why}.",
            told.things("stored_again", None, "record")
        ));
    }
    if told.mean("reordered", None) > 0.0 {
        sentences.push(format!(
            "{label} stored {} after a later one of their key.",
            told.things("reordered", None, "record")
        ));
    }
    sentences
}

/// How many records a system refused, lost or let expire, and why.
fn ends(told: &Told<'_>) -> String {
    let get = |name: &str| told.mean(name, None);
    let (label, offered, retried) = (told.label(), get("offered"), get("retried"));
    let ends = [
        (get("refused"), "refused"),
        (get("expired_in_client"), "let expire in the client"),
        (get("lost"), "lost"),
    ];
    let part = |(amount, word): &(f64, &str)| {
        let share = format::percent(amount / offered.max(1.0));
        let number = format!("{}{}", format::count(*amount), on_average(*amount));
        (*amount > 0.0).then(|| format!("{word} {number} ({share})"))
    };
    let parts: Vec<String> = ends.iter().filter_map(part).collect();
    if parts.is_empty() {
        let resent = if retried > 0.0 {
            let retried = format!("{}{}", format::count(retried), on_average(retried));
            format!(", after {retried} were sent again")
        } else {
            String::new()
        };
        let trouble = trouble::list(told);
        if trouble.is_empty() {
            return format!("{label} refused no record for good and lost none{resent}.");
        }
        return format!(
            "{label} refused no record for good and lost none{resent}, but not all went well: {}.",
            trouble.join("; ")
        );
    }
    let span = if told.report.warmup_s > 0.0 {
        " over the whole run, warm-up included"
    } else {
        ""
    };
    format!(
        "{label} {} of {}{span}: {}.",
        parts.join(", "),
        format::counted(offered, "record"),
        reasons(told.system)
    )
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
            "{} began with {}, had {} at most and {} in the end{}.",
            system.label,
            format::counted(first as f64, system.names.lane),
            format::count(most),
            format::count(last),
            on_average(last)
        )
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
