//! `model.pauses`: pauses of brokers while Java collects garbage. Without the table there are none, because the heap of
//! MSK's brokers is not published.

use super::assumed;
use crate::facts;
use crate::settings::Section;
use crate::units::{Bytes, Nanos, Share};

/// When a broker's process pauses, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pauses {
    /// What may be allocated between two collections `[B]`.
    pub young: u64,
    /// Bytes that are allocated for each byte that arrives.
    pub allocation: f64,
    /// Nine of ten pauses are as short as this.
    pub nine_of_ten: Nanos,
}

/// Reads the table, if there is one.
pub(super) fn read(model: &Section<'_>) -> Option<Pauses> {
    if !model.has("pauses") {
        return None;
    }
    let section = model.section("pauses");
    let sizes = Bytes(1 << 20)..=Bytes(1 << 40);
    let heap: Bytes = facts::setting_in(&section, "heap", "kafka.heap", sizes);
    let shares = Share(10_000)..=Share(1_000_000);
    let young: Share = assumed(&section, "young-share", shares, true);
    let shares = Share(0)..=Share(100_000_000);
    let allocation: Share = assumed(&section, "allocation", shares, true);
    let lengths = Nanos::ZERO..=Nanos::from_secs(60);
    Some(Pauses {
        young: (heap.0 as f64 * young.fraction()) as u64,
        allocation: allocation.fraction(),
        nine_of_ten: facts::setting_in(&section, "nine-of-ten", "kafka.pause", lengths),
    })
}
