//! What each fault, call and step of the timeline comes to, in figures.

use super::figures::Unit;
use super::{Fate, Longest, Point, RunResult};
use crate::units::SimTime;
use crate::workload::Mark;

/// How near to the level before a system must come: within this share of it.
const NEAR: f64 = 0.1;
/// How long it must stay there `[s]`.
const STEADY_S: f64 = 30.0;
/// A lag below what arrives in this time is no lag `[s]`.
const SLACK_S: f64 = 0.1;

/// One fault, call or step, and the part of the run in which its consequences are looked for.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it begins and ends, and what it is called.
    pub mark: Mark,
    /// Where the next entry begins that comes after it, or the end of the run.
    pub until: SimTime,
    /// The longest silence of writes.
    pub writes: Longest,
    /// The longest silence of reads, per consumer.
    pub reads: Vec<Longest>,
}

impl Entry {
    /// The entries of a run that ends at `end`, in the order of time and with no silence yet.
    pub(super) fn all(marks: &[Mark], end: SimTime) -> Vec<Self> {
        let until = |mark: &Mark| {
            let later = marks.iter().map(|other| other.from);
            let behind = later.filter(|from| *from > mark.from && *from >= mark.to);
            behind.min().unwrap_or(end).min(end)
        };
        let entry = |mark: &Mark| Self {
            mark: mark.clone(),
            until: until(mark),
            writes: Longest::default(),
            reads: Vec::new(),
        };
        marks.iter().map(entry).collect()
    }
}

/// A figure of an entry.
pub struct OutageFigure {
    /// Its name in claims and columns.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// What it says.
    pub about: &'static str,
    /// Whether each consumer has its own.
    pub of_consumer: bool,
    /// Its value for an entry and a consumer; infinite where the run ends before it is known.
    pub get: fn(&RunResult, &Entry, usize) -> Option<f64>,
}

macro_rules! outage_figures {
    ($($name:literal, $unit:ident, $of_consumer:literal, $about:literal, $get:expr;)*) => {
        &[$(OutageFigure { name: $name, unit: Unit::$unit, about: $about, of_consumer: $of_consumer, get: $get },)*]
    };
}

/// The figures of an entry.
pub const OUTAGE_FIGURES: &[OutageFigure] = outage_figures![
    "unavailable_writes", Seconds, false, "longest stretch in which no write of any lane succeeded although a record was due", |_, entry, _| {
        Some(entry.writes.whole.as_secs_f64())
    };
    "unavailable_writes_lane", Seconds, false, "the same for the lane that was silent longest", |_, entry, _| Some(entry.writes.lane.as_secs_f64());
    "unavailable_reads", Seconds, true, "longest stretch in which a consumer was given nothing although a record was stored", |_, entry, n| {
        Some(entry.reads.get(n)?.whole.as_secs_f64())
    };
    "unavailable_reads_lane", Seconds, true, "the same for the lane that was silent longest", |_, entry, n| Some(entry.reads.get(n)?.lane.as_secs_f64());
    "drained", Seconds, true, "from the end of the entry until the lag of a consumer was back at the level before", drained;
    "rto", Seconds, false, "recovery time: from the beginning of the entry until writes and lags were back within 10 % of the level before, for 30 s", rto;
    "rpo_records", Count, false, "recovery point: records that were acknowledged and are gone", |run, entry, _| Some(lost(run, entry));
    "rpo", Seconds, false, "recovery point: the time in which so many records were stored before", |run, entry, _| {
        let level = Level::before(run, entry)?;
        (level.stored_per_s > 0.0).then(|| lost(run, entry) / level.stored_per_s)
    };
];

/// The figure of an entry that is called so.
#[must_use]
pub fn outage_figure(name: &str) -> Option<&'static OutageFigure> {
    OUTAGE_FIGURES.iter().find(|figure| figure.name == name)
}

/// The value of a figure of the entry of this number: of `consumer`, or of the worst one.
#[must_use]
pub fn outage_value(
    run: &RunResult,
    figure: &OutageFigure,
    entry: usize,
    consumer: Option<usize>,
) -> Option<f64> {
    let entry = run.parts.entries.get(entry)?;
    match consumer {
        Some(consumer) if !run.is_read_by(consumer) => None,
        Some(consumer) => (figure.get)(run, entry, consumer),
        None if !figure.of_consumer => (figure.get)(run, entry, 0),
        None => {
            let consumers = (0..run.ledger.consumers.len()).filter(|n| run.is_read_by(*n));
            consumers
                .filter_map(|n| (figure.get)(run, entry, n))
                .reduce(f64::max)
        }
    }
}

