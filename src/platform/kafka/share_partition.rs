//! The rules of one partition of a share group: which records are in flight, who holds them, and how often they were
//! delivered. It sets no timer; the caller says what time it is and looks at the locks when they run out.
//!
//! # Source
//! KIP-932; Apache Kafka 4.1, `SharePartition.java` (acquire, acknowledge, release, acquisition lock time-out),
//! `ShareGroupConfig.java`; KAFKA-17541 (a release takes the delivery back).

use super::ids::MemberId;
use crate::platform::Chunk;
use crate::units::{Nanos, SimTime};
use std::collections::VecDeque;

/// What brokers allow the members of share groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareRules {
    /// `group.share.record.lock.duration.ms`: a member holds a record for so long.
    pub lock: Nanos,
    /// `group.share.delivery.count.limit`: a record is delivered so often.
    pub deliveries: u8,
    /// `group.share.partition.max.record.locks`: so many records of a partition are in flight.
    pub locks: u64,
}

/// What is to become of a record in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareState {
    /// A member may acquire it.
    Available,
    /// A member holds it.
    Acquired,
    /// A member has processed it and said so.
    Acknowledged,
    /// Nobody will be given it again.
    Archived,
}

impl ShareState {
    /// Whether nothing happens to the record any more.
    fn is_final(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Archived)
    }
}

/// A record in flight.
#[derive(Clone, Copy, Debug)]
struct InFlight {
    state: ShareState,
    /// How often it was delivered.
    deliveries: u8,
    /// Whether its fate stands in the ledger: it was processed once, or given up.
    booked: bool,
    /// Who holds it, or held it last.
    member: MemberId,
    /// The lock under which it is held.
    lock: u32,
}

/// Records that were acquired together.
#[derive(Clone, Copy, Debug)]
struct Lock {
    number: u32,
    ends: SimTime,
    first: u64,
    end: u64,
}

/// Records that came back because a lock ran out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Records that members may acquire again.
    pub released: u64,
    /// Records that nobody will be given again.
    pub archived: u64,
}

/// The state of one partition for one share group. The window begins at the share-partition start offset and holds every
/// record that was ever acquired behind it.
#[derive(Clone, Debug, Default)]
pub struct SharePartition {
    start: u64,
    window: VecDeque<InFlight>,
    /// Oldest first.
    locks: VecDeque<Lock>,
    lock_number: u32,
    /// How many records of the window are available.
    available: u64,
    /// What lies before this is deleted from the log.
    log_start: u64,
}

impl SharePartition {
    /// A partition of which nothing before `start` is given to the group.
    #[must_use]
    pub fn new(start: u64) -> Self {
        Self {
            start,
            log_start: start,
            ..Self::default()
        }
    }

    /// The share-partition start offset: everything before it has its final state.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The offset behind the last record that was ever acquired.
    #[must_use]
    #[inline]
    pub fn frontier(&self) -> u64 {
        self.start + self.window.len() as u64
    }

    /// Whether a member could acquire something, if the log can be read up to `end`.
    #[must_use]
    #[inline]
    pub fn offers(&self, end: u64, rules: &ShareRules) -> bool {
        self.available > 0 || (self.room(rules) > 0 && self.frontier() < end)
    }

    /// How many records may come into flight.
    #[must_use]
    pub fn room(&self, rules: &ShareRules) -> u64 {
        rules.locks.saturating_sub(self.window.len() as u64)
    }

    /// A member acquires up to `most` records that came back; `given` gets each range. Returns how many.
    pub fn acquire_again(
        &mut self,
        member: MemberId,
        most: u64,
        ends: SimTime,
        given: &mut Vec<Chunk>,
    ) -> u64 {
        if self.available == 0 || most == 0 {
            return 0;
        }
        let (number, begun, mut left) = (self.lock_number + 1, given.len(), most);
        for (offset, record) in (self.start..).zip(&mut self.window) {
            if left == 0 {
                break;
            }
            if record.state != ShareState::Available {
                continue;
            }
            record.state = ShareState::Acquired;
            record.deliveries += 1;
            (record.member, record.lock) = (member, number);
            left -= 1;
            let last = given.len().checked_sub(1).filter(|last| *last >= begun);
            match last.map(|last| &mut given[last]) {
                Some(range) if range.first + range.count == offset => range.count += 1,
                _ => given.push(Chunk {
                    lane: 0,
                    first: offset,
                    count: 1,
                    ..Chunk::default()
                }),
            }
        }
        self.available -= most - left;
        if let (Some(first), Some(last)) = (given.get(begun), given.last()) {
            self.add_lock(ends, first.first, last.first + last.count);
        }
        most - left
    }

    /// A member acquires what nobody was given before, up to `end`. Returns the range.
    pub fn acquire_new(&mut self, member: MemberId, end: u64, ends: SimTime) -> Chunk {
        let first = self.frontier();
        let count = end.saturating_sub(first);
        let record = InFlight {
            state: ShareState::Acquired,
            deliveries: 1,
            booked: false,
            member,
            lock: self.lock_number + 1,
        };
        self.window.extend((0..count).map(|_| record));
        if count > 0 {
            self.add_lock(ends, first, end);
        }
        Chunk {
            first,
            count,
            ..Chunk::default()
        }
    }

    fn add_lock(&mut self, ends: SimTime, first: u64, end: u64) {
        self.lock_number += 1;
        self.locks.push_back(Lock {
            number: self.lock_number,
            ends,
            first,
            end,
        });
    }

    /// When the oldest lock ends.
    #[must_use]
    pub fn next_end(&self) -> Option<SimTime> {
        self.locks.front().map(|lock| lock.ends)
    }

