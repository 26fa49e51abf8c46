//! A source of records: its arrivals, keys, sizes and producers.

use super::arrivals::{self, SEGMENTS_MAX, Walk};
use super::fleet::{Fleet, FleetWalk};
use super::preset;
use super::rate::Rates;
use super::trace::{Trace, TraceWalk};
use super::trace_file::{TraceFiles, TracePlace};
use super::transactions::{TransactionWalk, Transactions};
use super::{
    Arrivals, KEYS_MAX, KeyLaw, KeySpace, NO_KEY, PRODUCERS_MAX, RateProfile, Record, SizeLaw,
};
use crate::engine::{Stream, part_of};
use crate::settings::Section;
use crate::units::{NANOS_PER_S, Nanos, SimTime};

/// A source of records.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name in reports and random streams.
    pub name: String,
    /// When records are made.
    pub arrivals: Arrivals,
    /// Which key they carry.
    pub keys: KeyLaw,
    /// The index of its first key in the [`KeySpace`].
    pub first_key: u32,
    /// How large they are.
    pub sizes: SizeLaw,
    /// How many producers it feeds.
    pub producers: u32,
    /// The number of its first producer.
    pub first_producer: u32,
    /// Whether all records of a key come from one producer, as those of a device do.
    pub producer_by_key: bool,
    /// The trace that it replays, if it does.
    pub trace: Option<Trace>,
    duration: Nanos,
}

/// The first of the keys that are the devices of a fleet; none where keys are something else.
fn devices(
    section: &Section<'_>,
    keys: &KeyLaw,
    arrivals: &Arrivals,
    space: &mut KeySpace,
) -> Option<u32> {
    if !matches!(keys, KeyLaw::Devices) {
        return None;
    }
    let Arrivals::Fleet(fleet) = arrivals else {
        let message = "there is no fleet whose devices could be keys";
        section.problem("keys", message, "describe one with `arrivals.fleet`");
        return None;
    };
    if u64::from(space.len()) + u64::from(fleet.devices) > KEYS_MAX {
        let message = "the sources have too many keys together";
        section.problem("keys", message, format!("at most {KEYS_MAX}"));
        return None;
    }
    Some(space.add_numbered(fleet.devices, "device-"))
}

/// Reads when records are made: the shape that `arrivals` names, or the trace that is replayed.
fn read_arrivals(
    shape: &Section<'_>,
    named: &str,
    trace: Option<&Trace>,
    rates: Rates,
    duration: Nanos,
) -> Arrivals {
    match trace {
        None if named == "fleet" => Arrivals::Fleet(Fleet::read(&shape.section("fleet"))),
        None if named == "transactions" => Arrivals::Transactions(Box::new(Transactions::read(
            &shape.section("transactions"),
            duration,
        ))),
        Some(trace) if trace.is_keyed() => Arrivals::Trace,
        Some(trace) if trace.pieces(duration) > SEGMENTS_MAX as f64 => {
            shape.problem(
                "trace",
                "the repeated trace has too many rows in this run",
                format!("at most {SEGMENTS_MAX}; use a smaller `speed-up` or `repeat = false`"),
            );
            Arrivals::Rate(RateProfile::default())
        }
        Some(trace) => Arrivals::Rate(RateProfile {
            even: arrivals::is_even(shape),
            ..trace.profile(duration)
        }),
        None => Arrivals::Rate(RateProfile::read(shape, named, rates, duration)),
    }
}

/// Reports keys and sizes that would come from a trace which is not there or does not have them.
fn refuse_lacking_trace(
    section: &Section<'_>,
    trace: Option<&Trace>,
    keys: &KeyLaw,
    sizes: &SizeLaw,
) {
    if matches!(keys, KeyLaw::Trace) && !trace.is_some_and(Trace::is_keyed) {
        let message = "there is no keyed trace to take keys from";
        section.problem("keys", message, "replay one with `arrivals.trace`");
    }
    if matches!(sizes, SizeLaw::Trace) && !trace.is_some_and(Trace::has_sizes) {
        let message = "there is no trace to take sizes from";
        let help = "replay one with sizes in `arrivals.trace`";
        section.problem("sizes", message, help);
    }
}

