//! What is done to every system alike: records, consumers, and the timeline of interventions.
//!
//! A workload is drawn from labelled random streams, so record number n of a source has the same
//! instant, key and size on every system: common random numbers.

mod arrivals;
mod burst;
mod consumer;
mod fleet;
mod inputs;
mod keys;
mod mean;
mod preset;
mod rate;
mod relay;
mod sink;
mod sizes;
mod source;
mod steady;
mod timeline;
mod trace;
mod trace_file;
mod transactions;

pub use arrivals::{Arrivals, RateProfile, Segment};
pub use consumer::{Consumer, FailingRecords};
pub use fleet::Fleet;
pub use inputs::{Inputs, Run, Runs};
pub use keys::{KeyLaw, KeySpace, NO_KEY};
pub use mean::KeyLoad;
pub use preset::expand;
pub use relay::Relayed;
pub use sink::{Batch, Buffer, Item, Sink, SinkConfig, SinkTally};
pub use sizes::SizeLaw;
pub use source::Source;
pub use steady::Begin;
pub use timeline::{Action, Mark, Timeline, entry_instant, entry_name, named_consumer};
pub use trace::{Trace, TraceRow};
pub use trace_file::{TraceFiles, TracePlace, try_trace};
pub use transactions::Transactions;

use crate::engine::Timed;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};

/// The most records that one replication may produce.
pub const RECORDS_MAX: f64 = 1e9;
/// The most distinct keys of a scenario.
pub const KEYS_MAX: u64 = 10_000_000;
/// The most producers of a source.
pub const PRODUCERS_MAX: u32 = 10_000;

/// Whether `text` may name a system, a consumer or a source: lower-case letters, digits and `-`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.len() <= 40 && text.chars().all(allowed)
}

/// One record, as it is offered to a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When its application meant to send it; every latency counts from here.
    pub at: SimTime,
    /// Its number in the run, over all sources; a replication makes at most [`RECORDS_MAX`].
    pub serial: u32,
    /// Its key, an index into the [`KeySpace`], or [`NO_KEY`].
    pub key: u32,
    /// The size of its data, without the key `[B]`.
    pub bytes: u32,
    /// The producer that it reaches.
    pub producer: u32,
}

/// What happens to a system from outside.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// A record is offered.
    Record(Record),
    /// A record comes from another system, at this instant.
    Relayed(SimTime, Record),
    /// A step of the timeline.
    Step(SimTime, Action),
    /// A sampling instant.
    Sample(SimTime),
    /// A window of the results begins or ends.
    Cut(SimTime),
}

impl Timed for Input {
    #[inline]
    fn at(&self) -> SimTime {
        match self {
            Self::Record(record) => record.at,
            Self::Step(at, _) | Self::Sample(at) | Self::Cut(at) | Self::Relayed(at, _) => *at,
        }
    }
}

/// The records, consumers and interventions of a scenario.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Where records come from.
    pub sources: Vec<Source>,
    /// All keys of all sources.
    pub keys: KeySpace,
    /// Who reads, described once for every platform.
    pub consumers: Vec<Consumer>,
    /// What is done to the systems while they run.
    pub timeline: Timeline,
    /// How many records one producer's application holds back before it drops new ones.
    pub producer_backlog: u64,
    /// What logs hold when the run begins.
    pub begin: Begin,
    /// The consumer whose records go on to another system.
    pub relayed_by: Option<usize>,
    /// How many workers of another system's consumer send the records, if they come from there.
    pub senders: Option<u32>,
    /// How long the run takes.
    pub duration: Nanos,
    /// The distance of sampling instants.
    pub sample: Nanos,
    /// The instants at which windows of the results begin and end, in order and each once.
    pub cuts: Vec<SimTime>,
    /// What is done to the system, in the order of time: the timeline, and its own faults and calls.
    pub entries: Vec<Mark>,
}

