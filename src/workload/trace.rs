//! Replay of recorded traffic, plain or gzip CSV, in two formats:
//!
//! * keyed, `timestamp_ms,key,size_bytes`: one row per record;
//! * rate, `timestamp_ms,records_per_s[,bytes_per_s]`: the value holds until the next row.
//!
//! `speed-up` divides every timestamp. `rate-multiplier` multiplies the records: a rate trace has
//! its rates multiplied; of a keyed trace every row is sent so many times, spread evenly over the
//! time to the next row, which keeps order, keys, sizes and the shape over time.
//!
//! A rate trace gives means. `burst-factor` puts a burst into the time of each row and leaves the mean as it is.

use super::burst::{self, Burst};
use super::trace_file::{TraceFiles, TracePlace, load};
use super::{RateProfile, Segment};
use crate::settings::Section;
use crate::units::Nanos;

/// One row of a keyed trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// When, in the trace's own time `[ms]`.
    pub at_ms: u64,
    /// Index into [`Trace::keys`], or [`NO_KEY`](super::NO_KEY).
    pub key: u32,
    /// Size of the record's data `[B]`.
    pub bytes: u32,
}

/// A trace with the way in which it is replayed.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The rows of a keyed trace, by time.
    pub rows: Vec<TraceRow>,
    /// The keys in order of first appearance.
    pub keys: Vec<String>,
    /// The rows of a rate trace: instant `[ms]`, records/s, bytes/s where given.
    pub(super) rates: Vec<(u64, f64, Option<f64>)>,
    /// Its path as the scenario has it, and where it lies.
    pub(super) named: String,
    pub(super) place: TracePlace,
    speed_up: f64,
    multiplier: u32,
    rate_multiplier: f64,
    repeat: bool,
    burst: Option<Burst>,
}

impl Trace {
    /// Reads `arrivals.trace`; a problem with the file is reported with its line.
    pub(super) fn read(section: &Section<'_>, files: &dyn TraceFiles) -> Option<Self> {
        let file: String = section.need("file");
        let speed_up = section.or_in("speed-up", 1.0, 0.001..=1e7);
        let multiplier = section.or_in("rate-multiplier", 1.0, 1e-6..=1e7);
        let repeat = section.or("repeat", false);
        let burst = Burst::read(section);
        if file.is_empty() {
            return None;
        }
        let found = files.find(&file);
        let loaded = found.and_then(|place| Ok((load(&place)?, place)));
        match loaded.map_err(|message| format!("{file}: {message}")) {
            Ok((mut trace, place)) => {
                (trace.speed_up, trace.repeat) = (speed_up, repeat);
                (trace.place, trace.named) = (place, file.clone());
                trace.multiplier = multiplier as u32;
                trace.rate_multiplier = multiplier;
                trace.burst = burst;
                let rates = trace.rates.iter().map(|row| row.0);
                burst::warn_of_means(section, &file, rates.collect(), burst.is_some());
                if trace.is_keyed() && (multiplier < 1.0 || multiplier.fract() > 0.0) {
                    section.problem(
                        "rate-multiplier",
                        format!("{multiplier} copies of a row"),
                        "a keyed trace takes a whole number from 1",
                    );
                }
                Some(trace)
            }
            Err(message) => {
                section.problem(
                    "file",
                    message,
                    "see `scenarios/traces/README.md` for the two formats",
                );
                None
            }
        }
    }