impl Source {
    pub(super) fn read(
        section: &Section<'_>,
        named: bool,
        space: &mut KeySpace,
        first_producer: u32,
        duration: Nanos,
        traces: &dyn TraceFiles,
    ) -> Self {
        let name = if named {
            section.need("name")
        } else {
            section.or("name", "workload".to_owned())
        };
        preset::read(section);
        // Rates of data need the mean size; in the resolved file they stand before it.
        section.reserve("arrivals");
        section.reserve("keys");
        let sizes = SizeLaw::read(section);
        let shape = section.section("arrivals");
        let named = arrivals::shape(&shape);
        let trace = (named == "trace").then(|| Trace::read(&shape.section("trace"), traces));
        let is_broken = matches!(trace, Some(None));
        let trace = trace.map(Option::unwrap_or_default);
        let rates = Rates::of(&sizes);
        let arrivals = read_arrivals(&shape, named, trace.as_ref(), rates, duration);
        let (keys, mut first_key) = KeyLaw::read(section, space);
        if let (KeyLaw::Trace, Some(trace)) = (&keys, &trace) {
            first_key = space.add_listed(trace.keys.clone());
        }
        if let Some(first) = devices(section, &keys, &arrivals, space) {
            first_key = first;
        }
        if !is_broken {
            refuse_lacking_trace(section, trace.as_ref(), &keys, &sizes);
        }
        let producers = section.or_in("producers", 1, 1..=u64::from(PRODUCERS_MAX)) as u32;
        let producer_by_key = section.choice("producer-of", "record", &["key", "record"]) == "key";
        Self {
            name,
            arrivals,
            keys,
            first_key,
            sizes,
            producers,
            first_producer,
            producer_by_key,
            trace,
            duration,
        }
    }

    /// About how many records it makes in a run.
    #[must_use]
    pub fn expected_records(&self) -> f64 {
        match (&self.arrivals, &self.trace) {
            (Arrivals::Rate(profile), _) => profile.expected(self.duration.as_secs_f64()),
            (Arrivals::Trace, Some(trace)) => trace.expected(self.duration),
            (Arrivals::Trace, None) => 0.0,
            (Arrivals::Fleet(fleet), _) => fleet.expected(self.duration),
            (Arrivals::Transactions(law), _) => law.expected(self.duration.as_secs_f64()),
        }
    }

    /// The trace that it replays: its path as the scenario has it, and where it lies.
    #[must_use]
    pub fn trace_file(&self) -> Option<(&str, &TracePlace)> {
        self.trace
            .as_ref()
            .map(|trace| (trace.named.as_str(), &trace.place))
    }

    /// What the rows and keys of its trace take in memory `[B]`.
    #[must_use]
    pub fn trace_bytes(&self) -> u64 {
        self.trace.as_ref().map_or(0, Trace::bytes)
    }

    /// The mean size of its records `[B]`, where the workload or its trace says it.
    #[must_use]
    pub fn mean_size(&self) -> Option<f64> {
        self.sizes
            .mean()
            .or_else(|| self.trace.as_ref().and_then(Trace::mean_bytes))
    }

    /// The records of one replication.
    pub(super) fn draws(&self, seed: u64, replication: u32) -> SourceDraws<'_> {
        let stream =
            |label: &str| Stream::new(seed, replication, &format!("{label}/{}", self.name));
        let walk = match (&self.arrivals, &self.trace) {
            (Arrivals::Rate(profile), _) => Instants::Rate(profile.walk(stream("arrivals"))),
            (Arrivals::Trace, Some(trace)) => Instants::Trace(trace.walk()),
            (Arrivals::Trace, None) => Instants::Nothing,
            (Arrivals::Fleet(fleet), _) => {
                Instants::Fleet(fleet.walk(stream("arrivals"), self.duration.0))
            }
            (Arrivals::Transactions(law), _) => Instants::Rows(law.walk(stream("arrivals"))),
        };
        let mut draws = SourceDraws {
            source: self,
            walk,
            keys: stream("keys"),
            sizes: stream("sizes"),
            producers: stream("producers"),
            n: 0,
            block: Vec::with_capacity(BLOCK),
            next: 0,
        };
        draws.draw_block();
        draws
    }
}

