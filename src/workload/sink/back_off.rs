//! Waiting after a refusal: exponential with full jitter, as AWS SDKs do in standard mode.

use crate::engine::Stream;
use crate::facts;
use crate::settings::Section;
use crate::units::Nanos;

/// The waits between attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    /// The first wait at most.
    first: Nanos,
    /// The longest wait.
    highest: Nanos,
}

/// Waits after refused calls.
#[derive(Clone, Debug)]
pub(super) struct BackOff {
    waits: Waits,
    stream: Stream,
    drawn: u64,
}

/// Reads the first wait, and the longest one.
pub(super) fn read(section: &Section<'_>) -> Waits {
    let highest = facts::on(section).value("sink.back-off.highest");
    Waits {
        first: facts::setting_in(
            section,
            "back-off",
            "sink.back-off",
            Nanos(1_000_000)..=highest,
        ),
        highest,
    }
}

impl BackOff {
    pub(super) fn new(waits: Waits, stream: Stream) -> Self {
        Self {
            waits,
            stream: stream.child(1),
            drawn: 0,
        }
    }

    /// The wait after so many refusals in a row, from 1.
    pub(super) fn wait(&mut self, refusals: u32) -> Nanos {
        self.drawn += 1;
        let doubled = self
            .waits
            .first
            .0
            .saturating_mul(1 << refusals.saturating_sub(1).min(30));
        Nanos(
            self.stream
                .below(self.drawn, doubled.min(self.waits.highest.0))
                + 1,
        )
    }
}
