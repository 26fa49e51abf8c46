//! The platform's monitoring in two views, side by side: second by second, and as its one-minute
//! periods show it. A stream may be 40 % used in every minute, and refuse records in every second.

use super::description::{
    Axis, Colour, Dash, Description, Entry, Format, Look, Panel, Parts, Series,
};
use super::{Chart, extent};
use crate::probe::RunResult;
use crate::report::{Report, SystemReport, format};

pub(super) struct TwoViews;

/// What is refused, in the ink of everything that ends badly.
const REFUSED: Colour = Colour::Ink;
/// The periods of the two views `[s]`.
const PERIODS: [u32; 2] = [1, 60];

/// The system to show: the one with most refusals among those that were watched second by second.
fn shown(report: &Report) -> Option<(usize, &SystemReport, &RunResult)> {
    let runs = report.systems.iter().enumerate();
    let runs = runs.filter_map(|(n, system)| Some((n, system, system.runs.first()?)));
    let refused = |run: &RunResult| {
        run.points
            .iter()
            .map(|point| point.counts.throttled)
            .sum::<u64>()
    };
    let watched =
        runs.filter(|(_, _, run)| run.monitor.views.len() == 2 && !run.monitor.capacity.is_empty());
    watched.reduce(|best, next| {
        if refused(next.2) > refused(best.2) {
            next
        } else {
            best
        }
    })
}

/// The share of what all lanes together take per second, bytes or records, whichever is more.
fn used(run: &RunResult, period_s: u32) -> Vec<(f64, f64)> {
    let monitor = &run.monitor;
    let records_per_byte = run
        .lanes
        .first()
        .map_or(0.0, |lane| lane.records_per_s / lane.bytes_per_s);
    let pairs = monitor
        .series("IncomingBytes", period_s)
        .into_iter()
        .zip(monitor.series("IncomingRecords", period_s));
    let share = |((t, bytes), (_, records)): ((f64, Option<f64>), (f64, Option<f64>))| {
        let minute = (libm::ceil(t / 60.0) as usize).saturating_sub(1);
        let capacity = monitor
            .capacity
            .get(minute)
            .or(monitor.capacity.last())
            .copied()
            .unwrap_or(1.0);
        let seconds = f64::from(period_s);
        let bytes = bytes.unwrap_or(0.0) / (seconds * capacity);
        (
            t,
            bytes.max(records.unwrap_or(0.0) / (seconds * capacity * records_per_byte)),
        )
    };
    pairs.map(share).collect()
}

/// Points that hold for the period before them, from the instant at which it began.
fn from_begin(points: &[(f64, f64)], period: f64) -> extent::Over {
    let begins = points.iter().map(|(t, value)| (t - period, *value));
    begins.chain(points.last().copied()).collect()
}

/// The mean and the most of a series.
fn mean_and_most(points: &[(f64, f64)]) -> (f64, f64) {
    let sum = points.iter().map(|point| point.1).sum::<f64>();
    let most = points.iter().map(|point| point.1).fold(0.0, f64::max);
    (sum / points.len().max(1) as f64, most)
}

/// The attempts that were refused in each period.
fn refused(run: &RunResult, period: u32) -> extent::Over {
    let metric = "WriteProvisionedThroughputExceeded";
    let series = run.monitor.series(metric, period).into_iter();
    series.map(|(t, value)| (t, value.unwrap_or(0.0))).collect()
}

/// What the monitoring of a run shows at one period.
struct View<'a> {
    /// The number of the system.
    n: usize,
    run: &'a RunResult,
    /// The period `[s]`.
    period: u32,
}

impl View<'_> {
    fn words(&self) -> &'static str {
        match self.period {
            1 => "second by second",
            _ => "one-minute periods",
        }
    }

    /// The share of its limit that is used.
    fn used(&self, report: &Report, top: f64) -> Panel {
        let points = used(self.run, self.period);
        let (mean, most) = mean_and_most(&points);
        let (mean, most) = (format::percent(mean), format::percent(most));
        let title = format!("{}: mean {mean}, most {most}", self.words());
        let axis = Axis::linear("used", Format::Share, top);
        let mut panel = Panel::over_time(report, title, axis);
        let limit = vec![(0.0, 1.0), (report.duration_s, 1.0)];
        let look = Look::dashed(Colour::Neutral, Dash::Long, 3);
        panel.add(Series::line("all that the shards take", look, limit));
        let points = from_begin(&points, f64::from(self.period));
        let look = Look::plain(Colour::System(self.n), 4);
        panel.add(Series::steps("used", look, &points).of(self.n));
        panel
    }

    /// The attempts that were refused.
    fn refused(&self, report: &Report) -> Panel {
        let refused = refused(self.run, self.period);
        let with = refused.iter().filter(|point| point.1 > 0.0).count();
        let title = format!("refused in {with} of {} periods", refused.len());
        let top = extent::most(std::iter::once(&refused));
        let axis = Axis::linear("refused", Format::Number, top).in_unit("attempts");
        let mut panel = Panel::over_time(report, title, axis);
        let points = from_begin(&refused, f64::from(self.period));
        panel.add(Series::steps("attempts refused", Look::plain(REFUSED, 4), &points).of(self.n));
        panel
    }
}

/// What both views say of use and refusals.
fn caption(label: &str, run: &RunResult) -> String {
    let (mean, most) = mean_and_most(&used(run, 60));
    let seconds = refused(run, 1);
    let with = seconds.iter().filter(|point| point.1 > 0.0).count();
    format!(
        "In one-minute periods {label} used {} of its limit on average and {} at most; it refused attempts in {with} of {} seconds.",
        format::percent(mean),
        format::percent(most),
        seconds.len()
    )
}

impl Chart for TwoViews {
    const NAME: &'static str = "monitor";
    const TITLE: &'static str = "The same run, second by second and as monitoring shows it";

    fn applies(report: &Report) -> bool {
        shown(report).is_some()
    }

    fn describe(report: &Report) -> Description {
        let mut parts = Parts::empty(PERIODS.len());
        if let Some((n, system, run)) = shown(report) {
            let label = &system.label;
            let used_by = format!("{label}: used, of what all shards take");
            let refused_by = format!("{label}: attempts refused");
            parts.caption = caption(&system.quoted(), run);
            parts.legend = vec![
                Entry::line(used_by, Look::plain(Colour::System(n), 4)),
                Entry::line(refused_by, Look::plain(REFUSED, 4)),
            ];
            let top = extent::most(std::iter::once(&used(run, 1))).max(1.0);
            let views = PERIODS.map(|period| View { n, run, period });
            parts
                .panels
                .extend(views.iter().map(|view| view.used(report, top)));
            parts
                .panels
                .extend(views.iter().map(|view| view.refused(report)));
        }
        parts.describe::<Self>(report)
    }
}
