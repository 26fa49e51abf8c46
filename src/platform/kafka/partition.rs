//! One partition: its replicas, log end offset, high watermark, and who waits for it.

use crate::platform::{Log, Stored};
use std::collections::VecDeque;

/// A place in the log at a batch's border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Records before it.
    pub offset: u64,
    /// Bytes of batches before it.
    pub bytes: u64,
}

/// A follower as its leader knows it.
#[derive(Clone, Copy, Debug)]
pub struct Follower {
    /// The broker.
    pub broker: u32,
    /// How far it was sent.
    pub sent: Position,
    /// How far it has said to be: the offset of its newest fetch.
    pub known: Position,
    /// Whether it counts as in sync.
    pub in_sync: bool,
}

/// Where a consumer group stands in the partition.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cursor {
    /// The next record to fetch.
    pub fetched: Position,
    /// Everything before is processed or expired.
    pub done: u64,
    /// Fetched and not yet processed.
    pub outstanding: u64,
}

/// A partition.
#[derive(Clone, Debug)]
pub struct Partition {
    /// The broker that leads it.
    pub leader: u32,
    /// The others that hold it.
    pub followers: Vec<Follower>,
    /// The records that somebody still has to read.
    pub log: Log,
    /// Log end offset.
    pub end: Position,
    /// High watermark: what every in-sync replica holds.
    pub high_watermark: Position,
    /// Ends of the batches that somebody still has to fetch.
    batches: VecDeque<Position>,
    /// Requests with acks=all that wait for the high watermark to reach an offset.
    pub waiting: VecDeque<(u64, u32)>,
    /// Where each consumer group stands.
    pub cursors: Vec<Cursor>,
}

impl Partition {
    /// An empty partition on `replicas`, leader first.
    #[must_use]
    pub fn new(replicas: &[u32], groups: usize) -> Self {
        let follower = |broker: &u32| Follower {
            broker: *broker,
            sent: Position::default(),
            known: Position::default(),
            in_sync: true,
        };
        Self {
            leader: replicas[0],
            followers: replicas[1..].iter().map(follower).collect(),
            log: Log::default(),
            end: Position::default(),
            high_watermark: Position::default(),
            batches: VecDeque::new(),
            waiting: VecDeque::new(),
            cursors: vec![Cursor::default(); groups],
        }
    }

    /// Appends the records of a batch of `bytes`.
    pub fn append(&mut self, records: impl Iterator<Item = Stored>, bytes: u64) {
        self.log.extend(records);
        self.end = Position { offset: self.log.end(), bytes: self.end.bytes + bytes };
        self.batches.push_back(self.end);
    }

    /// In-sync replicas, the leader included.
    #[must_use]
    pub fn in_sync(&self) -> u32 {
        1 + self.followers.iter().filter(|follower| follower.in_sync).count() as u32
    }

    /// Raises the high watermark to what every in-sync replica holds; returns the bytes gained.
    pub fn raise_high_watermark(&mut self) -> u64 {
        let in_sync = self.followers.iter().filter(|follower| follower.in_sync);
        let reached = in_sync.map(|follower| follower.known).fold(self.end, Position::min);
        let gained = reached.bytes.saturating_sub(self.high_watermark.bytes);
        self.high_watermark = self.high_watermark.max(reached);
        gained
    }

    /// The farthest batch border from `from` that adds at most `bytes_max`, at least one batch, and
    /// does not pass `limit`.
    #[must_use]
    pub fn reach(&self, from: Position, limit: Position, bytes_max: u64) -> Position {
        if limit.bytes - from.bytes <= bytes_max {
            return limit;
        }
        let next = self.batches.partition_point(|end| end.offset <= from.offset);
        let fits = self.batches.partition_point(|end| end.bytes - from.bytes.min(end.bytes) <= bytes_max);
        self.batches.get(fits.max(next + 1) - 1).copied().unwrap_or(limit).min(limit)
    }

    /// The position of the batch border at or before `offset`.
    #[must_use]
    pub fn position_of(&self, offset: u64, otherwise: Position) -> Position {
        let before = self.batches.partition_point(|end| end.offset <= offset);
        let border = before.checked_sub(1).and_then(|index| self.batches.get(index));
        Position { offset, bytes: border.map_or(otherwise.bytes, |border| border.bytes.max(otherwise.bytes)) }
    }

    /// Forgets what everybody has fetched and processed.
    pub fn trim(&mut self) {
        let done = self.cursors.iter().map(|cursor| cursor.done).min().unwrap_or_default();
        self.log.trim(done);
        let groups = self.cursors.iter().map(|cursor| cursor.fetched);
        let copies = self.followers.iter().map(|follower| follower.sent);
        let needed = groups.chain(copies).fold(self.high_watermark, Position::min);
        let gone = self.batches.partition_point(|end| end.offset <= needed.offset);
        self.batches.drain(..gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimTime;

    fn stored() -> Stored {
        Stored::new(SimTime(0), SimTime(0), 1)
    }

    #[test]
    fn the_high_watermark_is_the_slowest_in_sync_replica() {
        let mut partition = Partition::new(&[0, 1, 2], 1);
        partition.append([stored(), stored()].into_iter(), 100);
        assert_eq!((partition.raise_high_watermark(), partition.in_sync()), (0, 3));
        partition.followers[0].known = partition.end;
        assert_eq!(partition.raise_high_watermark(), 0);
        partition.followers[1].in_sync = false;
        assert_eq!((partition.raise_high_watermark(), partition.high_watermark.offset), (100, 2));
    }

    #[test]
    fn a_fetch_ends_at_a_batch_border_and_gives_at_least_one_batch() {
        let mut partition = Partition::new(&[0], 1);
        for bytes in [100, 200, 300] {
            partition.append([stored()].into_iter(), bytes);
        }
        let start = Position::default();
        let reach = |from, max| partition.reach(from, partition.end, max);
        assert_eq!(reach(start, 10).offset, 1);
        assert_eq!(reach(start, 300), Position { offset: 2, bytes: 300 });
        assert_eq!(reach(start, 599).offset, 2);
        assert_eq!(reach(start, 600).offset, 3);
        assert_eq!(reach(Position { offset: 1, bytes: 100 }, 1).offset, 2);
        assert_eq!(partition.position_of(2, start), Position { offset: 2, bytes: 300 });
    }
}
