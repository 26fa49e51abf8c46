//! The poll loop of members: slices of `max.poll.records`, commits, and what is processed again.
//!
//! # Source
//! SRC39 `ConsumerCoordinator.maybeAutoCommitOffsetsAsync`, consumer `poll`; facts/kafka-msk.md section 4.

use super::{Jump, Kafka};
use crate::platform::kafka::Event;
use crate::platform::kafka::config::Reset;
use crate::platform::kafka::partition::{NOBODY, Position};
use crate::platform::{Chunk, Cx, Next};

impl Kafka {
    /// A member polls: it commits if that is due, and begins with what it has fetched.
    pub(in super::super) fn begin_slice(
        &mut self,
        group: u16,
        member: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        let now = cx.queue.now();
        let app = &mut self.groups[usize::from(group)];
        let (commit, poll_interval) = (app.config.auto_commit, app.config.poll_interval);
        let own = &mut app.members[member as usize];
        if !own.up || own.stuck || !own.reader.is_idle() {
            return;
        }
        if let Some(interval) = commit
            && now >= own.next_commit
        {
            own.next_commit = now + interval;
            self.commit(usize::from(group), member);
        }
        let own = &mut self.groups[usize::from(group)].members[member as usize];
        let life = own.life;
        let Some(ends) = own.reader.begin(now) else {
            return;
        };
        own.polls = own.polls.wrapping_add(1);
        if ends.since(now) > poll_interval {
            let poll = own.polls;
            cx.queue.after(
                poll_interval,
                Event::PollOver {
                    group,
                    member,
                    poll,
                },
            );
        }
        cx.queue.at(
            ends,
            Event::Done {
                group,
                member,
                life,
            },
        );
        let parts = self.groups[usize::from(group)].members[member as usize]
            .reader
            .current()
            .len();
        for n in 0..parts {
            let part = self.groups[usize::from(group)].members[member as usize]
                .reader
                .current()[n];
            if !part.last {
                continue;
            }
            if let Some(index) = self.session_of(usize::from(group), part.chunk.lane) {
                self.chunks_gone(index, 1, cx);
            }
        }
    }

    /// A member commits what it has done.
    pub(super) fn commit(&mut self, group: usize, member: u32) {
        if !self.is_heard(group, member) {
            return;
        }
        let app = &self.groups[group];
        for lane in &app.members[member as usize].lanes {
            let partition = &mut self.partitions[*lane as usize];
            let cursor = &mut partition.cursors[group];
            cursor.committed = cursor.committed.max(cursor.done);
            partition.trim();
        }
    }

    /// A member is done with what a poll gave it.
    pub(in super::super) fn finish_slice(
        &mut self,
        group: u16,
        member: u32,
        life: u16,
        cx: &mut Cx<'_, Event>,
    ) {
        let index = usize::from(group);
        if self.groups[index].members[member as usize].life != life {
            return;
        }
        match self.hand_over(group, member, cx) {
            Next::At(_) => return,
            Next::Kept => {}
            Next::Finished => self.settle_slice(index, member, cx),
        }
        self.poll_again(group, member, cx);
    }

    /// A slice is done: its records are reported, each at its own instant.
    fn settle_slice(&mut self, group: usize, member: u32, cx: &mut Cx<'_, Event>) {
        let mut before = 0;
        for n in 0..self.groups[group].members[member as usize]
            .reader
            .current()
            .len()
        {
            let reader = &self.groups[group].members[member as usize].reader;
            let part = reader.current()[n];
            if part.chunk.count > 0 && self.config.disturbed {
                self.watch(group, part.chunk, cx);
            }
            if part.chunk.count > 0 {
                let reader = &self.groups[group].members[member as usize].reader;
                let partition = &self.partitions[part.chunk.lane as usize];
                let seen = partition.cursors[group].seen;
                reader.report(part, before, seen, group, &partition.log, cx.probe);
                self.settle(group, part.chunk);
            }
            before += part.chunk.count;
        }
        self.groups[group].members[member as usize].reader.end();
    }

    /// A member polls again: it joins a rebalance that waits for it, or begins with what it has fetched.
    pub(super) fn poll_again(&mut self, group: u16, member: u32, cx: &mut Cx<'_, Event>) {
        let index = usize::from(group);
        let cut_off = self.is_cut_off(index, member);
        let own = &mut self.groups[index].members[member as usize];
        let expelled = own.up && !own.joined && !own.stuck && !cut_off;
        if std::mem::take(&mut own.rejoins) {
            self.rejoin(index, member, cx);
        } else if expelled {
            // It was thrown out while it worked; it finds out in this poll and joins again.
            self.groups[index].members[member as usize].joined = true;
            self.trigger(index, Some(member), cx);
        }
        self.begin_slice(group, member, cx);
    }

