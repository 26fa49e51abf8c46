//! `[[fault]]`: what breaks, and what entries of faults and calls have in common.

use super::super::control::faults::{self, FaultKind};
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Mark, Workload, entry_instant, entry_name, named_consumer};

/// Something that breaks for a while.
#[derive(Clone, Debug)]
pub struct Fault {
    /// From when on.
    pub from: SimTime,
    /// Until when; at the end of a crash the broker starts again.
    pub to: SimTime,
    /// What.
    pub kind: FaultKind,
    /// What claims call it.
    pub name: String,
}

impl Fault {
    /// What charts shade for it.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            from: self.from,
            to: self.to,
            text: self.kind.text(),
            name: self.name.clone(),
        }
    }
}

/// The name of an application and the number of one of its workers, from 0.
pub(in super::super) fn worker_of(part: &Section<'_>, workload: &Workload) -> (String, u32) {
    let consumers = &workload.consumers;
    let found = named_consumer(part, "consumer", consumers);
    let consumer = found.map(|number| &consumers[usize::from(number)]);
    let name = consumer.map_or(String::new(), |consumer| consumer.name.clone());
    let workers = consumer.map_or(1, |consumer| u64::from(consumer.workers));
    (name, part.or_in("worker", 1_u64, 1..=workers) as u32 - 1)
}

/// A broker by its number from 1 on.
pub(in super::super) fn broker_in(part: &Section<'_>, key: &str, brokers: u32) -> u32 {
    part.need_in(key, 1..=u64::from(brokers.max(1))) as u32 - 1
}

/// Reads `[[fault]]`.
pub(super) fn read_faults(
    section: &Section<'_>,
    workload: &Workload,
    brokers: u32,
    zones: u32,
    recovery: Nanos,
) -> Vec<Fault> {
    let read = |part: Section<'_>| {
        let from = entry_instant(&part, workload.duration);
        let name = part.one_of(faults::WORDS, "fault")?;
        let crash = matches!(name, "broker-crash");
        // MSK recovers a failed broker by itself.
        let lasts = if crash && !part.has("lasts") {
            recovery
        } else {
            part.need("lasts")
        };
        let to = from + lasts;
        Some(Fault {
            from,
            to,
            name: entry_name(&part, name),
            kind: FaultKind::read(&faults::Entry {
                entry: &part,
                word: name,
                brokers,
                zones,
                workload,
            })?,
        })
    };
    section.list("fault").into_iter().filter_map(read).collect()
}
