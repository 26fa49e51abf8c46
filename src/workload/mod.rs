//! What is done to every system alike: records, consumers, and the timeline of interventions.
//!
//! A workload is drawn from labelled random streams, so record number n of a source has the same
//! instant, key and size on every system: common random numbers.

mod arrivals;
mod burst;
mod consumer;
mod fleet;
mod keys;
mod preset;
mod rate;
mod relay;
mod sink;
mod sizes;
mod source;
mod timeline;
mod trace;
mod trace_file;
mod transactions;

pub use arrivals::{Arrivals, RateProfile, Segment};
pub use consumer::Consumer;
pub use fleet::Fleet;
pub use keys::{KeyLaw, KeySpace, NO_KEY};
pub use preset::expand;
pub use relay::Relayed;
pub use sink::{Batch, Buffer, Item, Sink, SinkConfig, SinkTally};
pub use sizes::SizeLaw;
pub use source::Source;
pub use timeline::{Action, Mark, Timeline};
pub use trace::{Trace, TraceRow};
pub use trace_file::try_trace;
pub use transactions::Transactions;

use crate::engine::Timed;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use source::SourceDraws;
use std::path::Path;

/// The most records that one replication may produce.
pub const RECORDS_MAX: f64 = 1e9;
/// The most distinct keys of a scenario.
pub const KEYS_MAX: u64 = 10_000_000;
/// The most producers of a source.
pub const PRODUCERS_MAX: u32 = 10_000;

/// The most records of several sources that are merged at a time.
const RUN_MAX: usize = 256;

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
}

impl Timed for Input {
    #[inline]
    fn at(&self) -> SimTime {
        match self {
            Self::Record(record) => record.at,
            Self::Step(at, _) | Self::Sample(at) | Self::Relayed(at, _) => *at,
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
    /// The consumer whose records go on to another system.
    pub relayed_by: Option<usize>,
    /// How many workers of another system's consumer send the records, if they come from there.
    pub senders: Option<u32>,
    /// How long the run takes.
    pub duration: Nanos,
    /// The distance of sampling instants.
    pub sample: Nanos,
}

impl Workload {
    /// Reads `[workload]`, `[[consumer]]` and `[[timeline]]`; traces are looked up from `folder`.
    #[must_use]
    pub fn read(root: &Section<'_>, duration: Nanos, sample: Nanos, folder: &Path) -> Self {
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
        let sources = read_sources(&section, &parts, &mut keys, duration, folder);
        let producer_backlog = section.or_in("producer-backlog", 1_000_000, 1..=100_000_000);
        let consumers = consumer::read_all(root, duration);
        let timeline = Timeline::read(root, &consumers, duration);
        Self {
            sources,
            keys,
            consumers,
            timeline,
            producer_backlog,
            relayed_by: None,
            senders: None,
            duration,
            sample,
        }
    }

    /// Whether logs must keep key and number of each record, because a sink looks at keys or records go on
    /// to another system.
    #[must_use]
    pub fn asks_for_marks(&self) -> bool {
        self.relayed_by.is_some()
            || self
                .consumers
                .iter()
                .any(|consumer| consumer.sink.needs_keys())
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

    /// The inputs of one replication, in time order.
    #[must_use]
    pub fn inputs(&self, seed: u64, replication: u32) -> Inputs<'_> {
        let sources = self
            .sources
            .iter()
            .map(|source| source.draws(seed, replication))
            .collect();
        let mut inputs = self.marks(sources);
        inputs.find_record();
        inputs
    }

    /// The inputs of one replication whose records come from another system, in time order.
    #[must_use]
    pub fn relayed(&self, records: Vec<(SimTime, Record)>) -> Relayed<'_> {
        let mut records = records.into_iter();
        Relayed {
            marks: self.marks(Vec::new()),
            next: records.next(),
            records,
        }
    }

    fn marks<'a>(&'a self, sources: Vec<SourceDraws<'a>>) -> Inputs<'a> {
        let mut inputs = Inputs {
            sources,
            source: 0,
            next_record: u64::MAX,
            steps: &self.timeline.steps,
            sample_every: self.sample.0,
            next_sample: self.sample.0,
            next_mark: 0,
            until: self.duration.0,
            serial: 0,
            merged: Vec::new(),
        };
        inputs.find_mark();
        inputs
    }
}

/// Reads the sources one after the other, so that keys and producers are numbered through.
fn read_sources(
    section: &Section<'_>,
    parts: &[Section<'_>],
    keys: &mut KeySpace,
    duration: Nanos,
    folder: &Path,
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
            folder,
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

/// The inputs of one replication: samples before steps before records of the same instant.
pub struct Inputs<'a> {
    sources: Vec<SourceDraws<'a>>,
    /// The source whose record is next, and its instant `[ns]`.
    source: usize,
    next_record: u64,
    steps: &'a [(SimTime, Action)],
    sample_every: u64,
    next_sample: u64,
    /// The earlier of the next sample and the next step, or the end of the run `[ns]`.
    next_mark: u64,
    until: u64,
    serial: u32,
    /// Records of several sources in time order.
    merged: Vec<Record>,
}

/// What comes next from outside: as much of it as is at hand.
#[derive(Clone, Copy, Debug)]
pub enum Run<'a> {
    /// Records in time order; nothing else comes before the last of them.
    Records(&'a [Record]),
    /// One input.
    Input(Input),
}

/// Inputs in time order, run by run.
pub trait Runs {
    /// The next run, or `None` after the last.
    fn next_run(&mut self) -> Option<Run<'_>>;
}

impl Runs for Inputs<'_> {
    fn next_run(&mut self) -> Option<Run<'_>> {
        if let [source] = &mut self.sources[..] {
            source.have_drawn();
            self.next_record = source.next_at();
        }
        if self.next_mark <= self.next_record {
            return self.take_mark().map(Run::Input);
        }
        let mark = self.next_mark;
        Some(Run::Records(match self.sources.len() {
            1 => self.sources[0].take_before(mark),
            _ => self.merge(),
        }))
    }
}

