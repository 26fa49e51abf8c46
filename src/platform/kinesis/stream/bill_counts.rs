//! What is counted for the bill between two settlings.

use super::billing::KIB;
use crate::units::Nanos;

/// Counts what records are billed as.
#[derive(Clone, Copy, Debug)]
pub(super) struct PutUnits {
    /// The size of a PUT payload unit `[B]`.
    pub(super) unit: u64,
    /// PUT payload units.
    pub(super) units: u64,
    /// Data rounded up to whole KiB, record by record `[KiB]`.
    pub(super) kib: u64,
}

impl PutUnits {
    /// Counts a record; `bytes` with its key.
    #[inline(always)]
    pub(super) fn add(&mut self, bytes: u64) {
        // Nearly all records are smaller than a unit: no division for them.
        self.units += if bytes <= self.unit {
            1
        } else {
            bytes.div_ceil(self.unit)
        };
        self.kib += bytes.div_ceil(KIB).max(1);
    }
}

/// Counts since the last settling.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// PUT payload units.
    pub(super) units: u64,
    /// Data put, record by record in whole KiB `[KiB]`.
    pub(super) kib_in: u64,
    /// Bytes read by GetRecords `[B]`.
    pub(super) out: u64,
    /// Bytes among them that are older than a week `[B]`.
    pub(super) old_out: u64,
    /// Bytes pushed `[B]`.
    pub(super) pushed: u64,
}

/// What was stored before the run, evenly over the time that retention keeps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Past {
    /// All of it `[B]`.
    pub(super) bytes: u64,
    /// Of each minute `[B]`.
    minute: u64,
}

impl Past {
    /// `rate` bytes a second, as far as they are kept.
    pub(super) fn of(rate: f64, kept: Nanos) -> Self {
        Self {
            bytes: (rate * kept.as_secs_f64()) as u64,
            minute: (rate * 60.0) as u64,
        }
    }

    /// What was stored by so many minutes before the run `[B]`.
    pub(super) fn stored_by(self, minutes: u64) -> u64 {
        self.bytes
            .saturating_sub(minutes.saturating_mul(self.minute))
    }
}

/// How many periods a sum of nanoseconds has, rounded up.
pub(super) fn per(ns: u128, period: Nanos) -> u128 {
    ns.div_ceil(u128::from(period.0.max(1)))
}