    /// Whether every row is a record.
    #[must_use]
    pub fn is_keyed(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Whether the trace says how large records are.
    #[must_use]
    pub fn has_sizes(&self) -> bool {
        self.is_keyed() || self.rates.iter().all(|row| row.2.is_some()) && !self.rates.is_empty()
    }

    /// What its rows and keys take in memory, vectors grown by doubling `[B]`.
    pub(super) fn bytes(&self) -> u64 {
        let keys: usize = self.keys.iter().map(|key| key.len() + 64).sum();
        (self.rows.len() * 48 + self.rates.len() * 96 + 2 * keys) as u64
    }

    /// The mean size of its records over the whole trace `[B]`, if it says sizes.
    pub(super) fn mean_bytes(&self) -> Option<f64> {
        let (bytes, records) = if self.is_keyed() {
            let bytes = self.rows.iter().map(|row| f64::from(row.bytes)).sum();
            (bytes, self.rows.len() as f64)
        } else {
            let ends = self.rates.iter().skip(1).map(|row| row.0);
            let ends = ends.chain([self.span_ms()]);
            let lengths = ends.zip(&self.rates);
            lengths.fold((0.0, 0.0), |(bytes, records), (end, row)| {
                let length = end.saturating_sub(row.0) as f64;
                (
                    bytes + row.2.unwrap_or_default() * length,
                    records + row.1 * length,
                )
            })
        };
        (self.has_sizes() && records > 0.0).then(|| bytes / records)
    }

    /// Run time from trace time.
    fn nanos(&self, at_ms: u64) -> u64 {
        (at_ms as f64 * 1e6 / self.speed_up) as u64
    }

    /// The length of one pass: up to the last row and one mean gap more, so that passes do not touch `[ms]`.
    fn span_ms(&self) -> u64 {
        let (count, last) = if self.is_keyed() {
            (self.rows.len(), self.rows.last().map_or(0, |row| row.at_ms))
        } else {
            (self.rates.len(), self.rates.last().map_or(0, |row| row.0))
        };
        last + (last / (count as u64).saturating_sub(1).max(1)).max(1)
    }

    /// About how many records a keyed trace gives in `duration`.
    pub(super) fn expected(&self, duration: Nanos) -> f64 {
        let per_pass = self.rows.len() as f64 * f64::from(self.multiplier);
        let passes = duration.0 as f64 / self.nanos(self.span_ms()).max(1) as f64;
        if self.repeat || passes < 1.0 {
            per_pass * passes
        } else {
            per_pass
        }
    }

    /// How many pieces the rate over time of a rate trace has in `duration`.
    pub(super) fn pieces(&self, duration: Nanos) -> f64 {
        let pass = self.nanos(self.span_ms()).max(1) as f64;
        let passes = if self.repeat {
            (duration.0 as f64 / pass).max(1.0)
        } else {
            1.0
        };
        let each = if self.burst.is_some() { 3.0 } else { 1.0 };
        passes * each * self.rates.len() as f64
    }

    /// The rate over time of a rate trace.
    pub(super) fn profile(&self, duration: Nanos) -> RateProfile {
        let (mut profile, end) = (RateProfile::default(), duration.as_secs_f64());
        profile.centred = true;
        let seconds = |ms: u64| ms as f64 / 1e3 / self.speed_up;
        let pass = seconds(self.span_ms());
        let mut offset = 0.0;
        while !self.rates.is_empty() && offset < end {
            for (n, row) in self.rates.iter().enumerate() {
                let until = self.rates.get(n + 1).map_or(pass, |next| seconds(next.0));
                let rate = row.1 * self.rate_multiplier;
                let border = offset + until;
                match self.burst {
                    _ if border <= profile.end() => {}
                    Some(burst) => burst.push(&mut profile, n, rate, border),
                    None => profile.segments.push(Segment {
                        end: border,
                        from: rate,
                        to: rate,
                    }),
                }
                if offset + until > end {
                    return profile;
                }
            }
            offset += pass;
            if !self.repeat {
                break;
            }
        }
        profile
    }

    /// The mean record size that a rate trace gives at an instant `[ns]` of the run.
    pub(super) fn mean_size(&self, at: u64) -> u32 {
        let ms = (at as f64 * self.speed_up / 1e6) as u64 % self.span_ms().max(1);
        let row = self
            .rates
            .partition_point(|row| row.0 <= ms)
            .saturating_sub(1);
        match self.rates.get(row) {
            Some((_, records, Some(bytes))) if *records > 0.0 => (bytes / records) as u32,
            _ => 0,
        }
    }

    /// A walk through the records of a keyed trace.
    pub(super) fn walk(&self) -> TraceWalk<'_> {
        TraceWalk {
            trace: self,
            row: 0,
            copy: 0,
            offset: 0,
        }
    }
}

/// A walk through the records of a keyed trace.
pub(super) struct TraceWalk<'a> {
    trace: &'a Trace,
    row: usize,
    copy: u32,
    /// Where the current pass began `[ns]`.
    offset: u64,
}