fn lost(run: &RunResult, entry: &Entry) -> f64 {
    let part = run.within(entry.mark.from, entry.until);
    let pairs = part.ledger.cause_names.iter().zip(&part.ledger.causes);
    let lost = pairs.filter(|(cause, _)| cause.fate == Fate::Lost);
    lost.map(|(_, count)| *count as f64).sum()
}

/// How a system was before an entry, over the measured window.
struct Level {
    /// Records stored per second.
    stored_per_s: f64,
    /// Stored, of those that were offered.
    stored_share: f64,
    /// The largest lag, per consumer, seen at a sampling instant or following from how late records were `[records]`.
    lag: Vec<f64>,
}

impl Level {
    fn before(run: &RunResult, entry: &Entry) -> Option<Self> {
        let begin = entry.mark.from.as_secs_f64() + 1e-9;
        let points: Vec<&Point> = run.measured().filter(|point| point.t <= begin).collect();
        let length: f64 = points.iter().map(|point| point.length).sum();
        if length <= 0.0 {
            return None;
        }
        let sum = |count: fn(&Point) -> u64| points.iter().map(|p| count(p)).sum::<u64>() as f64;
        let (stored, offered) = (sum(|p| p.counts.accepted), sum(|p| p.counts.offered));
        let stored_per_s = stored / length;
        // Samples in step with a reader's polls show one phase of a saw-tooth: as many records as arrive while one is on
        // its way (Little's law) are behind at another phase.
        let most = |n: usize| {
            let lags = points.iter().filter_map(|point| point.lag.get(n));
            let delays = points.iter().filter_map(|point| point.delivery.get(n)?[1]);
            let on_the_way = delays.max().unwrap_or_default() as f64 / 1e9 * stored_per_s;
            lags.max().map_or(0.0, |lag| *lag as f64).max(on_the_way)
        };
        Some(Self {
            stored_per_s,
            stored_share: (stored / offered.max(1.0)).min(1.0),
            lag: (0..run.ledger.consumers.len()).map(most).collect(),
        })
    }

    /// Whether as much of what is offered is stored as before.
    fn stores(&self, point: &Point) -> bool {
        let wanted = (1.0 - NEAR) * self.stored_share * point.counts.offered as f64;
        point.counts.accepted as f64 >= wanted
    }

    /// Whether a consumer is no further behind than before.
    fn keeps_up(&self, point: &Point, consumer: usize) -> bool {
        let level = self.lag.get(consumer).copied().unwrap_or_default();
        let lag = point.lag.get(consumer).copied().unwrap_or_default() as f64;
        lag <= (1.0 + NEAR) * level + SLACK_S * self.stored_per_s
    }
}

/// The instant from which on `good` holds for [`STEADY_S`] again after it first failed behind `from` `[s]`; `from` if it never
/// fails, infinite if it holds nowhere so long before `until`.
fn back(points: &[Point], span: &std::ops::Range<f64>, good: impl Fn(&Point) -> bool) -> f64 {
    let inside = |point: &&Point| point.t > span.start + 1e-9 && point.t <= span.end + 1e-9;
    let mut failed = false;
    let mut since = span.start;
    for point in points.iter().filter(inside) {
        if !good(point) {
            (failed, since) = (true, point.t);
        } else if failed && point.t - since >= STEADY_S - 1e-9 {
            return since;
        }
    }
    if failed { f64::INFINITY } else { span.start }
}

fn rto(run: &RunResult, entry: &Entry, _: usize) -> Option<f64> {
    let level = Level::before(run, entry)?;
    let (from, until) = (entry.mark.from.as_secs_f64(), entry.until.as_secs_f64());
    let good = |point: &Point| {
        let mut readers = (0..level.lag.len()).filter(|n| run.is_read_by(*n));
        level.stores(point) && readers.all(|n| level.keeps_up(point, n))
    };
    Some(back(&run.points, &(from..until), good) - from)
}

fn drained(run: &RunResult, entry: &Entry, consumer: usize) -> Option<f64> {
    let level = Level::before(run, entry)?;
    let (from, until) = (entry.mark.from.as_secs_f64(), entry.until.as_secs_f64());
    let back = back(&run.points, &(from..until), |p| level.keeps_up(p, consumer));
    Some((back - entry.mark.to.as_secs_f64()).max(0.0))
}
