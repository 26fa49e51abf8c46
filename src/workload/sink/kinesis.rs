//! Another Kinesis stream as a sink: PutRecords against the limits of each of its shards; entries that are
//! refused are sent again after a back-off, behind those that were taken.
//!
//! A record is delivered when the stream has acknowledged it. Who reads that stream is not looked at here;
//! a whole system behind another one is a chain (`from`).
//!
//! # Source
//! facts `kinesis.shard.write.*`, `kinesis.put-records.*`, `kinesis.put.latency.*`.

use super::back_off::{self, BackOff, Waits};
use super::{Batch, Kind, Latencies, LatencyRange, Opening, SinkTally, read_latency};
use crate::engine::{Stream, TokenBucket};
use crate::facts;
use crate::settings::Section;
use crate::units::{ByteRate, Bytes, Nanos, SimTime};
use md5::{Digest, Md5};

#[derive(Clone, Debug)]
pub(super) struct Settings {
    shards: u64,
    /// Bytes and records of one shard.
    shard: (TokenBucket, TokenBucket),
    entries: usize,
    call_bytes: u64,
    put: LatencyRange,
    back_off: Waits,
}

#[derive(Debug)]
pub(super) struct Kinesis {
    /// Bytes and records of each shard.
    shards: Vec<(TokenBucket, TokenBucket)>,
    /// The shard of each key.
    shard_of: Vec<u32>,
    keyless: Stream,
    offered: u64,
    entries: usize,
    call_bytes: u64,
    puts: Latencies,
    back_off: BackOff,
}

impl Kind for Kinesis {
    type Settings = Settings;
    const NEEDS_KEYS: bool = true;

    fn read(section: &Section<'_>, _: Nanos) -> Settings {
        let facts = facts::on(section);
        let limit = |id: &str| facts.value::<u64>(&format!("kinesis.shard.write.{id}"));
        let rate = facts.value::<ByteRate>("kinesis.shard.write.bytes").0;
        let burst = facts.value::<Bytes>("kinesis.shard.write.burst").0;
        Settings {
            shard: (
                TokenBucket::new(rate, burst),
                TokenBucket::new(limit("records"), limit("records-burst")),
            ),
            entries: facts.value::<u64>("kinesis.put-records.records") as usize,
            call_bytes: facts.value::<Bytes>("kinesis.put-records.bytes").0,
            shards: section.need_in("shards", 1..=10_000),
            put: read_latency(section, "put", "kinesis.put.latency"),
            back_off: back_off::read(section),
        }
    }

    fn open(settings: &Settings, opening: &Opening<'_>) -> Self {
        let mut shard_of = Vec::with_capacity(opening.keys.len() as usize);
        opening
            .keys
            .for_each(|key| shard_of.push(shard_of_key(key, settings.shards)));
        Self {
            shards: vec![settings.shard; settings.shards.max(1) as usize],
            shard_of,
            keyless: opening.stream.child(2),
            offered: 0,
            entries: settings.entries,
            call_bytes: settings.call_bytes,
            puts: Latencies::new(settings.put, opening.stream),
            back_off: BackOff::new(settings.back_off, opening.stream),
        }
    }

    fn call(&mut self, now: SimTime, batch: &mut Batch, tally: &mut SinkTally) -> SimTime {
        let at = now + self.puts.next();
        let mut room = self.call_bytes;
        let (shards, shard_of) = (&mut self.shards, &self.shard_of);
        let (keyless, offered) = (self.keyless, &mut self.offered);
        let mut left_out = false;
        let (taken, refused) = batch.offer(self.entries, at, |item| {
            *offered += 1;
            let bytes = u64::from(item.bytes);
            if bytes > room {
                // It goes with the next call.
                left_out = true;
                return false;
            }
            room -= bytes;
            let count = shards.len() as u64;
            let drawn = || keyless.below(*offered, count) as u32;
            let shard = shard_of
                .get(item.key as usize)
                .copied()
                .unwrap_or_else(drawn);
            let (by_bytes, by_records) = &mut shards[shard as usize];
            let fits = by_bytes.holds(now, bytes) && by_records.take(now, 1);
            if fits {
                by_bytes.pay(bytes);
            }
            fits
        });
        if taken > 0 {
            tally.took(taken);
            batch.refusals = 0;
        }
        if refused == 0 || left_out {
            return at;
        }
        tally.refused += refused;
        batch.refusals += 1;
        at + self.back_off.wait(batch.refusals)
    }
}

/// The shard of a key among `shards` with ranges of the same width: MD5 as a number of 128 bits.
fn shard_of_key(key: &str, shards: u64) -> u32 {
    let hash = u128::from_be_bytes(Md5::digest(key.as_bytes()).into());
    // The width is 2^128 / shards, rounded down; the last shard has the rest.
    let shards = u128::from(shards.max(1));
    let width = if shards == 1 {
        u128::MAX
    } else {
        (u128::MAX - shards + 1) / shards + 1
    };
    (hash / width).min(shards - 1) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_where_their_hash_lies() {
        assert!((0..100).all(|n| shard_of_key(&format!("k{n}"), 1) == 0));
        // MD5("a") begins with 0cc175b9: the first of four quarters; MD5("b") with 92eb5ffe: the third.
        assert_eq!((shard_of_key("a", 4), shard_of_key("b", 4)), (0, 2));
        let mut counts = [0; 3];
        (0..3000).for_each(|n| counts[shard_of_key(&format!("key-{n}"), 3) as usize] += 1);
        assert!(
            counts.iter().all(|count| (900..1100).contains(count)),
            "{counts:?}"
        );
    }
}
