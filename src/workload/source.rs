//! A source of records: its arrivals, keys, sizes and producers.

use super::arrivals::{self, Walk};
use super::trace::{Trace, TraceWalk};
use super::{Arrivals, KeyLaw, KeySpace, NO_KEY, PRODUCERS_MAX, RateProfile, Record, SizeLaw};
use crate::engine::Stream;
use crate::settings::Section;
use crate::units::{NANOS_PER_S, Nanos, SimTime};
use std::path::Path;

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

impl Source {
    pub(super) fn read(
        section: &Section<'_>,
        named: bool,
        space: &mut KeySpace,
        first_producer: u32,
        duration: Nanos,
        folder: &Path,
    ) -> Self {
        let name = if named { section.need("name") } else { section.or("name", "workload".to_owned()) };
        let shape = section.section("arrivals");
        let trace =
            (arrivals::shape(&shape) == "trace").then(|| Trace::read(&shape.section("trace"), folder));
        let trace = trace.map(Option::unwrap_or_default);
        let arrivals = match &trace {
            Some(trace) if trace.is_keyed() => Arrivals::Trace,
            Some(trace) => Arrivals::Rate(trace.profile(duration)),
            None => Arrivals::Rate(RateProfile::read(&shape, duration)),
        };
        let (keys, mut first_key) = KeyLaw::read(section, space);
        let sizes = SizeLaw::read(section);
        if let (KeyLaw::Trace, Some(trace)) = (&keys, &trace) {
            first_key = space.add_listed(trace.keys.clone());
        }
        let keyed = trace.as_ref().is_some_and(Trace::is_keyed);
        if matches!(keys, KeyLaw::Trace) && !keyed {
            section.problem(
                "keys",
                "there is no keyed trace to take keys from",
                "replay one with `arrivals.trace`",
            );
        }
        let sized = trace.as_ref().is_some_and(Trace::has_sizes);
        if matches!(sizes, SizeLaw::Trace) && !sized {
            section.problem(
                "sizes",
                "there is no trace to take sizes from",
                "replay one with sizes in `arrivals.trace`",
            );
        }
        let producers = section.or_in("producers", 1, 1..=u64::from(PRODUCERS_MAX)) as u32;
        let producer_by_key = section.choice("producer-of", "key", &["key", "record"]) == "key";
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
        }
    }

    /// The records of one replication.
    pub(super) fn draws(&self, seed: u64, replication: u32) -> SourceDraws<'_> {
        let stream = |label: &str| Stream::new(seed, replication, &format!("{label}/{}", self.name));
        let walk = match (&self.arrivals, &self.trace) {
            (Arrivals::Rate(profile), _) => Instants::Rate(profile.walk(stream("arrivals"))),
            (Arrivals::Trace, Some(trace)) => Instants::Trace(trace.walk()),
            (Arrivals::Trace, None) => Instants::Nothing,
        };
        let mut draws = SourceDraws {
            source: self,
            walk,
            keys: stream("keys"),
            sizes: stream("sizes"),
            producers: stream("producers"),
            n: 0,
            next: 0,
            row: (NO_KEY, 0),
        };
        draws.advance();
        draws
    }
}

enum Instants<'a> {
    Rate(Walk<'a>),
    Trace(TraceWalk<'a>),
    Nothing,
}

/// The records of one source in one replication, drawn one after the other.
pub(super) struct SourceDraws<'a> {
    source: &'a Source,
    walk: Instants<'a>,
    keys: Stream,
    sizes: Stream,
    producers: Stream,
    n: u64,
    /// The instant of the next record `[ns]`, or `u64::MAX`.
    next: u64,
    /// Key and size of the next record, where the trace gives them.
    row: (u32, u32),
}

impl SourceDraws<'_> {
    #[inline]
    pub(super) fn next_at(&self) -> u64 {
        self.next
    }

    #[inline]
    fn advance(&mut self) {
        self.next = match &mut self.walk {
            Instants::Rate(walk) => {
                walk.next_arrival().map_or(u64::MAX, |at| (at * NANOS_PER_S as f64) as u64)
            }
            Instants::Trace(walk) => match walk.next_row() {
                Some((at, key, size)) => {
                    self.row = (key, size);
                    at
                }
                None => u64::MAX,
            },
            Instants::Nothing => u64::MAX,
        };
    }

    /// The next record, as number `serial` of the run.
    #[inline]
    pub(super) fn take(&mut self, serial: u64) -> Record {
        let (source, n) = (self.source, self.n);
        let key = match &source.keys {
            KeyLaw::Trace => self.row.0,
            law => law.pick(self.keys, n),
        };
        let key = if key == NO_KEY { NO_KEY } else { source.first_key + key };
        let bytes = match &source.sizes {
            SizeLaw::Trace => self.trace_size(),
            law => law.pick(self.sizes, n),
        };
        let mut producer = source.first_producer;
        if source.producers > 1 {
            let owner = if source.producer_by_key && key != NO_KEY { u64::from(key) } else { n };
            producer += self.producers.below(owner, u64::from(source.producers)) as u32;
        }
        let record = Record { at: SimTime(self.next), serial, key, bytes, producer };
        self.n += 1;
        self.advance();
        record
    }

    fn trace_size(&self) -> u32 {
        match (&self.walk, &self.source.trace) {
            (Instants::Rate(_), Some(trace)) => trace.mean_size(self.next),
            _ => self.row.1,
        }
    }
}