impl Inputs<'_> {
    /// The next records of several sources before the next mark.
    fn merge(&mut self) -> &[Record] {
        self.merged.clear();
        while self.next_record < self.next_mark && self.merged.len() < RUN_MAX {
            let record = self.sources[self.source].take(self.serial);
            self.merged.push(record);
            self.serial += 1;
            self.find_record();
        }
        &self.merged
    }

    fn next_step(&self) -> u64 {
        self.steps.first().map_or(u64::MAX, |(at, _)| at.0)
    }

    /// Finds the source whose record is next.
    #[inline]
    fn find_record(&mut self) {
        let at = |n: usize| self.sources[n].next_at();
        self.source =
            (1..self.sources.len()).fold(0, |best, n| if at(n) < at(best) { n } else { best });
        self.next_record = at(self.source);
    }

    /// Finds the next sample or step. The end of the run is sampled by the run itself, after all
    /// that happens at that very instant.
    fn find_mark(&mut self) {
        if self.next_sample >= self.until {
            self.next_sample = u64::MAX;
        }
        self.next_mark = self
            .next_sample
            .min(self.next_step())
            .min(self.until.saturating_add(1));
    }

    #[cold]
    fn take_mark(&mut self) -> Option<Input> {
        if self.next_mark > self.until {
            return None;
        }
        let input = if self.next_sample <= self.next_step() {
            let at = SimTime(self.next_sample);
            self.next_sample = self.next_sample.saturating_add(self.sample_every);
            Input::Sample(at)
        } else {
            let (at, action) = self.steps[0];
            self.steps = &self.steps[1..];
            Input::Step(at, action)
        };
        self.find_mark();
        Some(input)
    }
}

impl Iterator for Inputs<'_> {
    type Item = Input;

    #[inline(always)]
    fn next(&mut self) -> Option<Input> {
        if self.next_mark <= self.next_record {
            return self.take_mark();
        }
        let source = &mut self.sources[self.source];
        let record = source.take(self.serial);
        self.serial += 1;
        self.next_record = source.next_at();
        if self.sources.len() > 1 {
            self.find_record();
        }
        Some(Input::Record(record))
    }
}
