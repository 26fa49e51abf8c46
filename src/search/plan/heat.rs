//! The load of a stream by hash key, measured on the records of the first replication after the warm-up.

use crate::platform::kinesis::hash::HashKey;
use crate::platform::kinesis::relief::{HashLoad, Heat, Rate, ShardRoom};
use crate::platform::kinesis::{Config, ExplicitHash, Library, Reading};
use crate::scenario::{Scenario, System};
use crate::workload::{Input, NO_KEY};

/// Hash keys that stand for all, where records have none of their own.
const SPREAD: u32 = 4096;

/// The heat of a stream, and the name of its hottest key.
pub(super) fn of(scenario: &Scenario, system: &System, config: &Config) -> (Heat, String) {
    let workload = &system.workload;
    let mut keys = vec![Rate::default(); workload.keys.len() as usize];
    let mut spread = Rate::default();
    let window = workload.duration.as_secs_f64() - scenario.warmup.as_secs_f64();
    let one = 1.0 / window.max(1e-3);
    for input in workload.inputs(scenario.seed, 0) {
        let Input::Record(record) = input else {
            continue;
        };
        if record.at.0 < scenario.warmup.0 {
            continue;
        }
        let rate = Rate {
            records: one,
            bytes: f64::from(record.bytes) * one,
        };
        let own = config.producer.explicit_hash == ExplicitHash::None && record.key != NO_KEY;
        match keys.get_mut(record.key as usize) {
            Some(key) if own => *key += rate,
            _ => spread += rate,
        }
    }
    let (loads, hottest) = with_names(scenario, config, &keys);
    let mut loads: Vec<HashLoad> = loads;
    if spread != Rate::default() {
        loads.extend(everywhere(spread, config));
    }
    (Heat::new(loads, room(config)), hottest)
}

/// The load of each key at its hash, its name counted with its data, and the name of the hottest.
fn with_names(scenario: &Scenario, config: &Config, keys: &[Rate]) -> (Vec<HashLoad>, String) {
    let room = room(config);
    let (mut loads, mut hottest, mut name) = (Vec::new(), 0.0, String::new());
    let mut rates = keys.iter();
    scenario.workload.keys.for_each(|key| {
        let Some(rate) = rates.next().filter(|rate| rate.records > 0.0) else {
            return;
        };
        let rate = Rate {
            records: rate.records,
            bytes: rate.bytes + rate.records * key.len() as f64,
        };
        if room.share(rate) > hottest {
            hottest = room.share(rate);
            key.clone_into(&mut name);
        }
        loads.push(HashLoad {
            hash: HashKey::of(key),
            rate,
        });
    });
    (loads, name)
}

/// Records that go anywhere, or to the one hash key that the producer gives.
fn everywhere(rate: Rate, config: &Config) -> Vec<HashLoad> {
    if let ExplicitHash::Fixed(key) = config.producer.explicit_hash {
        let hash = HashKey(key);
        return vec![HashLoad { hash, rate }];
    }
    let part = |n: u32| HashLoad {
        hash: HashKey((u128::MAX / u128::from(SPREAD)) * u128::from(n) + 1),
        rate: Rate {
            records: rate.records / f64::from(SPREAD),
            bytes: rate.bytes / f64::from(SPREAD),
        },
    };
    (0..SPREAD).map(part).collect()
}

/// What a shard of the stream takes: readers that poll share its reads.
fn room(config: &Config) -> ShardRoom {
    let shard = &config.service.shard;
    let polls = |c: &&crate::platform::kinesis::ConsumerConfig| c.reading != Reading::FanOut;
    let polling = config.consumers.iter().filter(polls).count();
    let aggregated = matches!(config.producer.library, Library::Kpl(_));
    ShardRoom {
        records: if aggregated {
            f64::INFINITY
        } else {
            shard.write_records as f64
        },
        write_bytes: shard.write_rate.0 as f64,
        read_bytes: shard.read_rate.0 as f64 / polling as f64,
    }
}
