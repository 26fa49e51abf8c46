//! Members and their sinks. A member that waits for a sink that is called does not poll, and leaves its group
//! when `max.poll.interval.ms` is over; a sink that gathers lets it poll on until its buffer is full. What is
//! committed is what the sink has, as a connector does it.

use super::super::partition::NOBODY;
use super::{Event, Kafka};
use crate::platform::{Ask, Chunk, Cx, Next, Reader};

impl Kafka {
    /// A member has processed what a poll gave it, or its sink has answered: what follows?
    pub(super) fn hand_over(&mut self, group: u16, member: u32, cx: &mut Cx<'_, Event>) -> Next {
        let now = cx.queue.now();
        let Self {
            groups, partitions, ..
        } = self;
        let app = &mut groups[usize::from(group)];
        let poll_interval = app.config.poll_interval;
        let own = &mut app.members[member as usize];
        let sink = app.outlet.as_mut().map(|outlet| &mut outlet.sink);
        let next = own
            .reader
            .hand_over(now, sink, |lane| &partitions[lane as usize].log);
        match next {
            Next::Finished => {}
            Next::At(at) => {
                let (life, poll, over) = (own.life, own.polls, own.reader.began() + poll_interval);
                if now <= over && over < at {
                    cx.queue.at(
                        over,
                        Event::PollOver {
                            group,
                            member,
                            poll,
                        },
                    );
                }
                cx.queue.at(
                    at,
                    Event::Done {
                        group,
                        member,
                        life,
                    },
                );
            }
            Next::Kept => {
                own.reader.end();
                self.tend_sink(group, member, cx);
                let own = &mut self.groups[usize::from(group)].members[member as usize];
                if own.reader.is_blocked() {
                    own.polls = own.polls.wrapping_add(1);
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
            }
        }
        next
    }

    /// A member looks at its buffer.
    fn tend_sink(&mut self, group: u16, member: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let app = &mut self.groups[usize::from(group)];
        let own = &mut app.members[member as usize];
        let (sink, life) = (app.outlet.as_mut().map(|outlet| &mut outlet.sink), own.life);
        match own.reader.tend(now, sink) {
            Ask::Nothing => {}
            Ask::Look(at) => cx.queue.at(
                at,
                Event::SinkDue {
                    group,
                    member,
                    life,
                },
            ),
            Ask::Written(at) => cx.queue.at(
                at,
                Event::SinkDone {
                    group,
                    member,
                    life,
                },
            ),
        }
    }

    /// A member's buffer may be due.
    pub(in super::super) fn sink_due(
        &mut self,
        group: u16,
        member: u32,
        life: u16,
        cx: &mut Cx<'_, Event>,
    ) {
        let own = &self.groups[usize::from(group)].members[member as usize];
        if own.life == life {
            let blocked = own.reader.is_blocked();
            self.tend_sink(group, member, cx);
            self.poll_on(group, member, blocked, cx);
        }
    }

    /// The sink has the buffer that a member was writing.
    pub(in super::super) fn sink_done(
        &mut self,
        group: u16,
        member: u32,
        life: u16,
        cx: &mut Cx<'_, Event>,
    ) {
        let (now, index) = (cx.queue.now(), usize::from(group));
        if self.groups[index].members[member as usize].life != life {
            return;
        }
        for n in 0.. {
            let Some(kept) = self.groups[index].members[member as usize]
                .reader
                .writing(n)
            else {
                break;
            };
            if kept.chunk.count == 0 {
                continue;
            }
            if self.config.disturbed {
                self.watch(index, kept.chunk, cx);
            }
            let partition = &self.partitions[kept.chunk.lane as usize];
            let seen = partition.cursors[index].seen;
            Reader::report_written(now, kept.chunk, seen, index, &partition.log, cx.probe);
            self.settle(index, kept.chunk);
        }
        let reader = &mut self.groups[index].members[member as usize].reader;
        let blocked = reader.is_blocked();
        reader.written();
        self.tend_sink(group, member, cx);
        self.poll_on(group, member, blocked, cx);
    }

    /// A member whose buffer was full polls again.
    fn poll_on(&mut self, group: u16, member: u32, was_blocked: bool, cx: &mut Cx<'_, Event>) {
        let reader = &self.groups[usize::from(group)].members[member as usize].reader;
        if was_blocked && !reader.is_blocked() {
            self.poll_again(group, member, cx);
        }
    }

    /// Records of one partition are done and reported; they are committed where that is due at once.
    pub(super) fn settle(&mut self, group: usize, chunk: Chunk) {
        let app = &self.groups[group];
        let owner = app.member_of[chunk.lane as usize];
        let at_once =
            app.config.auto_commit.is_none() && owner != NOBODY && self.is_heard(group, owner);
        let partition = &mut self.partitions[chunk.lane as usize];
        let cursor = &partition.cursors[group];
        let end = chunk.first + chunk.count;
        let fresh = if end > cursor.seen {
            partition.log.counted(chunk.first.max(cursor.seen), end)
        } else {
            0
        };
        let cursor = &mut partition.cursors[group];
        cursor.outstanding = cursor.outstanding.saturating_sub(fresh);
        cursor.done = end;
        cursor.seen = cursor.seen.max(end);
        if at_once {
            cursor.committed = end;
            partition.trim();
        }
        if !self.jumps.is_empty() {
            self.land(group, chunk.lane);
        }
    }
}
