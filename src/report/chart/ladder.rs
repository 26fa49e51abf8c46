//! The percentile ladder of append and delivery latency of the records that were acknowledged and delivered: means over
//! all replications.

use super::Chart;
use super::description::{self, Axis, Description, Format, Look, Panel, Parts, Series};
use crate::report::{Report, format};

pub(super) struct Ladder;

const RUNGS: [(&str, &str); 5] = [
    ("p50", "p50"),
    ("p90", "p90"),
    ("p99", "p99"),
    ("p999", "p99.9"),
    ("max", "max"),
];
/// The rung that the caption tells.
const TOLD: f64 = 2.0;
/// Room beside the first and the last rung.
const BESIDE: f64 = 0.5;

/// The two delays: name of their figures and title.
const KINDS: [(&str, &str); 2] = [
    ("append", "append: until the producer knows"),
    (
        "delivery",
        "delivered records: until the slowest consumer is done",
    ),
];

/// The rungs of a system: append, or delivery of the slowest consumer.
fn rungs(report: &Report, kind: &str, system: usize) -> Vec<(f64, f64)> {
    let value = |name: &str| {
        // What never came has no place on the axis.
        let name = match (kind, name) {
            ("delivery", "max") => "delivery_max".to_owned(),
            ("delivery", rung) => format!("survivors_{rung}"),
            (kind, rung) => format!("{kind}_{rung}"),
        };
        let rows = report.rows.iter().filter(|row| row.name == name);
        rows.filter_map(|row| row.values.get(system).copied().flatten())
            .map(|value| value.mean)
            .reduce(f64::max)
    };
    let numbered = RUNGS.iter().enumerate();
    numbered
        .filter_map(|(n, (name, _))| Some((n as f64, value(name)?)))
        .filter(|(_, v)| *v > 0.0)
        .collect()
}

/// The 99th percentiles of a delay on all systems.
fn told(report: &Report, kind: &str) -> Option<String> {
    let of = |n: usize| {
        let rungs = rungs(report, kind, n);
        let (_, value) = rungs.iter().find(|rung| (rung.0 - TOLD).abs() < 0.1)?;
        Some(format!(
            "{} on {}",
            format::seconds(*value),
            report.systems[n].quoted()
        ))
    };
    let list: Vec<String> = (0..report.systems.len()).filter_map(of).collect();
    let of = match kind {
        "delivery" => "delivery, of delivered records,",
        kind => kind,
    };
    (!list.is_empty()).then(|| format!("The p99 of {of} is {}.", list.join(", ")))
}

/// The systems that never deliver 99 % of what they are offered to some consumer.
fn never(report: &Report) -> Option<String> {
    let rows = || report.rows.iter().filter(|row| row.name == "delivery_p99");
    let infinite = |n: &usize| {
        let mut values = rows().filter_map(|row| row.values.get(*n).copied().flatten());
        values.any(|value| value.mean.is_infinite())
    };
    let systems = (0..report.systems.len()).filter(infinite);
    let labels: Vec<String> = systems.map(|n| report.systems[n].quoted()).collect();
    (!labels.is_empty()).then(|| {
        format!(
            "Of everything that was offered, less than 99 % is ever delivered on {}.",
            labels.join(", ")
        )
    })
}

fn panel(report: &Report, kind: &str, title: &str, y: Axis) -> Panel {
    let names = RUNGS.map(|(_, word)| word.to_owned());
    let last = (RUNGS.len() - 1) as f64;
    let x = Axis::names("percentile of records", &names, -BESIDE, last + BESIDE);
    let mut panel = Panel::new(title, x, y);
    for (n, system) in report.systems.iter().enumerate() {
        let ladder = rungs(report, kind, n);
        let look = Look::system(n, report.systems.len().max(3));
        let line = Look {
            marker: description::Marker::None,
            ..look
        };
        panel.add(Series::line(&system.label, line, ladder.clone()).of(n));
        panel.add(Series::points(&system.label, look, &ladder).of(n));
    }
    panel
}

impl Chart for Ladder {
    const NAME: &'static str = "ladder";
    const TITLE: &'static str = "Delay: the percentile ladder";

    fn describe(report: &Report) -> Description {
        let systems = || 0..report.systems.len();
        let all = KINDS
            .iter()
            .flat_map(|(kind, _)| systems().flat_map(|n| rungs(report, kind, n)));
        let y = Axis::log("delay", Format::Seconds, all.map(|(_, value)| value));
        let captions: Vec<String> = KINDS
            .iter()
            .filter_map(|(kind, _)| told(report, kind))
            .chain(never(report))
            .collect();
        let panels = KINDS.map(|(kind, title)| panel(report, kind, title, y.clone()));
        let mut legend = description::systems(report);
        for (n, entry) in legend.iter_mut().enumerate() {
            entry.look = Look::system(n, report.systems.len().max(3));
        }
        let parts = Parts {
            caption: captions.join(" "),
            columns: 2,
            legend,
            panels: panels.into(),
        };
        parts.describe::<Self>(report)
    }
}
