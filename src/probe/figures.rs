//! The figures of a run: one list that summaries, expectations and verdicts share.

use super::{Fate, Histogram, Limit, RunResult, TimePart};
use crate::cost::PICO_PER_USD;

/// What a figure is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of records or calls.
    Count,
    /// Seconds.
    Seconds,
    /// A share, 1 being all.
    Share,
    /// Records per second.
    RecordsPerS,
    /// Bytes per second.
    BytesPerS,
    /// US dollars.
    Usd,
}

impl Unit {
    /// All units.
    pub const ALL: [Self; 6] = [
        Self::Count,
        Self::Seconds,
        Self::Share,
        Self::RecordsPerS,
        Self::BytesPerS,
        Self::Usd,
    ];

    /// The word for the unit in tables for machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Seconds => "s",
            Self::Share => "share",
            Self::RecordsPerS => "records/s",
            Self::BytesPerS => "bytes/s",
            Self::Usd => "USD",
        }
    }
    /// The suffix of a column of this unit.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::Seconds => "_s",
            Self::Share => "_share",
            Self::RecordsPerS => "_records_per_s",
            Self::BytesPerS => "_bytes_per_s",
            Self::Usd => "_usd",
        }
    }
}

/// A figure of a system.
pub struct Figure {
    /// Its name in expectations and, with the unit's suffix, in columns.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// What it says, for the glossary of reports.
    pub about: &'static str,
    /// Its value in a run; `None` where nothing was measured.
    pub get: fn(&RunResult) -> Option<f64>,
}

/// A figure of one consumer of a system.
pub struct ConsumerFigure {
    /// Its name in expectations and, with the unit's suffix, in columns.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// What it says, for the glossary of reports.
    pub about: &'static str,
    /// Whether less is worse: decides which consumer stands for all.
    pub less_is_worse: bool,
    /// Its value for the consumer of this number.
    pub get: fn(&RunResult, usize) -> Option<f64>,
}

fn ended(run: &RunResult, fate: Fate) -> Option<f64> {
    let pairs = run.ledger.cause_names.iter().zip(&run.ledger.causes);
    Some(
        pairs
            .filter(|(cause, _)| cause.fate == fate)
            .map(|(_, count)| *count as f64)
            .sum(),
    )
}

fn dollars(pico: u128) -> f64 {
    pico as f64 / PICO_PER_USD as f64
}

/// A multiple of what an hour costs.
fn hours(run: &RunResult, hours: u128) -> Option<f64> {
    run.bill.as_ref().map(|bill| dollars(hours * bill.hourly()))
}

fn quantile_s(histogram: &Histogram, q: f64) -> Option<f64> {
    histogram.quantile(q).map(|ns| ns as f64 / 1e9)
}

/// A quantile of the delay of delivery over everything that was offered to a consumer `[s]`: infinite if too much of it
/// is never delivered.
fn of_offered(run: &RunResult, consumer: usize, q: f64) -> Option<f64> {
    let never = run.never.get(consumer).copied().unwrap_or_default();
    let quantile = run.delivery.get(consumer)?.quantile_with(never, q)?;
    Some(quantile / 1e9)
}

/// The same of the records that were delivered.
fn of_survivors(run: &RunResult, consumer: usize, q: f64) -> Option<f64> {
    quantile_s(run.delivery.get(consumer)?, q)
}

/// The mean of a part of the time of a consumer's records `[s]`.
fn part(run: &RunResult, consumer: usize, part: TimePart) -> Option<f64> {
    run.times.consumers.get(consumer)?.mean_of(part)
}

fn rate(run: &RunResult, count: impl Fn(&super::Point) -> u64) -> Option<f64> {
    let length = run.measured_s();
    let sum: u64 = run.measured().map(count).sum();
    (length > 0.0).then(|| sum as f64 / length)
}