    /// A member says that it has processed records. It is heard only if it holds all of them.
    pub fn acknowledge(&mut self, member: MemberId, chunk: Chunk) -> bool {
        let end = chunk.first + chunk.count;
        if chunk.first < self.start || end > self.frontier() {
            return false;
        }
        let holds =
            |record: &InFlight| record.state == ShareState::Acquired && record.member == member;
        let own = self.places(chunk.first, end);
        if !self.window.range(own.clone()).all(holds) {
            return false;
        }
        for record in self.window.range_mut(own) {
            record.state = ShareState::Acknowledged;
        }
        self.advance();
        true
    }

    /// Locks that end by `now` let go of their records; `gone` gets the offset of each that is given up unprocessed.
    pub fn expire(
        &mut self,
        now: SimTime,
        rules: &ShareRules,
        mut gone: impl FnMut(u64),
    ) -> Expired {
        let mut expired = Expired::default();
        while let Some(lock) = self.locks.front().copied().filter(|lock| lock.ends <= now) {
            self.locks.pop_front();
            let (first, log_start) = (lock.first.max(self.start), self.log_start);
            let held = self.places(first, lock.end);
            for (offset, record) in (first..).zip(self.window.range_mut(held)) {
                if record.state != ShareState::Acquired || record.lock != lock.number {
                    continue;
                }
                if record.deliveries >= rules.deliveries || offset < log_start {
                    record.state = ShareState::Archived;
                    expired.archived += 1;
                    if !std::mem::replace(&mut record.booked, true) {
                        gone(offset);
                    }
                } else {
                    record.state = ShareState::Available;
                    expired.released += 1;
                }
            }
        }
        self.available += expired.released;
        self.advance();
        expired
    }

    /// What a member holds, or all members, is available again, and the delivery does not count.
    pub fn release(&mut self, member: Option<MemberId>) -> u64 {
        let mut released = 0;
        for record in &mut self.window {
            let held = member.is_none_or(|member| record.member == member);
            if record.state == ShareState::Acquired && held {
                record.state = ShareState::Available;
                record.deliveries = record.deliveries.saturating_sub(1);
                released += 1;
            }
        }
        self.available += released;
        released
    }

    /// The log begins at `to` now; `gone` gets the offset of each record in flight that is deleted unprocessed. What
    /// members hold stays theirs until its lock ends, unless nothing behind it was ever acquired.
    pub fn delete_before(&mut self, to: u64, mut gone: impl FnMut(u64)) {
        self.log_start = self.log_start.max(to);
        let all = self.frontier() < to;
        let deleted = self.places(self.start, to);
        for (offset, record) in (self.start..).zip(self.window.range_mut(deleted)) {
            let held = record.state == ShareState::Acquired && !all;
            if record.state.is_final() || held {
                continue;
            }
            self.available -= u64::from(record.state == ShareState::Available);
            record.state = ShareState::Archived;
            if !std::mem::replace(&mut record.booked, true) {
                gone(offset);
            }
        }
        self.advance();
        if all {
            self.start = to;
        }
    }

    /// The log is cut off at `to`; returns how many records of those that are gone had their fate, by offset.
    pub fn truncate(&mut self, to: u64, mut booked: impl FnMut(u64)) {
        let cut = self.places(to.max(self.start), self.frontier());
        for (offset, record) in (to.max(self.start)..).zip(self.window.range(cut.clone())) {
            self.available -= u64::from(record.state == ShareState::Available);
            if record.booked {
                booked(offset);
            }
        }
        self.window.truncate(cut.start);
        self.start = self.start.min(to);
        self.log_start = self.log_start.min(to);
    }

    /// Of `chunk`, the next records without a gap that nobody has processed before, from `from` on.
    #[must_use]
    pub fn next_fresh(&self, chunk: Chunk, from: u64) -> Option<Chunk> {
        let end = (chunk.first + chunk.count).min(self.frontier());
        let rest = self.places(from.max(self.start), end);
        let fresh = |at: &usize| !self.window[*at].booked;
        let first = rest.clone().find(fresh)?;
        let count = (first..rest.end).take_while(fresh).count() as u64;
        Some(Chunk {
            first: self.start + first as u64,
            count,
            ..chunk
        })
    }

    /// Records have been processed for the first time.
    pub fn book(&mut self, chunk: Chunk) {
        let own = self.places(chunk.first, chunk.first + chunk.count);
        for record in self.window.range_mut(own) {
            record.booked = true;
        }
    }

    /// The records in flight whose fate is open, by offset.
    pub fn open(&self) -> impl Iterator<Item = u64> + '_ {
        let all = (self.start..).zip(&self.window);
        all.filter(|(_, record)| !record.booked)
            .map(|(offset, _)| offset)
    }

    /// State, number of deliveries and last holder of a record in flight.
    #[must_use]
    pub fn at(&self, offset: u64) -> Option<(ShareState, u8, MemberId)> {
        let place = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let record = self.window.get(place)?;
        Some((record.state, record.deliveries, record.member))
    }

    /// Places in the window of the records from `first` to before `end`.
    fn places(&self, first: u64, end: u64) -> std::ops::Range<usize> {
        let place = |offset: u64| {
            let ahead = offset.saturating_sub(self.start);
            ahead.min(self.window.len() as u64) as usize
        };
        let first = place(first);
        first..place(end).max(first)
    }

    /// The start offset moves over records that have their final state.
    fn advance(&mut self) {
        while self
            .window
            .front()
            .is_some_and(|record| record.state.is_final())
        {
            self.window.pop_front();
            self.start += 1;
        }
    }
}

#[cfg(test)]
mod tests;
