//! Waiting after a refusal: exponential with full jitter, as AWS SDKs do in standard mode.

use crate::engine::Stream;
use crate::facts;
use crate::settings::Section;
use crate::units::Nanos;

/// Waits after refused calls.
#[derive(Clone, Debug)]
pub(super) struct BackOff {
    first: Nanos,
    highest: Nanos,
    stream: Stream,
    drawn: u64,
}

/// Reads the first wait, and the longest one.
pub(super) fn read(section: &Section<'_>) -> (Nanos, Nanos) {
    let highest = facts::on(section).value("sink.back-off.highest");
    (
        facts::setting_in(
            section,
            "back-off",
            "sink.back-off",
            Nanos(1_000_000)..=highest,
        ),
        highest,
    )
}

impl BackOff {
    pub(super) fn new((first, highest): (Nanos, Nanos), stream: Stream) -> Self {
        Self {
            first,
            highest,
            stream: stream.child(1),
            drawn: 0,
        }
    }

    /// The wait after so many refusals in a row, from 1.
    pub(super) fn wait(&mut self, refusals: u32) -> Nanos {
        self.drawn += 1;
        let doubled = self
            .first
            .0
            .saturating_mul(1 << refusals.saturating_sub(1).min(30));
        Nanos(self.stream.below(self.drawn, doubled.min(self.highest.0)) + 1)
    }
}