/// Mean utilisation of each lane over the part of the measured window in which it was open.
#[must_use]
pub fn lane_utilisation(run: &RunResult) -> Vec<f64> {
    let share =
        |(totals, lane): (&super::LaneTotals, &super::Lane)| lane.share(totals, open_s(run, lane));
    run.lane_totals.iter().zip(&run.lanes).map(share).collect()
}

/// How long a lane was open in the measured window `[s]`.
#[must_use]
pub fn open_s(run: &RunResult, lane: &super::Lane) -> f64 {
    let end = run.points.last().map_or(0.0, |point| point.t);
    lane.open_within(end - run.measured_s(), end)
}

/// Mean use of all lanes, each weighted by how long it was open.
fn utilisation(run: &RunResult) -> Option<f64> {
    let open: Vec<f64> = run.lanes.iter().map(|lane| open_s(run, lane)).collect();
    let used: f64 = lane_utilisation(run)
        .iter()
        .zip(&open)
        .map(|(used, open)| used * open)
        .sum();
    let all: f64 = open.iter().sum();
    (all > 0.0).then(|| used / all)
}

/// Lanes that are open at an instant `[s]`.
#[must_use]
pub fn lanes_open(run: &RunResult, at: f64) -> usize {
    let open =
        |lane: &&super::Lane| lane.opened_s <= at && lane.closed_s.is_none_or(|closed| closed > at);
    run.lanes.iter().filter(open).count()
}

macro_rules! figures {
    ($($name:literal, $unit:ident, $about:literal, $get:expr;)*) => {
        &[$(Figure { name: $name, unit: Unit::$unit, about: $about, get: $get },)*]
    };
}

/// The figures of a system.
pub const FIGURES: &[Figure] = figures![
    "offered", Count, "records that applications meant to send, whole run", |run| Some(run.ledger.offered as f64);
    "stored", Count, "records that the platform stored, whole run", |run| Some(run.ledger.stored as f64);
    "refused", Count, "records refused for good, whole run", |run| ended(run, Fate::Refused);
    "refused_of_offered", Share, "refused for good, of all offered", |run| {
        Some(ended(run, Fate::Refused)? / (run.ledger.offered.max(1) as f64))
    };
    "expired_in_client", Count, "records that grew too old in their client, whole run", |run| ended(run, Fate::ExpiredInClient);
    "lost", Count, "records acknowledged and then gone, whole run", |run| ended(run, Fate::Lost);
    "held_by_clients", Count, "records in client buffers and open requests at the end", |run| Some(run.ledger.client_held as f64);
    "reordered", Count, "records stored after a later one of their key (known where a key has one producer), whole run", |run| run.reordered.map(|n| n as f64);
    "stored_again", Count, "records that the platform stored once more, whole run", |run| Some(run.stored_again as f64);
    "lanes", Count, "shards or partitions open at the end", |run| Some(lanes_open(run, run.points.last()?.t) as f64);
    "lanes_max", Count, "most shards or partitions open at a sampling instant", |run| {
        run.points.iter().map(|point| lanes_open(run, point.t) as f64).reduce(f64::max)
    };
    "first_stored", Seconds, "end of the first sampling interval in which a record was stored", |run| {
        Some(run.points.iter().find(|point| point.counts.accepted > 0)?.t)
    };
    "throttled_for", Seconds, "length of the sampling intervals with a refused attempt, measured window", |run| {
        Some(run.measured().filter(|point| point.counts.throttled > 0).map(|point| point.length).sum())
    };
    "throttled", Count, "attempts that the platform refused, measured window", |run| {
        Some(run.measured().map(|point| point.counts.throttled as f64).sum())
    };
    "retried", Count, "records sent again, measured window", |run| {
        Some(run.measured().map(|point| point.counts.retried as f64).sum())
    };
    "read_throttled", Count, "reading calls refused, measured window", |run| {
        Some(run.measured().map(|point| point.counts.read_throttled as f64).sum())
    };
    "offered_rate", RecordsPerS, "records offered per second, measured window", |run| rate(run, |point| point.counts.offered);
    "accepted_rate", RecordsPerS, "records stored per second, measured window", |run| rate(run, |point| point.counts.accepted);
    "accepted_bytes", BytesPerS, "bytes stored per second as the platform counts them, measured window", |run| {
        rate(run, |point| point.counts.accepted_bytes)
    };
    "utilisation", Share, "mean use of the lanes' own limits", utilisation;
    "utilisation_hottest", Share, "use of its limit by the busiest lane", |run| {
        lane_utilisation(run).into_iter().reduce(f64::max)
    };
    "write_calls_ok", Share, "write calls that the platform's own monitoring counts as successful, mean over its periods", |run| {
        let period = run.monitor.views.last()?.period_s;
        run.monitor.write_success.iter().find_map(|metric| run.monitor.mean(metric, period))
    };
    "append_mean", Seconds, "intended instant to acknowledgement, mean of what was acknowledged", |run| run.append.mean().map(|ns| ns / 1e9);
    "append_p50", Seconds, "intended instant to acknowledgement, median of what was acknowledged", |run| quantile_s(&run.append, 0.5);
    "append_p90", Seconds, "intended instant to acknowledgement, 90th percentile of what was acknowledged", |run| quantile_s(&run.append, 0.9);
    "append_p99", Seconds, "intended instant to acknowledgement, 99th percentile of what was acknowledged", |run| quantile_s(&run.append, 0.99);
    "append_p999", Seconds, "intended instant to acknowledgement, 99.9th percentile of what was acknowledged", |run| quantile_s(&run.append, 0.999);
    "append_max", Seconds, "intended instant to acknowledgement, largest of what was acknowledged", |run| run.append.max().map(|ns| ns as f64 / 1e9);
    "cost", Usd, "bill of the whole run", |run| run.bill.as_ref().map(|bill| dollars(bill.total()));
    "cost_per_hour", Usd, "bill of an hour like the whole run, with logs as full as their retention lets them become", |run| hours(run, 1);
    "cost_per_day", Usd, "24 of these hours", |run| hours(run, 24);
    "cost_per_30_days", Usd, "720 of these hours", |run| hours(run, 720);
    "cost_per_million", Usd, "cost of these hours per million records stored", |run| {
        run.bill.as_ref()?.per_million(run.ledger.stored).map(dollars)
    };
    "cost_per_million_delivered", Usd, "cost of these hours per million records delivered, all consumers together", |run| {
        run.bill.as_ref()?.per_million(run.delivered()).map(dollars)
    };
];