    /// Compares the records of `chunk` with the newest of their keys that the group has seen.
    pub(super) fn watch(&mut self, group: usize, chunk: Chunk, cx: &mut Cx<'_, Event>) {
        let app = &mut self.groups[group];
        let log = &self.partitions[chunk.lane as usize].log;
        let seen = self.partitions[chunk.lane as usize].cursors[group].seen;
        for (offset, stored) in (chunk.first..).zip(log.range(chunk.first, chunk.count)) {
            let Some(mark) = log
                .mark_at(offset)
                .filter(|_| offset >= seen && stored.counts())
            else {
                continue;
            };
            let Some(newest) = app.newest.get_mut(mark.key as usize) else {
                continue;
            };
            if mark.nth < *newest {
                cx.probe.out_of_order(group);
                if !std::mem::replace(&mut self.counterexample, true) {
                    let detail = format!(
                        "key number {}: `{}` was given the record that partition {} stored at {:.3} s after one that another partition stored later",
                        mark.key,
                        app.name,
                        chunk.lane,
                        stored.appended().as_secs_f64()
                    );
                    cx.probe
                        .happened(cx.queue.now(), &app.name, "order violated", detail);
                }
            }
            *newest = (*newest).max(mark.nth);
        }
    }

    /// Retention has deleted records: what nobody had fetched has expired.
    pub(in super::super) fn skip_deleted(&mut self, lane: u32, cx: &mut Cx<'_, Event>) {
        for group in 0..self.groups.len() {
            let partition = &self.partitions[lane as usize];
            let start = partition.start();
            if partition.cursors[group].fetched.offset >= start.offset {
                continue;
            }
            self.void_under_way(group, lane);
            let partition = &self.partitions[lane as usize];
            let cursor = partition.cursors[group];
            let from = cursor.fetched.offset.max(cursor.seen);
            let unseen = if from < start.offset {
                partition.log.counted(from, start.offset)
            } else {
                0
            };
            cx.probe.expired(group, unseen);
            let gone = start.bytes - cursor.fetched.bytes.min(start.bytes);
            if let Some(index) = self.session_of(group, lane) {
                let session = &mut self.sessions[index];
                session.available = session.available.saturating_sub(gone);
            }
            self.out_of_range(group, lane, start, cx);
        }
        self.partitions[lane as usize].trim();
    }

    /// What a group was to fetch is gone. Its reader gets OFFSET_OUT_OF_RANGE and does what
    /// `auto.offset.reset` says; without a reader the commit stays, for the next one to find out.
    fn out_of_range(&mut self, group: usize, lane: u32, start: Position, cx: &mut Cx<'_, Event>) {
        let owned = self.groups[group].member_of[lane as usize] != NOBODY;
        let reset = self.groups[group].config.reset;
        let partition = &mut self.partitions[lane as usize];
        let top = partition.high_watermark.max(start);
        let to = if owned && reset == Reset::Latest {
            top
        } else {
            start
        };
        if to > start {
            let from = start.offset.max(partition.cursors[group].seen);
            let skipped = if from < to.offset {
                partition.log.counted(from, to.offset)
            } else {
                0
            };
            cx.probe.skipped(group, skipped);
            if let Some(index) = self.session_of(group, lane) {
                let session = &mut self.sessions[index];
                session.available = session.available.saturating_sub(to.bytes - start.bytes);
            }
        }
        let member = self.groups[group].member_of[lane as usize];
        let in_hand = self.groups[group]
            .members
            .get(member as usize)
            .and_then(|own| own.reader.end_of(lane));
        let cursor = &mut self.partitions[lane as usize].cursors[group];
        cursor.fetched = to;
        if let Some(ends) = in_hand.filter(|ends| cursor.outstanding > 0 && *ends > cursor.seen) {
            self.jumps.push(Jump {
                group,
                lane,
                ends,
                to: to.offset,
            });
        } else if cursor.outstanding == 0 {
            cursor.seen = cursor.seen.max(to.offset);
            if owned {
                cursor.done = cursor.done.max(to.offset);
                cursor.committed = cursor.committed.max(to.offset);
            }
        }
    }
}
