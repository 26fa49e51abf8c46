//! What the platforms did, as rows of a table.

use super::{Report, SystemReport, format};
use crate::probe::figures::Unit;

/// Happenings that a crowded table leaves out.
pub(super) const ROUTINE: [&str; 3] = ["lease taken", "lease moved", "SHARD_END"];

/// What the platforms did in the first replication, in time order, at most `most` rows: time, system,
/// what happened to what, particulars.
pub(super) fn happenings(report: &Report, most: usize) -> Vec<[String; 4]> {
    let of = |system: &'_ SystemReport| -> Vec<(f64, [String; 4])> {
        let run = system.runs.first();
        let all = || run.into_iter().flat_map(|run| &run.happenings);
        // Where there are too many, leases that come and go are left out first.
        let crowded = all().count() > most;
        let all = all()
            .filter(|h| !crowded || !ROUTINE.contains(&h.what))
            .take(most);
        let row = |h: &crate::probe::Happening| {
            let time = format::value(h.t, Unit::Seconds);
            (
                h.t,
                [
                    time,
                    system.label.clone(),
                    format!("{}: {}", h.entity, h.what),
                    h.detail.clone(),
                ],
            )
        };
        all.map(row).collect()
    };
    let mut all: Vec<(f64, [String; 4])> = report.systems.iter().flat_map(of).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all.into_iter().take(most).map(|(_, row)| row).collect()
}