macro_rules! consumer_figures {
    ($($name:literal, $unit:ident, $less_is_worse:literal, $about:literal, $get:expr;)*) => {
        &[$(ConsumerFigure { name: $name, unit: Unit::$unit, about: $about, less_is_worse: $less_is_worse, get: $get },)*]
    };
}

/// Figures of consumers that reports leave out where they are 0 in every run.
pub const ONLY_WHERE_COUNTED: [&str; 12] = [
    "aborted",
    "compacted",
    "time_upstream",
    "time_client_buffer",
    "time_retries",
    "time_network",
    "time_lane_queue",
    "time_replication",
    "time_poll_wait",
    "time_worker_wait",
    "time_processing",
    "time_sink",
];

/// The figures of one consumer.
pub const CONSUMER_FIGURES: &[ConsumerFigure] = consumer_figures![
    "delivered", Count, true, "records seen at least once, whole run", |run, n| Some(run.ledger.consumers.get(n)?.delivered as f64);
    "expired", Count, false, "records older than the retention before they were read, whole run", |run, n| {
        Some(run.ledger.consumers.get(n)?.expired as f64)
    };
    "redelivered", Count, false, "records given once more, whole run", |run, n| Some(*run.redelivered.get(n)? as f64);
    "out_of_order", Count, false, "records given for the first time after one of their key that was stored later, whole run", |run, n| {
        Some(*run.out_of_order.as_ref()?.get(n)? as f64)
    };
    "skipped", Count, false, "records stored before the consumer's starting point, whole run", |run, n| Some(run.ledger.consumers.get(n)?.skipped as f64);
    "discarded", Count, false, "records that a Lambda mapping gave up, whole run", |run, n| Some(run.ledger.consumers.get(n)?.discarded as f64);
    "aborted", Count, false, "records of aborted transactions that a reader of committed data never sees, whole run", |run, n| {
        Some(run.ledger.consumers.get(n)?.aborted as f64)
    };
    "compacted", Count, false, "records that compaction removed before they were read, whole run", |run, n| {
        Some(run.ledger.consumers.get(n)?.compacted as f64)
    };
    "unread", Count, false, "records stored and not yet processed at the end", |run, n| Some(run.ledger.consumers.get(n)?.unread as f64);
    "sink_calls", Count, false, "objects, micro-batches, calls, statements, invocations, sends or transactions that its sink took, whole run", |run, n| {
        Some(run.sinks.get(n)?.as_ref()?.calls as f64)
    };
    "sink_records", Count, false, "records that its sink took, those given again included, whole run", |run, n| {
        Some(run.sinks.get(n)?.as_ref()?.records as f64)
    };
    "sink_refused", Count, false, "calls or records that its sink refused, whole run", |run, n| {
        Some(run.sinks.get(n)?.as_ref()?.refused as f64)
    };
    "sink_aborted", Count, false, "records that its workers wrote within transactions that were not committed, whole run", |run, n| {
        Some(run.sinks.get(n)?.as_ref()?.aborted as f64)
    };
    "lag_max", Count, false, "most records behind at a sampling instant, measured window", |run, n| {
        run.measured().filter_map(|point| point.lag.get(n)).map(|lag| *lag as f64).reduce(f64::max)
    };
    "never_delivered", Count, false, "records refused, expired, lost before they were seen, or given up: the consumer never has them, whole run", |run, n| {
        Some(run.ledger.never_delivered(n) as f64)
    };
    "never_delivered_of_offered", Share, false, "never delivered, of all offered", |run, n| {
        Some(run.ledger.never_delivered(n) as f64 / run.ledger.offered.max(1) as f64)
    };
    "delivery_mean", Seconds, false, "intended instant to the end of processing, mean of what was delivered", |run, n| run.delivery.get(n)?.mean().map(|ns| ns / 1e9);
    "delivery_p50", Seconds, false, "intended instant to the end of processing, median of everything offered", |run, n| of_offered(run, n, 0.5);
    "delivery_p90", Seconds, false, "intended instant to the end of processing, 90th percentile of everything offered", |run, n| of_offered(run, n, 0.9);
    "delivery_p99", Seconds, false, "intended instant to the end of processing, 99th percentile of everything offered", |run, n| of_offered(run, n, 0.99);
    "delivery_p999", Seconds, false, "intended instant to the end of processing, 99.9th percentile of everything offered", |run, n| of_offered(run, n, 0.999);
    "delivery_max", Seconds, false, "intended instant to the end of processing, largest of what was delivered", |run, n| run.delivery.get(n)?.max().map(|ns| ns as f64 / 1e9);
    "survivors_p50", Seconds, false, "intended instant to the end of processing, median of what was delivered", |run, n| of_survivors(run, n, 0.5);
    "survivors_p90", Seconds, false, "intended instant to the end of processing, 90th percentile of what was delivered", |run, n| of_survivors(run, n, 0.9);
    "survivors_p99", Seconds, false, "intended instant to the end of processing, 99th percentile of what was delivered", |run, n| of_survivors(run, n, 0.99);
    "survivors_p999", Seconds, false, "intended instant to the end of processing, 99.9th percentile of what was delivered", |run, n| of_survivors(run, n, 0.999);
    "time_upstream", Seconds, false, "mean time of delivered records in the systems of the chain before", |run, n| part(run, n, TimePart::Upstream);
    "time_client_buffer", Seconds, false, "mean time of delivered records in the client until the record is sent for the first time", |run, n| part(run, n, TimePart::ClientBuffer);
    "time_retries", Seconds, false, "mean time of delivered records from then on until the request leaves that stores it", |run, n| part(run, n, TimePart::Retries);
    "time_network", Seconds, false, "mean time of delivered records on the way to the service, and from its answer to the reader", |run, n| part(run, n, TimePart::Network);
    "time_lane_queue", Seconds, false, "mean time of delivered records at the shard or broker until the record is in the log", |run, n| part(run, n, TimePart::LaneQueue);
    "time_replication", Seconds, false, "mean time of delivered records in the log until readers may see it", |run, n| part(run, n, TimePart::Replication);
    "time_poll_wait", Seconds, false, "mean time of delivered records in the log until a reader takes it", |run, n| part(run, n, TimePart::PollWait);
    "time_worker_wait", Seconds, false, "mean time of delivered records with the reader until its worker begins with it", |run, n| part(run, n, TimePart::WorkerWait);
    "time_processing", Seconds, false, "mean time of delivered records in the worker", |run, n| part(run, n, TimePart::Processing);
    "time_sink", Seconds, false, "mean time of delivered records from then on until the sink has it", |run, n| part(run, n, TimePart::Sink);
];