impl Workload {
    /// Reads `[workload]`, `[[consumer]]` and `[[timeline]]`; traces are looked up in `traces`.
    #[must_use]
    pub fn read(
        root: &Section<'_>,
        duration: Nanos,
        sample: Nanos,
        traces: &(impl TraceFiles + ?Sized),
    ) -> Self {
        let section = root.section("workload");
        let mut keys = KeySpace::default();
        let mut parts = section.list("source");
        if parts.is_empty() {
            parts.push(section.clone());
        } else {
            for key in ["arrivals", "keys", "sizes", "producers", "producer-of"] {
                if section.has(key) {
                    section.problem(
                        key,
                        format!("`{key}` stands beside `source`"),
                        "move it into a source",
                    );
                }
            }
        }
        let sources = read_sources(&section, &parts, &mut keys, duration, &traces);
        let producer_backlog = section.or_in("producer-backlog", 1_000_000, 1..=100_000_000);
        let consumers = consumer::read_all(root, duration);
        let timeline = Timeline::read(root, &consumers, duration);
        let workload = Self {
            begin: Begin::read(root),
            sources,
            keys,
            consumers,
            timeline,
            producer_backlog,
            relayed_by: None,
            senders: None,
            duration,
            sample,
            cuts: Vec::new(),
            entries: Vec::new(),
        };
        workload.check_beginning(root);
        workload
    }

    /// Windows of the results begin or end at these instants too.
    pub fn cut_at(&mut self, instants: impl IntoIterator<Item = SimTime>) {
        let end = SimTime(self.duration.0);
        let inside = |at: &SimTime| *at > SimTime::ZERO && *at < end;
        self.cuts.extend(instants.into_iter().filter(inside));
        self.cuts.sort_unstable();
        self.cuts.dedup();
    }

    /// Whether logs must keep key and number of each record, because a sink looks at keys or records go on
    /// to another system.
    #[must_use]
    pub fn asks_for_marks(&self) -> bool {
        self.relayed_by.is_some()
            || self
                .consumers
                .iter()
                .any(|consumer| consumer.sink.needs_keys() || !consumer.failing.is_empty())
    }

    /// Refuses `failing-records` of a consumer that reads the system of `section` in a way that does not model them;
    /// `modelled` says so by the consumer's number.
    pub fn refuse_failing_records(&self, section: &Section<'_>, modelled: impl Fn(u16) -> bool) {
        let label = section.path().split('.').nth(1).unwrap_or_default();
        for (number, consumer) in (0..).zip(&self.consumers) {
            if !consumer.failing.is_empty() && consumer.reads(label) && !modelled(number) {
                let message = format!(
                    "`{}` has failing records and is no Lambda mapping",
                    consumer.name
                );
                let help = "only `mode = \"lambda\"` on Kinesis models them: give the consumer that mode, or `system = …`";
                section.problem("", message, help);
            }
        }
    }

    /// Whether all records of a key come from one producer, so that they have an order.
    #[must_use]
    pub fn keys_ordered(&self) -> bool {
        self.sources
            .iter()
            .all(|source| source.producer_by_key || source.producers == 1)
    }

    /// How many producers there are over all sources.
    #[must_use]
    pub fn producers(&self) -> u32 {
        self.senders
            .unwrap_or_else(|| self.sources.iter().map(|source| source.producers).sum())
    }
}

/// Reads the sources one after the other, so that keys and producers are numbered through.
fn read_sources(
    section: &Section<'_>,
    parts: &[Section<'_>],
    keys: &mut KeySpace,
    duration: Nanos,
    traces: &dyn TraceFiles,
) -> Vec<Source> {
    let mut first_producer = 0;
    let mut sources: Vec<Source> = Vec::new();
    for part in parts {
        let source = Source::read(
            part,
            parts.len() > 1,
            keys,
            first_producer,
            duration,
            traces,
        );
        first_producer += source.producers;
        if sources.iter().any(|other| other.name == source.name) {
            part.problem(
                "name",
                format!("two sources are called `{}`", source.name),
                "give each its own name",
            );
        }
        sources.push(source);
    }
    let expected: f64 = sources.iter().map(Source::expected_records).sum();
    if expected.is_nan() || expected > RECORDS_MAX {
        let message = format!("this workload makes about {expected:.3e} records");
        section.problem(
            "",
            message,
            format!("at most {RECORDS_MAX:e} are simulated; lower the rate or the duration"),
        );
    }
    sources
}
