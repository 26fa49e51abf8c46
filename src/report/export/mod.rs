//! The results for other programs: OpenMetrics, Parquet, and HdrHistogram's percentiles. A run writes them where it is asked to.

#[cfg(feature = "parquet")]
mod columns;
mod hgrm;
mod openmetrics;

use super::{Report, Store};

/// The folder of percentile distributions.
pub(super) const HGRM: &str = "hgrm";
/// The series as OpenMetrics.
pub(super) const OPENMETRICS: &str = "openmetrics.txt";
/// The series as Parquet, which a build without it may find in a folder as well.
pub(super) const PARQUET: &str = "series.parquet";

/// Which files for other programs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    /// The series as OpenMetrics.
    pub openmetrics: bool,
    /// The distributions of latencies as percentiles of HdrHistogram.
    pub hgrm: bool,
    /// The series as Parquet.
    #[cfg(feature = "parquet")]
    pub parquet: bool,
}

/// Writes what is asked for.
pub(super) fn write_all(report: &Report, store: &mut dyn Store) -> Result<(), String> {
    let exports = report.exports;
    if exports.hgrm {
        hgrm::write_all(report, store)?;
    }
    if exports.openmetrics {
        put(store, OPENMETRICS, openmetrics::text(report).as_bytes())?;
    }
    #[cfg(feature = "parquet")]
    if exports.parquet {
        let bytes = columns::bytes(report);
        let bytes = bytes.map_err(|error| format!("{}: {error}", store.shown(PARQUET)))?;
        put(store, PARQUET, &bytes)?;
    }
    Ok(())
}

fn put(store: &mut dyn Store, name: &str, bytes: &[u8]) -> Result<(), String> {
    super::files::put(store, name, bytes)
}

/// Whether a name in the folder of distributions is one that a run gives.
pub(super) fn is_hgrm(name: &str) -> bool {
    name.ends_with(".hgrm")
}
