//! What arithmetic says of a claim, whatever the size.

use crate::scenario::{Operand, Scenario};

/// A claim that no size holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// The place of the claim.
    pub claim: usize,
    /// Why it fails.
    pub why: String,
}

/// The figures of delay, and the share of the records that is not later.
const DELAYS: [(&str, f64); 4] = [
    ("delivery_p50", 0.5),
    ("delivery_p90", 0.9),
    ("delivery_p99", 0.99),
    ("delivery_p999", 0.999),
];
/// Polls and records know nothing of each other; this is left to chance.
const CHANCE: f64 = 0.9;

/// The first claim on the delay of a consumer that polls too seldom for it: of the records of an interval between two
/// polls, which come at any instant of it, a share waits for longer than that share of the interval.
#[must_use]
pub fn late_poller(scenario: &Scenario) -> Option<Late> {
    let resolved: toml::Table = scenario.resolved.parse().ok()?;
    let late = |(claim, expect): (usize, &crate::scenario::Expect)| {
        let Operand::Figure {
            system,
            consumer,
            name,
            times,
            ..
        } = &expect.left
        else {
            return None;
        };
        let (_, share) = DELAYS.iter().find(|(delay, _)| delay == name)?;
        let consumers = &scenario.workload.consumers;
        let label = &scenario.systems[*system].label;
        let idle = |n: usize| idle(&resolved, label, &consumers[n].name);
        // Without a consumer a claim is about the worst one.
        let idle = match consumer {
            Some(n) => idle(*n),
            None => (0..consumers.len()).filter_map(idle).reduce(f64::max),
        }?;
        let least = times * share * idle;
        let fails =
            expect.headroom(0.0).is_some() && expect.would_hold(CHANCE * least) == Some(false);
        let one_in = 1.0 / (1.0 - share);
        fails.then(|| Late {
            claim,
            why: format!(
                "a reader that polls every {idle} s finds one record in {one_in:.0} after {:.2} s or later",
                share * idle
            ),
        })
    };
    scenario.expects.iter().enumerate().find_map(late)
}

/// What a consumer of a stream that polls with the KCL waits between two reads `[s]`.
fn idle(resolved: &toml::Table, label: &str, consumer: &str) -> Option<f64> {
    let system = resolved.get("system")?.get(label)?.get("kinesis")?;
    let reader = system.get("consumer")?.get(consumer)?;
    let is = |key: &str, word: &str| reader.get(key).and_then(toml::Value::as_str) == Some(word);
    let ms = reader.get("idleTimeBetweenReadsInMillis")?.as_integer()?;
    (is("mode", "polling") && is("library", "KCL")).then_some(ms as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Overrides;
    use std::path::Path;

    /// What is said of a claim about a consumer `app` that reads as `reader` says, and one more that reads by fan-out.
    fn late(reader: &str, claim: &str) -> Option<String> {
        let text = format!(
            r#"title = "T"
question = "?"
duration = "10 s"
[workload]
arrivals = {{ poisson = "100 records/s" }}
keys = {{ uniform = {{ count = 10 }} }}
sizes = {{ constant = "100 B" }}
[[consumer]]
name = "app"
[[consumer]]
name = "pushed"
[system.kds.kinesis]
ShardCount = 1
consumer = {{ app = {{ {reader} }}, pushed = {{ mode = "enhanced-fan-out" }} }}
[[expect]]
that = "kds.refused == 0"
[[expect]]
that = "kds.{claim}"
"#
        );
        let scenario = Scenario::parse("t", "t", &text, Path::new("."), &Overrides::default());
        let late = late_poller(&scenario.expect("valid"))?;
        assert_eq!(late.claim, 1);
        Some(late.why)
    }

    #[test]
    fn a_poller_cannot_be_faster_than_its_polls() {
        let usual = "idleTimeBetweenReadsInMillis = 1500";
        assert_eq!(
            late(usual, "app.delivery_p99 < 1 s").expect("too slow"),
            "a reader that polls every 1.5 s finds one record in 100 after 1.48 s or later"
        );
        // Half of all records wait for less than half of the interval.
        assert_eq!(late(usual, "app.delivery_p50 < 1 s"), None);
        assert!(late(usual, "app.delivery_p50 < 600 ms").is_some());
        // A claim without a consumer is about the worst.
        assert!(late(usual, "delivery_p99 < 1 s").is_some());
        assert_eq!(late(usual, "pushed.delivery_p99 < 1 s"), None);
        assert_eq!(late(usual, "app.delivery_p99 > 1 s"), None);
        assert_eq!(late(usual, "app.delivery_p99 < 2 s"), None);
        let quick = "idleTimeBetweenReadsInMillis = 200";
        assert_eq!(late(quick, "app.delivery_p99 < 1 s"), None);
        let pushed = r#"mode = "enhanced-fan-out""#;
        assert_eq!(late(pushed, "app.delivery_p99 < 1 s"), None);
    }
}