impl TraceWalk<'_> {
    /// Instant `[ns]`, key and size of the next record.
    pub(super) fn next_row(&mut self) -> Option<(u64, u32, u32)> {
        if self.row == self.trace.rows.len() {
            if !self.trace.repeat {
                return None;
            }
            self.offset = self
                .offset
                .saturating_add(self.trace.nanos(self.trace.span_ms()).max(1));
            self.row = 0;
        }
        let row = self.trace.rows[self.row];
        let at = self.trace.nanos(row.at_ms);
        let until = match self.trace.rows.get(self.row + 1) {
            Some(next) => self.trace.nanos(next.at_ms),
            None => self.trace.nanos(self.trace.span_ms()),
        };
        let share =
            until.saturating_sub(at) / u64::from(self.trace.multiplier) * u64::from(self.copy);
        self.copy += 1;
        if self.copy == self.trace.multiplier {
            (self.copy, self.row) = (0, self.row + 1);
        }
        let at = self.offset.saturating_add(at).saturating_add(share);
        (at < u64::MAX).then_some((at, row.key, row.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::super::NO_KEY;
    use super::super::trace_file::{TRACE_BYTES_MAX, parse};
    use super::*;

    fn keyed(text: &str, speed_up: f64, multiplier: u32, repeat: bool) -> Trace {
        let mut trace = parse(text.as_bytes(), TRACE_BYTES_MAX).expect(text);
        (trace.speed_up, trace.multiplier, trace.repeat) = (speed_up, multiplier, repeat);
        trace
    }

    #[test]
    fn replays_rows_in_order_with_speed_up_copies_and_repetition() {
        let text = "timestamp_ms,key,size_bytes\n0,a,10\n1000,b,20\n2000,,30\n";
        let trace = keyed(text, 10.0, 2, true);
        let mut walk = trace.walk();
        let rows: Vec<_> = (0..8).filter_map(|_| walk.next_row()).collect();
        let ms = 1_000_000;
        assert_eq!(
            rows[..4],
            [
                (0, 0, 10),
                (50 * ms, 0, 10),
                (100 * ms, 1, 20),
                (150 * ms, 1, 20)
            ]
        );
        assert_eq!(rows[4..6], [(200 * ms, NO_KEY, 30), (250 * ms, NO_KEY, 30)]);
        assert_eq!(rows[6..], [(300 * ms, 0, 10), (350 * ms, 0, 10)]);
        assert!((trace.expected(Nanos::from_secs(3)) - 60.0).abs() < 1e-9);
    }

    #[test]
    fn a_rate_trace_holds_each_value_until_the_next_row() {
        let text = "timestamp_ms,records_per_s,bytes_per_s\n0,10,1000\n1000,20,4000\n";
        let mut trace = parse(text.as_bytes(), TRACE_BYTES_MAX).expect(text);
        (trace.speed_up, trace.rate_multiplier, trace.repeat) = (1.0, 2.0, true);
        let profile = trace.profile(Nanos::from_secs(4));
        assert!((profile.expected(4.0) - 120.0).abs() < 1e-9, "{profile:?}");
        assert_eq!(
            (trace.mean_size(0), trace.mean_size(3_500_000_000)),
            (100, 200)
        );
    }

    fn rates(text: &str) -> Trace {
        let mut trace = parse(text.as_bytes(), TRACE_BYTES_MAX).expect(text);
        (trace.speed_up, trace.rate_multiplier) = (1.0, 1.0);
        trace
    }

    fn counts(profile: &RateProfile, borders: &[f64]) -> Vec<usize> {
        let mut walk = profile.walk(crate::engine::Stream::new(1, 0, "counts"));
        let times: Vec<f64> = std::iter::from_fn(|| walk.next_arrival()).collect();
        let until = |border: &f64| times.iter().filter(|at| *at < border).count();
        borders.iter().map(until).collect()
    }

    #[test]
    fn even_spacing_replays_the_totals_of_a_rate_trace_exactly() {
        let trace = rates("timestamp_ms,records_per_s\n0,10\n60000,0.05\n120000,333.3\n180000,0\n");
        let mut profile = trace.profile(Nanos::from_secs(240));
        profile.even = true;
        let exact = [600, 603, 603 + 19_998, 603 + 19_998];
        assert_eq!(counts(&profile, &[60.0, 120.0, 180.0, 240.0]), exact);
    }

    #[test]
    fn a_burst_keeps_the_mean_and_reaches_its_peak() {
        let mut trace = rates("timestamp_ms,records_per_s\n0,100\n60000,200\n120000,100\n");
        trace.burst = Some(Burst {
            factor: 5.0,
            share: 0.1,
        });
        let mut profile = trace.profile(Nanos::from_secs(180));
        profile.even = true;
        assert_eq!(
            counts(&profile, &[60.0, 120.0, 180.0]),
            [6000, 18_000, 24_000]
        );
        let peak = |from: f64, to: f64| {
            let inside = profile
                .segments
                .iter()
                .filter(|s| s.end > from && s.end <= to);
            inside.map(|s| s.from).fold(0.0, f64::max)
        };
        assert!((peak(0.0, 60.0) - 500.0).abs() < 1e-9);
        assert!((peak(60.0, 120.0) - 1000.0).abs() < 1e-9);
        let burst = profile.segments.iter().filter(|s| s.from > 400.0).count();
        assert_eq!(burst, 3);
    }

    #[test]
    fn names_the_line_of_a_malformed_row() {
        for (text, message) in [
            ("", "line 1: unknown columns"),
            ("a,b\n1,2\n", "line 1: unknown columns `a,b`"),
            ("timestamp_ms,key,size_bytes\n", "no rows"),
            (
                "timestamp_ms,key,size_bytes\n0,a,1\n5,b\n",
                "line 3: 2 columns instead of 3",
            ),
            (
                "timestamp_ms,key,size_bytes\n0,a,1\nx,b,2\n",
                "line 3: `x` is no timestamp",
            ),
            (
                "timestamp_ms,key,size_bytes\n7,a,1\n6,b,2\n",
                "line 3: the timestamp 6 comes after 7",
            ),
            (
                "timestamp_ms,key,size_bytes\n0,a,-1\n",
                "line 2: `-1` is no size",
            ),
            (
                "timestamp_ms,records_per_s\n0,-3\n",
                "line 2: `-3` is no rate",
            ),
            (
                "timestamp_ms,records_per_s\n0,inf\n",
                "line 2: `inf` is no rate",
            ),
        ] {
            let error = parse(text.as_bytes(), TRACE_BYTES_MAX).expect_err(text);
            assert!(error.contains(message), "{text:?} gave {error:?}");
        }
    }
}
