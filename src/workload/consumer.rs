//! Who reads: applications described once, for every platform.

use super::sink::{self, SinkConfig};
use crate::settings::Section;
use crate::units::Nanos;

/// The most consumer applications of a scenario.
const CONSUMERS_MAX: usize = 50;

/// A consumer application: workers that take records in turn and spend time on each.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// Its name.
    pub name: String,
    /// How many workers share its lanes.
    pub workers: u32,
    /// The time that a worker spends on a record.
    pub per_record: Nanos,
    /// Records that they cannot process.
    pub failing: Vec<FailingRecords>,
    /// Where they put the records.
    pub sink: SinkConfig,
    /// The only system that it reads, or none to read all.
    pub system: Option<String>,
}

impl Consumer {
    /// Whether it reads the system of this label.
    #[must_use]
    pub fn reads(&self, label: &str) -> bool {
        self.system.as_ref().is_none_or(|system| system == label)
    }
}

/// Records that a consumer cannot process, however often it is given them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailingRecords {
    /// They are the first ones that are produced from this instant on.
    pub at: Nanos,
    /// How many there are.
    pub count: u32,
}

/// Reads `[[consumer]]`.
pub(super) fn read_all(root: &Section<'_>, duration: Nanos) -> Vec<Consumer> {
    let sections = root.list("consumer");
    if sections.is_empty() {
        root.problem(
            "consumer",
            "the scenario has no `[[consumer]]`",
            "add one, with a `name`: records that nobody reads have no delivery",
        );
    }
    if sections.len() > CONSUMERS_MAX {
        root.problem(
            "consumer",
            format!("{} consumers", sections.len()),
            format!("at most {CONSUMERS_MAX}"),
        );
    }
    let mut consumers: Vec<Consumer> = Vec::new();
    for section in sections {
        let consumer = read(&section, duration);
        if consumers.iter().any(|other| other.name == consumer.name) {
            section.problem(
                "name",
                format!("two consumers are called `{}`", consumer.name),
                "give each its own name",
            );
        }
        consumers.push(consumer);
    }
    consumers
}

fn read(section: &Section<'_>, duration: Nanos) -> Consumer {
    let name: String = section.need("name");
    if !crate::workload::is_name(&name) && section.has("name") {
        section.problem(
            "name",
            format!("`{name}` is no name"),
            "use lower-case letters, digits and `-`",
        );
    }
    let workers = section.or_in("workers", 1_u64, 1..=10_000) as u32;
    let processing = section.section("processing");
    let per_record = processing.or_in(
        "per-record",
        Nanos::ZERO,
        Nanos::ZERO..=Nanos::from_secs(3600),
    );
    let failing = read_failing(section, duration);
    let sink = sink::read(section, duration);
    let system = section.get("system");
    Consumer {
        name,
        workers,
        per_record,
        failing,
        sink,
        system,
    }
}

/// Reads `failing-records`.
fn read_failing(section: &Section<'_>, duration: Nanos) -> Vec<FailingRecords> {
    let read = |part: Section<'_>| FailingRecords {
        at: part.need_in("at", Nanos::ZERO..=duration),
        count: part.or_in("count", 1_u64, 1..=1_000_000) as u32,
    };
    section
        .list("failing-records")
        .into_iter()
        .map(read)
        .collect()
}
