//! Enhanced fan-out: SubscribeToShard pushes events, each consumer with 2 MiB/s of each shard for itself.
//!
//! A record that is stored opens a short window; what the window gathers travels as one event and
//! arrives in order. A subscription lives five minutes and is then renewed; within five seconds of a
//! success a second one is refused.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, SubscribeToShard; the Developer Guide's chapter "Develop enhanced
//! fan-out consumers" for the mean delay; the law of the delay is an assumption.

use super::app::App;
use super::lease::{Answer, LeaseState};
use super::{AppEvent, Io};
use crate::engine::{Ticket, TokenBucket};
use crate::platform::kinesis::ids::ShardId;
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};

/// The shortest time after which an event that failed is tried again.
const RETRY_MIN: Nanos = Nanos(1_000_000);

impl App {
    /// SubscribeToShard: events may come from its answer on.
    pub(super) fn subscribe(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let (now, fan_out) = (io.now(), io.common.fan_out);
        let (app, lease) = (self.id, &mut self.leases[shard]);
        let ticket = lease.ticket;
        let over = AppEvent::Subscribe { app, shard, ticket };
        let subscription = &mut lease.subscription;
        let guarded_until = subscription.made_at.map(|made| made + fan_out.guard);
        if let Some(until) = guarded_until.filter(|until| now < *until) {
            // ResourceInUseException: the former holder's subscription is too young to be taken over.
            io.stream.note_subscribe(false);
            return io.at(until, over);
        }
        if let Some(until) = self.refused_until(shard, io) {
            io.stream.note_subscribe(false);
            return io.at(until, over);
        }
        io.stream.note_subscribe(true);
        let subscription = &mut self.leases[shard].subscription;
        subscription
            .bucket
            .get_or_insert_with(|| TokenBucket::new(fan_out.rate, fan_out.rate));
        (subscription.made_at, subscription.mine) = (Some(now), true);
        subscription.last = subscription.last.max(now + fan_out.subscribe);
        io.after(fan_out.life, over);
        if !subscription.gathering {
            self.gather(shard, io);
        }
    }

    /// A subscription is over, or a refused one may be tried again.
    pub(super) fn resubscribe(&mut self, shard: ShardId, ticket: Ticket, io: &mut Io<'_>) {
        let lease = &self.leases[shard];
        if lease.ticket == ticket && lease.state == LeaseState::Reading {
            self.subscribe(shard, io);
        }
    }

    /// Opens the window of the next event, or waits for the next record.
    pub(super) fn gather(&mut self, shard: ShardId, io: &mut Io<'_>) {
        // A dead holder's subscription is dead too.
        let (app, up) = (self.id, self.holder_up(shard));
        let lease = &mut self.leases[shard];
        let idle = lease.subscription.mine && !lease.subscription.gathering;
        if !up || lease.state != LeaseState::Reading || !idle {
            return;
        }
        if self.down > 0 {
            lease.parked = true;
            return;
        }
        if lease.is_full(&self.config) {
            lease.blocked = true;
            return;
        }
        if lease.cursor.fetched < io.stream.log(shard).end() {
            lease.subscription.gathering = true;
            let ticket = lease.ticket;
            let event = AppEvent::Push { app, shard, ticket };
            return io.after(io.common.fan_out.gather, event);
        }
        if !io.stream.is_open(shard) {
            lease.at_end = true;
            return self.end_if_read(shard, io);
        }
        io.stream.await_record(shard);
    }

    /// The window of an event closes: it is on its way, unless the consumer's share of the shard is used up.
    pub(super) fn push(&mut self, shard: ShardId, ticket: Ticket, io: &mut Io<'_>) {
        let (now, app) = (io.now(), self.id);
        let lease = &self.leases[shard];
        let taken_away = !lease.subscription.gathering;
        if lease.ticket != ticket || lease.state != LeaseState::Reading || taken_away {
            return;
        }
        let again = AppEvent::Push { app, shard, ticket };
        if let Some(error) = io.stream.fail_read(now) {
            let wait = io.common.fan_out.subscribe.max(RETRY_MIN);
            io.probe.bound(error.limit().at(0), 1);
            return io.after(wait, again);
        }
        if self.must_finish_first(shard, io) {
            let lease = &mut self.leases[shard];
            (lease.blocked, lease.subscription.gathering) = (true, false);
            return;
        }
        let subscription = &mut self.leases[shard].subscription;
        let Some(bucket) = &mut subscription.bucket else {
            return;
        };
        if !bucket.in_credit(now) {
            let wait = bucket.debt_time(now).max(Nanos(1));
            let spot = Limit::Subscription.of(usize::from(app.0), shard.0);
            io.probe.waits(spot, now, now + wait);
            return io.after(wait, again);
        }
        subscription.gathering = false;
        self.expire(shard, io);
        self.send_event(shard, now, io);
        self.gather(shard, io);
    }

    /// The service sends the records of a window to the subscriber, if there still are any.
    fn send_event(&mut self, shard: ShardId, now: SimTime, io: &mut Io<'_>) {
        let (app, lease) = (self.id, &mut self.leases[shard]);
        let event = io.stream.push_event(shard, lease.cursor.fetched, now);
        if event.chunk.count == 0 {
            return;
        }
        let subscription = &mut lease.subscription;
        if let Some(bucket) = &mut subscription.bucket {
            bucket.charge(now, event.bytes);
        }
        let common = &mut *io.common;
        let usual = common.push_latency.draw(common.pushes.draw(common.pushed));
        common.pushed += 1;
        let delay = io.stream.on_network(usual);
        subscription.last = subscription.last.max(now + delay + event.transfer);
        let arrives = subscription.last;
        lease.cursor.fetched += event.chunk.count;
        lease.answers.send(Answer {
            chunk: event.chunk,
            bytes: event.bytes,
            tip: event.tip,
        });
        let ticket = lease.ticket;
        io.at(arrives, AppEvent::Deliver { app, shard, ticket });
    }

    /// An event reaches the holder of the lease.
    pub(super) fn deliver(&mut self, shard: ShardId, ticket: Ticket, io: &mut Io<'_>) {
        let lease = &self.leases[shard];
        let event = lease.answers.next();
        if let Some(event) = event.filter(|_| lease.ticket == ticket) {
            // MillisBehindLatest is 0 for who has caught up.
            let behind = if event.tip {
                Nanos::ZERO
            } else {
                io.stream.age_of_last(event.chunk, io.now())
            };
            self.note_age(behind);
            io.stream.note_behind(behind);
        }
        self.accept(shard, ticket, io);
    }
}
