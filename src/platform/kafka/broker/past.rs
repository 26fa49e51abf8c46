//! What a partition's log holds when a run begins with `begin = "steady"`: as much as retention keeps.
//!
//! The old data has bytes and no records: nobody reads it in the run, and the ledger does not know it. It fills volumes, it is
//! billed, retention deletes it file by file, and a replica that is filled anew copies it.
//!
//! # Source
//! Apache Kafka 3.9, `UnifiedLog.deleteRetentionMsBreachedSegments`, `deleteRetentionSizeBreachedSegments` (which files
//! are kept), `UnifiedLog.maybeRoll` (how large they are).

use super::super::config::{Call, Config, Flavour, Operation};
use super::partition::Partition;
use super::replica::{Position, Segment};
use crate::units::{Nanos, SimTime};
use std::collections::VecDeque;

/// The most old files of a partition; where there would be more, they are larger.
const FILES_MAX: f64 = 1000.0;

/// What was written to each partition before the run, and what is kept of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Past {
    /// Bytes that each partition got in a second `[B/s]`.
    rate: f64,
    /// The bytes of a full file `[B]`.
    file: f64,
    /// `retention.ms` `[s]`.
    age: f64,
    /// `retention.bytes` `[B]`.
    bytes: f64,
    /// What the volumes have room for, partition by partition `[B]`.
    room: f64,
}

impl Past {
    /// The past of a cluster's topic; `None` if logs begin empty.
    pub(super) fn of(config: &Config) -> Option<Self> {
        let topic = &config.topic;
        let partitions = f64::from(topic.partitions.max(1));
        let creates = |call: &Call| matches!(call.operation, Operation::CreateCluster(_));
        if topic.compaction.is_some() || config.calls.iter().any(creates) {
            return None;
        }
        let rate = topic.written_before? / config.producer.compression / partitions;
        let (age, bytes) = (
            topic.retention.map_or(f64::INFINITY, Nanos::as_secs_f64),
            topic
                .retention_bytes
                .map_or(f64::INFINITY, |most| most as f64),
        );
        let limited =
            config.cluster.flavour == Flavour::Standard && topic.local_retention.is_none();
        let room = if limited {
            let copies = partitions * f64::from(topic.replication);
            config.cluster.volume as f64 * f64::from(config.brokers) / copies
        } else {
            f64::INFINITY
        };
        let full = (topic.segment_bytes as f64).min(rate * topic.segment_age.as_secs_f64());
        let least = (rate * age).min(bytes).min(room) / FILES_MAX;
        Some(Self {
            rate,
            file: full.max(least).max(1.0),
            age,
            bytes,
            room,
        })
    }

    /// The files of a partition of which the newest has `phase` of a full file, oldest first, and where the log ends.
    fn files(&self, phase: f64) -> (VecDeque<Segment>, Position) {
        // Newest first: bytes of a file, and how long before the run its newest record came `[s]`.
        let mut kept: Vec<(f64, f64)> = Vec::new();
        let (mut newer, mut file) = (0.0, self.file * phase);
        while newer < self.bytes.min(self.room) && newer / self.rate <= self.age {
            let held = file.min(self.room - newer);
            kept.push((held, newer / self.rate));
            (newer, file) = (newer + held, self.file);
        }
        let mut files = VecDeque::with_capacity(kept.len() + 1);
        let mut end = Position::default();
        for (bytes, age) in kept.into_iter().rev().filter(|(bytes, _)| *bytes >= 1.0) {
            files.push_back(Segment {
                before: Nanos((age * 1e9) as u64),
                ..Segment::begun(end, SimTime::ZERO)
            });
            end.bytes += bytes as u64;
        }
        files.push_back(Segment::begun(end, SimTime::ZERO));
        (files, end)
    }
}

impl Partition {
    /// The log holds what retention has kept of the time before the run; all copies and all groups are at its end.
    pub(super) fn begin_after(&mut self, past: &Past, phase: f64) {
        let (files, end) = past.files(phase);
        self.segments = files;
        self.begin_at(end);
        for replica in &mut self.replicas {
            (replica.end, replica.sent, replica.known) = (end, end, end);
        }
        for cursor in &mut self.cursors {
            cursor.fetched = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::ids::BrokerId;
    use super::*;

    /// 100 B/s in files of 1,000 B, kept for 60 s.
    const PAST: Past = Past {
        rate: 100.0,
        file: 1000.0,
        age: 60.0,
        bytes: f64::INFINITY,
        room: f64::INFINITY,
    };

    fn partition(past: Past, phase: f64) -> Partition {
        let mut partition = Partition::new(&[0, 1].map(BrokerId::new), 1, SimTime::ZERO);
        partition.begin_after(&past, phase);
        partition
    }

    #[test]
    fn whole_files_are_kept_until_their_newest_record_is_too_old() {
        // Files end 0, 5, 15, 25, 35, 45 and 55 s before the run; the next one would have ended 65 s before it.
        let mut old = partition(PAST, 0.5);
        assert_eq!((old.size(), old.end.offset, old.log.end()), (6500, 0, 0));
        let mut left = |at: u64| {
            old.delete_segments(SimTime(at * 1_000_000_000), Some(60_000_000_000), None);
            old.size()
        };
        assert_eq!(
            (left(5), left(6), left(16), left(61)),
            (6500, 5500, 4500, 0)
        );
    }

    #[test]
    fn retention_by_bytes_and_the_room_of_volumes_end_the_past() {
        let by_bytes = Past {
            bytes: 2500.0,
            ..PAST
        };
        assert_eq!(partition(by_bytes, 0.25).size(), 3250);
        let small = Past {
            room: 2100.0,
            ..PAST
        };
        assert_eq!(partition(small, 0.25).size(), 2100);
    }

    #[test]
    fn records_of_the_run_lie_behind_the_past() {
        let mut log = partition(PAST, 0.5);
        let before = log.end;
        let stored = crate::platform::Stored::new(SimTime::ZERO, SimTime::ZERO, 10);
        let roll = super::super::replica::Roll {
            bytes: 1 << 30,
            age: Nanos::from_secs(3600),
        };
        for _ in 0..4 {
            log.append([stored].into_iter(), 10, roll, SimTime::ZERO);
        }
        assert_eq!(log.position_of(0), before);
        log.replicas[0].in_sync = false;
        log.replicas[1].in_sync = false;
        log.raise_high_watermark(0);
        log.cursors[0].committed = 4;
        log.cursors[0].fetched = log.end;
        log.cursors[0].seen = 4;
        log.trim();
        // Borders of batches are forgotten, so the place follows from the bytes of the run alone.
        assert_eq!(log.position_of(2).bytes, before.bytes + 20);
    }

    #[test]
    fn what_lies_in_the_remote_tier_alone_is_not_on_the_volume() {
        let log = partition(PAST, 0.5);
        let local = |seconds| log.local_size(Some(Nanos::from_secs(seconds)), SimTime::ZERO);
        assert_eq!((local(10), local(15), local(1000)), (1500, 2500, 6500));
    }
}