enum Instants<'a> {
    Rate(Walk<'a>),
    Trace(TraceWalk<'a>),
    Fleet(FleetWalk),
    Rows(TransactionWalk<'a>),
    Nothing,
}

/// Fills records one after the other until `draw` has no more; returns how many were filled.
#[inline(always)]
fn fill(block: &mut [Record], mut draw: impl FnMut(&mut Record) -> Option<()>) -> usize {
    block
        .iter_mut()
        .position(|record| draw(record).is_none())
        .unwrap_or(block.len())
}

/// Records that are drawn at a time: enough to keep each sampling table in the cache while it is used.
const BLOCK: usize = 256;

/// The records of one source in one replication, drawn block by block.
pub(super) struct SourceDraws<'a> {
    source: &'a Source,
    walk: Instants<'a>,
    keys: Stream,
    sizes: Stream,
    producers: Stream,
    /// Records drawn before the current block.
    n: u64,
    block: Vec<Record>,
    next: usize,
}

impl SourceDraws<'_> {
    /// The instant of the next record `[ns]`, or `u64::MAX` after the last.
    #[inline(always)]
    pub(super) fn next_at(&self) -> u64 {
        self.block
            .get(self.next)
            .map_or(u64::MAX, |record| record.at.0)
    }

    /// Draws the next records if there are none at hand.
    pub(super) fn have_drawn(&mut self) {
        if self.next == self.block.len() {
            self.draw_block();
        }
    }

    /// Those of the records at hand that come before `mark` `[ns]`; their numbers are those of the source.
    pub(super) fn take_before(&mut self, mark: u64) -> &[Record] {
        let left = &self.block[self.next..];
        let all_before = left.last().is_some_and(|last| last.at.0 < mark);
        let count = match all_before {
            true => left.len(),
            false => left.partition_point(|record| record.at.0 < mark),
        };
        self.next += count;
        &left[..count]
    }

    /// The next record, as number `serial` of the run.
    #[inline(always)]
    pub(super) fn take(&mut self, serial: u32) -> Record {
        let record = Record {
            serial,
            ..self.block[self.next]
        };
        self.next += 1;
        if self.next == self.block.len() {
            self.draw_block();
        }
        record
    }

    /// Draws the next records: instants first, then what they carry.
    #[inline(never)]
    fn draw_block(&mut self) {
        self.n += self.block.len() as u64;
        (self.next, self.block) = (0, std::mem::take(&mut self.block));
        self.block.clear();
        self.draw_instants();
        let (source, n) = (self.source, self.n);
        source
            .keys
            .fill(self.keys, n, source.first_key, &mut self.block);
        match (&source.sizes, &source.trace) {
            (SizeLaw::Trace, Some(trace)) if !trace.is_keyed() => {
                self.block
                    .iter_mut()
                    .for_each(|record| record.bytes = trace.mean_size(record.at.0));
            }
            (law, _) => law.fill(self.sizes, n, &mut self.block),
        }
        self.choose_producers();
    }

    fn draw_instants(&mut self) {
        let blank = Record {
            at: SimTime::ZERO,
            serial: 0,
            key: NO_KEY,
            bytes: 0,
            producer: self.source.first_producer,
        };
        let until = self.source.duration.0;
        let first = self.n as u32;
        let numbered = (first..)
            .take(BLOCK)
            .map(|serial| Record { serial, ..blank });
        self.block.extend(numbered);
        let block = self.block.as_mut_slice();
        let drawn = match &mut self.walk {
            Instants::Rate(walk) => {
                let mut times = [0.0; BLOCK];
                let drawn = walk.fill(&mut times);
                for (record, at) in block.iter_mut().zip(times) {
                    // Below 2^63: signed numbers convert faster.
                    record.at = SimTime((at * NANOS_PER_S as f64) as i64 as u64);
                }
                drawn
            }
            Instants::Trace(walk) => fill(block, |record| {
                let row = walk.next_row();
                row.map(|(at, key, bytes)| {
                    *record = Record {
                        at: SimTime(at),
                        key,
                        bytes,
                        ..*record
                    }
                })
            }),
            Instants::Fleet(walk) => fill(block, |record| {
                let (at, key) = walk.next_report();
                (at <= until).then(|| {
                    *record = Record {
                        at: SimTime(at),
                        key,
                        ..*record
                    }
                })
            }),
            Instants::Rows(walk) => fill(block, |record| {
                walk.next_row().map(|at| record.at = SimTime(at))
            }),
            Instants::Nothing => 0,
        };
        self.block.truncate(drawn);
    }

    fn choose_producers(&mut self) {
        let (source, count) = (self.source, u64::from(self.source.producers));
        if count == 1 {
            return;
        }
        if !source.producer_by_key {
            let drawn = self.producers.draws(self.n).zip(&mut self.block);
            return drawn.for_each(|(draw, r)| r.producer += part_of(draw, count) as u32);
        }
        for (n, record) in (self.n..).zip(&mut self.block) {
            let by_key = record.key != NO_KEY;
            let owner = std::hint::select_unpredictable(by_key, u64::from(record.key), n);
            record.producer += self.producers.below(owner, count) as u32;
        }
    }
}
