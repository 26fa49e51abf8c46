//! Bursts inside the intervals of a rate trace: what its means hide.

use super::RateProfile;
use crate::facts;
use crate::settings::{Problem, Section};
use crate::units::{Nanos, Share};

/// The burst inside the time of each row of a rate trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Burst {
    /// Its rate over the mean of the row.
    pub(super) factor: f64,
    /// Its share of the time of the row.
    pub(super) share: f64,
}

impl Burst {
    /// Reads `burst-factor` and `burst-share`.
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let factor = section.or_in("burst-factor", 1.0, 1.0..=1000.0);
        if factor <= 1.0 {
            section.announce(&["burst-share"]);
            return None;
        }
        let share: Share = facts::setting(section, "burst-share", "workload.burst-share");
        let burst = Self {
            factor,
            share: share.fraction(),
        };
        if burst.share * factor > 1.0 {
            let message = format!("bursts of {factor} times the mean for {share} of the time");
            let most = Share((1e6 / factor) as u32);
            section.problem(
                "burst-factor",
                message,
                format!("they alone exceed the mean; give `burst-share` of {most} or less"),
            );
            return None;
        }
        Some(burst)
    }

    /// Adds row `n`, with a mean of `rate` up to `end` `[s]`. The burst moves from row to row, so that bursts of
    /// several rows have no period of their own.
    pub(super) fn push(self, profile: &mut RateProfile, n: usize, rate: f64, end: f64) {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let length = end - profile.end();
        let burst = length * self.share;
        let before = (n as f64 * GOLDEN).fract() * (length - burst);
        let rest = rate * (1.0 - self.factor * self.share) / (1.0 - self.share);
        profile.push(before, rest, rest);
        profile.push(burst, rate * self.factor, rate * self.factor);
        let after = end - profile.end();
        profile.push(after, rest, rest);
    }
}

/// The distance of rows from which on a rate trace is said to hide bursts `[ms]`.
const MEANS_MS: u64 = 60_000;

/// Says that a trace of means over a minute or more hides what happens inside them; `rows` are the instants of its
/// rows `[ms]`, none for a keyed trace.
pub(super) fn warn_of_means(section: &Section<'_>, file: &str, rows: Vec<u64>, has_bursts: bool) {
    let mut steps: Vec<u64> = rows.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    let step = steps.get(steps.len() / 2).copied().unwrap_or_default();
    if has_bursts || step < MEANS_MS {
        return;
    }
    let every = Nanos::from_millis(step);
    let problem = Problem::new(format!(
        "{file} gives the mean of every {every}: bursts inside it are hidden"
    ));
    let note = "shards, partitions and brokers are limited second by second; a load that is refused in bursts \
                looks calm as a mean";
    let help = "give `burst-factor = 3` (peak over mean inside each interval) and see what changes";
    let problem = problem.named("means-of-a-trace");
    section.warn("file", problem.note(note).help(help));
}
