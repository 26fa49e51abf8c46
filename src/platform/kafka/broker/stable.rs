//! Transactions in one partition: which are open and where they begin, the markers that end them, and the last
//! stable offset, before which every transaction has ended.
//!
//! # Source
//! Apache Kafka 3.9, `ProducerStateManager.java` (`ongoingTxns`, `unreplicatedTxns`), `UnifiedLog.scala`
//! (`lastStableOffset`), `EndTransactionMarker.java`.

use super::super::batch::{BATCH_OVERHEAD, record_bytes};
use super::super::ids::ProducerId;
use super::partition::Partition;
use super::replica::{Position, Roll};
use crate::platform::Hidden;
use crate::units::{Nanos, SimTime};

/// Key and value of a marker: version and kind, version and epoch of the coordinator `[B]`.
const MARKER: (u64, u64) = (4, 6);

/// A transaction that holds readers up for longer is told as a limit.
const LONG: Nanos = Nanos::from_secs(1);

/// A batch with one marker `[B]`.
pub(super) fn marker_bytes() -> u64 {
    BATCH_OVERHEAD + record_bytes(0, 0, Some(MARKER.0), MARKER.1)
}

/// What a transaction has written into the partition.
#[derive(Clone, Debug)]
struct Written {
    /// The producer.
    producer: ProducerId,
    /// Where its first batch begins.
    first: Position,
    /// Offset and records of each batch.
    batches: Vec<(u64, u64)>,
}

/// A transaction whose marker is in the log and not yet on all replicas in sync.
#[derive(Clone, Debug)]
struct Ended {
    /// What it has written.
    written: Written,
    /// The offset of its marker.
    marker: u64,
    /// Whether it was aborted.
    aborted: bool,
}

/// The transactions of a partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Stable {
    /// Those without a marker, in the order in which they began.
    open: Vec<Written>,
    /// Those whose marker is not replicated.
    ended: Vec<Ended>,
    /// The last stable offset: all before is decided.
    pub end: Position,
}

impl Stable {
    /// Where the first transaction begins that is not decided.
    fn first_unstable(&self) -> Option<Position> {
        let ended = self.ended.iter().map(|ended| &ended.written);
        self.open.iter().chain(ended).map(|open| open.first).min()
    }
}

impl Partition {
    /// Up to where a group's readers are given records.
    #[inline]
    pub(super) fn readable_end(&self, group: usize) -> Position {
        match &self.stable {
            Some(stable) if self.cursors[group].reads_committed => stable.end,
            _ => self.high_watermark,
        }
    }

    /// Finds the last stable offset; returns the bytes gained.
    pub(super) fn advance_stable(&mut self) -> u64 {
        let (top, start) = (self.high_watermark, self.start());
        let Some(stable) = &mut self.stable else {
            return 0;
        };
        let unstable = stable.first_unstable().map(|first| first.max(start));
        let before = std::mem::replace(&mut stable.end, unstable.unwrap_or(top).min(top));
        stable.end.bytes.saturating_sub(before.bytes)
    }

    /// Since when an open transaction holds records back for too long, if one does.
    pub(super) fn held_by_transaction(&self, now: SimTime) -> Option<SimTime> {
        let stable = self.stable.as_ref()?;
        if stable.open.is_empty() || stable.end >= self.high_watermark {
            return None;
        }
        let since = self.log.at(stable.end.offset)?.appended() + LONG;
        (since < now).then_some(since)
    }

    /// A batch of a transaction is in the log from `base` on.
    pub(super) fn write_in_transaction(
        &mut self,
        producer: ProducerId,
        base: Position,
        records: u64,
    ) {
        let Some(stable) = &mut self.stable else {
            return;
        };
        let batch = (base.offset, records);
        match stable
            .open
            .iter_mut()
            .find(|open| open.producer == producer)
        {
            Some(open) => open.batches.push(batch),
            None => stable.open.push(Written {
                producer,
                first: base,
                batches: vec![batch],
            }),
        }
    }

    /// Whether the marker of a producer's transaction is in the log and not on all replicas in sync.
    pub(super) fn has_marker_of(&self, producer: ProducerId) -> bool {
        let ended = self.stable.iter().flat_map(|stable| &stable.ended);
        ended
            .into_iter()
            .any(|ended| ended.written.producer == producer)
    }

    /// The marker that ends a producer's transaction is appended.
    pub(super) fn append_marker(
        &mut self,
        producer: ProducerId,
        aborted: bool,
        roll: Roll,
        now: SimTime,
    ) {
        let at = self.end;
        let Some(stable) = &mut self.stable else {
            return;
        };
        let open = stable
            .open
            .iter()
            .position(|open| open.producer == producer);
        let written = match open {
            Some(place) => stable.open.remove(place),
            None => Written {
                producer,
                first: at,
                batches: Vec::new(),
            },
        };
        if aborted {
            for (first, records) in &written.batches {
                self.log.hide(*first, *records, Hidden::Aborted);
                if let Some(cleaner) = &mut self.cleaner {
                    cleaner.forget(*first, *records);
                }
            }
        }
        stable.ended.push(Ended {
            written,
            marker: at.offset,
            aborted,
        });
        self.log.push_marker(now);
        self.append(std::iter::empty(), marker_bytes(), roll, now);
    }

    /// A producer whose marker all replicas in sync have by now; each is given once.
    pub(super) fn take_replicated(&mut self) -> Option<ProducerId> {
        let reached = self.high_watermark.offset;
        let stable = self.stable.as_mut()?;
        let place = stable
            .ended
            .iter()
            .position(|ended| ended.marker < reached)?;
        Some(stable.ended.remove(place).written.producer)
    }

    /// The log was cut off: transactions lose what they had behind its end, and those that lost their marker are open
    /// again. Returns the producers of the latter.
    pub(super) fn cut_transactions(&mut self) -> Vec<ProducerId> {
        let end = self.end.offset;
        let Some(stable) = &mut self.stable else {
            return Vec::new();
        };
        let mut reopened = Vec::new();
        let (lost, kept): (Vec<Ended>, Vec<Ended>) = std::mem::take(&mut stable.ended)
            .into_iter()
            .partition(|ended| ended.marker >= end);
        stable.ended = kept;
        for ended in lost {
            reopened.push(ended.written.producer);
            for (first, records) in ended.written.batches.iter().filter(|_| ended.aborted) {
                self.log.show(*first, *records, Hidden::Aborted);
            }
            stable.open.push(ended.written);
        }
        for open in &mut stable.open {
            open.batches.retain(|(first, _)| *first < end);
        }
        stable.open.retain(|open| !open.batches.is_empty());
        stable.open.sort_by_key(|open| open.first);
        stable.end = stable.end.min(self.end);
        self.advance_stable();
        reopened
    }
}