/// Whether a figure can be taken from a part of a run: bills, the use of lanes, what sinks did and what is left at the
/// end belong to the run as a whole.
#[must_use]
pub fn has_windows(name: &str) -> bool {
    const WHOLE: [&str; 9] = [
        "time_",
        "cost",
        "utilisation",
        "write_calls_ok",
        "held_by_clients",
        "unread",
        "sink_",
        "first_stored",
        "lanes",
    ];
    !WHOLE.iter().any(|whole| name.starts_with(whole))
}

/// A figure by name, of a system or of its worst consumer.
#[must_use]
pub fn by_name(name: &str) -> Option<(Unit, &'static str)> {
    let system = FIGURES
        .iter()
        .find(|figure| figure.name == name)
        .map(|f| (f.unit, f.about));
    let found = system.or_else(|| {
        CONSUMER_FIGURES
            .iter()
            .find(|figure| figure.name == name)
            .map(|f| (f.unit, f.about))
    });
    let about = "length of the sampling intervals in which this limit was at work, measured window";
    found.or_else(|| Limit::of_figure(name).map(|_| (Unit::Seconds, about)))
}

/// For how long a limit was at work: the length of the sampling intervals of the measured window in which it acted
/// on `consumer`, or on anybody `[s]`.
#[must_use]
pub fn bound_for(run: &RunResult, limit: Limit, consumer: Option<usize>) -> f64 {
    let acts = |bound: &super::Bound| {
        let of = bound.consumer.map(usize::from);
        bound.limit == limit && (consumer.is_none() || of == consumer)
    };
    let at_work = run.measured().filter(|point| point.bound.iter().any(acts));
    at_work.map(|point| point.length).sum()
}

/// The value of a consumer's figure; `None` also for a consumer that does not read the system.
#[must_use]
pub fn of_consumer(figure: &ConsumerFigure, run: &RunResult, consumer: usize) -> Option<f64> {
    run.is_read_by(consumer)
        .then(|| (figure.get)(run, consumer))
        .flatten()
}

/// The value of the figure called `name`; for a consumer's figure, of `consumer` or of the worst one.
#[must_use]
pub fn value(run: &RunResult, name: &str, consumer: Option<usize>) -> Option<f64> {
    if let Some(limit) = Limit::of_figure(name) {
        return Some(bound_for(run, limit, consumer));
    }
    if let Some(figure) = FIGURES.iter().find(|figure| figure.name == name) {
        return (figure.get)(run);
    }
    let figure = CONSUMER_FIGURES.iter().find(|figure| figure.name == name)?;
    match consumer {
        Some(consumer) => of_consumer(figure, run, consumer),
        None => {
            let values =
                (0..run.ledger.consumers.len()).filter_map(|n| of_consumer(figure, run, n));
            values.reduce(if figure.less_is_worse {
                f64::min
            } else {
                f64::max
            })
        }
    }
}
