//! What a workload asks for, measured on the records of its first replication.

use crate::scenario::Scenario;
use crate::workload::{Input, NO_KEY};
use std::collections::BTreeMap;

/// What a workload asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Demand {
    /// Records offered, mean over the run `[records/s]`.
    pub records: f64,
    /// Data offered, mean over the run `[B/s]`.
    pub bytes: f64,
    /// Data offered in the busiest second `[B]`.
    pub peak: f64,
    /// Records of the hottest key, mean over the run `[records/s]`.
    pub hottest_records: f64,
    /// Data of the hottest key, mean over the run `[B/s]`.
    pub hottest_bytes: f64,
    /// How many consumers read all of it.
    pub consumers: f64,
}

/// The records and bytes of something.
#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    records: u64,
    bytes: u64,
}

impl Amount {
    fn add(&mut self, bytes: u32) {
        self.records += 1;
        self.bytes += u64::from(bytes);
    }
}

impl Demand {
    /// Draws the records of the first replication and counts them.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let (mut all, mut keys) = (Amount::default(), Vec::new());
        let mut seconds: BTreeMap<u64, u64> = BTreeMap::new();
        keys.resize(scenario.workload.keys.len() as usize, Amount::default());
        for input in scenario.workload.inputs(scenario.seed, 0) {
            let Input::Record(record) = input else {
                continue;
            };
            all.add(record.bytes);
            *seconds.entry(record.at.0 / 1_000_000_000).or_default() += u64::from(record.bytes);
            if record.key != NO_KEY
                && let Some(key) = keys.get_mut(record.key as usize)
            {
                key.add(record.bytes);
            }
        }
        let length = scenario.workload.duration.as_secs_f64().max(1e-3);
        let most = |of: fn(&Amount) -> u64| keys.iter().map(of).max().unwrap_or(0) as f64 / length;
        Self {
            records: all.records as f64 / length,
            bytes: all.bytes as f64 / length,
            peak: seconds.values().copied().max().unwrap_or(0) as f64,
            hottest_records: most(|key| key.records),
            hottest_bytes: most(|key| key.bytes),
            consumers: scenario.workload.consumers.len() as f64,
        }
    }

    /// How many shards the hottest key would fill: a key goes to one shard, whatever their number.
    #[must_use]
    pub fn shards_of_hottest(&self, aggregated: bool) -> f64 {
        shards(self.hottest_records, self.hottest_bytes, aggregated)
    }

    /// The fewest shards that take the writes.
    #[must_use]
    pub fn shards_to_write(&self, aggregated: bool) -> f64 {
        shards(self.records, self.bytes, aggregated)
    }
}

/// The shards that a rate fills: by its records, unless many of them go into one, and by its bytes.
fn shards(records: f64, bytes: f64, aggregated: bool) -> f64 {
    let by_bytes = bytes / (number("kinesis.shard.write.bytes") * 1_048_576.0);
    let by_records = records / number("kinesis.shard.write.records");
    if aggregated {
        by_bytes
    } else {
        by_bytes.max(by_records)
    }
}

/// The number of a fact, whatever its unit.
pub(super) fn number(id: &str) -> f64 {
    crate::facts::fact(id).value.parse().unwrap_or(f64::NAN)
}
