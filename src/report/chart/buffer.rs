//! What producers hold back: how full their buffers are, and how many of them wait for room.

use super::description::{Axis, Description, Format, Parts};
use super::{Chart, extent, producers};
use crate::probe::{GaugeName, gauges};
use crate::report::{Report, format};

pub(super) struct Buffer;

/// The two gauges.
const USED: GaugeName = gauges::BUFFER_USED;
const WAITING: GaugeName = gauges::WAITING_THREADS;
/// Buffers that were never fuller than this are not worth a chart.
const USED_MIN: f64 = 0.05;

/// The highest value of a gauge over all systems: the system's number, when, and how much.
fn peak(report: &Report, name: GaugeName) -> Option<(usize, f64, f64)> {
    let told = producers::telling(report, name).into_iter();
    let peaks = told.filter_map(|(n, run)| {
        let (at, most) = extent::highest(&producers::series(run, name))?;
        Some((n, at, most))
    });
    peaks.reduce(|best, next| if next.2 > best.2 { next } else { best })
}

/// The fullest buffer, and the most producers that waited.
fn caption(report: &Report) -> String {
    let mut sentences = Vec::new();
    if let Some((n, at, most)) = peak(report, USED) {
        let (label, share) = (report.systems[n].quoted(), format::percent(most));
        let when = report.instant(at);
        sentences.push(format!(
            "Buffers were fullest on {label}: {share} at {when}."
        ));
    }
    match peak(report, WAITING).filter(|peak| peak.2 > 0.0) {
        Some((n, at, most)) => sentences.push(format!(
            "At most {} of {} waited for room at a time, at {}.",
            format::counted(most, "producer"),
            report.systems[n].quoted(),
            report.instant(at)
        )),
        None => sentences.push("No producer waited for room at a sampling instant.".to_owned()),
    }
    sentences.join(" ")
}

impl Chart for Buffer {
    const NAME: &'static str = "buffer";
    const TITLE: &'static str = "Producers' buffers and producers that wait";

    fn applies(report: &Report) -> bool {
        let most = |name| peak(report, name).map_or(0.0, |peak| peak.2);
        most(USED) > USED_MIN || most(WAITING) > 0.0
    }

    fn describe(report: &Report) -> Description {
        let used = |top| Axis::linear("buffer used", Format::Share, top);
        let waiting = |top| Axis::linear("waiting", Format::Whole, top).in_unit("producers");
        let parts = Parts {
            caption: caption(report),
            columns: 1,
            legend: producers::legend(report, USED),
            panels: vec![
                producers::panel(
                    report,
                    USED,
                    "used of buffer.memory, all producers together",
                    used,
                ),
                producers::panel(
                    report,
                    WAITING,
                    "producers whose send() waits for room",
                    waiting,
                ),
            ],
        };
        parts.describe::<Self>(report)
    }
}
