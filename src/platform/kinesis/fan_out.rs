//! Enhanced fan-out: SubscribeToShard pushes events, each consumer with 2 MiB/s of each shard for itself.
//!
//! A record that is stored opens a short window; what the window gathers travels as one event and
//! arrives in order. A subscription lives five minutes and is then renewed; within five seconds of a
//! success a second one is refused.
//!
//! # Source
//! API SubscribeToShard; READ for the mean delay; the law of the delay is an assumption.

use super::app::{Flight, LeaseState};
use super::cloudwatch::Stat;
use super::config::Reading;
use super::lineage::ShardState;
use super::{Event, Kinesis};
use crate::engine::TokenBucket;
use crate::platform::Cx;
use crate::units::{Nanos, SimTime};

impl Kinesis {
    /// SubscribeToShard: events may come from its answer on.
    pub(super) fn subscribe(&mut self, index: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let lease = &mut self.apps[usize::from(index)].leases[shard as usize];
        let epoch = lease.epoch;
        if let Some(last) = lease
            .push
            .subscribed
            .filter(|last| now < *last + self.subscription.guard)
        {
            // ResourceInUseException: the former holder's subscription is too young to be taken over.
            self.monitor.sample(Stat::SubscribeSuccess, 0.0);
            return cx.queue.at(
                last + self.subscription.guard,
                Event::Subscribe {
                    app: index,
                    shard,
                    epoch,
                },
            );
        }
        self.monitor.sample(Stat::SubscribeSuccess, 1.0);
        let (rate, capacity) = (self.subscription.rate, self.subscription.rate);
        lease
            .push
            .bucket
            .get_or_insert_with(|| TokenBucket::new(rate, capacity));
        (lease.push.subscribed, lease.push.mine) = (Some(now), true);
        lease.push.last = lease.push.last.max(now + self.config.service.subscribe);
        cx.queue.after(
            self.subscription.life,
            Event::Subscribe {
                app: index,
                shard,
                epoch,
            },
        );
        if !lease.push.gathering {
            self.gather(index, shard, cx);
        }
    }

    /// A subscription is over, or a refused one may be tried again.
    pub(super) fn resubscribe(
        &mut self,
        index: u16,
        shard: u32,
        epoch: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        let lease = &self.apps[usize::from(index)].leases[shard as usize];
        if lease.epoch == epoch && lease.state == LeaseState::Reading {
            self.subscribe(index, shard, cx);
        }
    }

    /// Something was stored in a shard that subscriptions wait for.
    pub(super) fn wake(&mut self, shard: u32, cx: &mut Cx<'_, Event>) {
        self.listening[shard as usize] = false;
        for index in 0..self.apps.len() as u16 {
            if self.apps[usize::from(index)].config.reading == Reading::FanOut {
                self.gather(index, shard, cx);
            }
        }
    }

    /// Opens the window of the next event, or listens for the next record.
    pub(super) fn gather(&mut self, index: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let end = self.shards[shard as usize].log.end();
        let closed = self.control.lineage.get(shard).state != ShardState::Open;
        let app = &mut self.apps[usize::from(index)];
        // A dead holder's subscription is dead too.
        let up = app.holder_up(shard);
        let lease = &mut app.leases[shard as usize];
        if !up || lease.state != LeaseState::Reading || lease.push.gathering || !lease.push.mine {
            return;
        }
        if app.down > 0 {
            lease.parked = true;
            return;
        }
        if lease.is_full(&app.config) {
            lease.blocked = true;
            return;
        }
        if lease.fetched < end {
            lease.push.gathering = true;
            let event = Event::Push {
                app: index,
                shard,
                epoch: lease.epoch,
            };
            return cx.queue.after(self.config.service.gather, event);
        }
        if closed {
            lease.at_end = true;
            return self.maybe_end(index, shard, cx);
        }
        self.listening[shard as usize] = true;
    }

    /// The window of an event closes: it is on its way, unless the shard's share is used up.
    pub(super) fn push(&mut self, index: u16, shard: u32, epoch: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let lease = &mut self.apps[usize::from(index)].leases[shard as usize];
        if lease.epoch != epoch || lease.state != LeaseState::Reading {
            return;
        }
        let again = Event::Push {
            app: index,
            shard,
            epoch,
        };
        if !self.weather.calm && self.weather.call(now, true).is_some() {
            return cx
                .queue
                .after(self.config.service.subscribe.max(Nanos(1_000_000)), again);
        }
        if self.must_finish_first(index, shard, now) {
            let lease = &mut self.apps[usize::from(index)].leases[shard as usize];
            (lease.blocked, lease.push.gathering) = (true, false);
            return;
        }
        let lease = &mut self.apps[usize::from(index)].leases[shard as usize];
        let Some(bucket) = &mut lease.push.bucket else {
            return;
        };
        if !bucket.in_credit(now) {
            return cx.queue.after(bucket.debt_time(now).max(Nanos(1)), again);
        }
        lease.push.gathering = false;
        self.expire_for(index, shard, cx);
        let lease = &mut self.apps[usize::from(index)].leases[shard as usize];
        let (chunk, bytes) = self.shards[shard as usize].peek(
            shard,
            lease.fetched,
            u64::MAX,
            self.config.service.push_event,
        );
        if chunk.count > 0 {
            if let Some(bucket) = &mut lease.push.bucket {
                bucket.charge(now, bytes);
            }
            let delay = self.push_latency.draw(self.draws.pushes.draw(self.pushed));
            self.pushed += 1;
            let at =
                (now + delay + self.config.service.get_rate.time_for(bytes)).max(lease.push.last);
            lease.push.last = at;
            lease.fetched += chunk.count;
            let tip = lease.fetched == self.shards[shard as usize].log.end();
            lease.flight.push_back(Flight { chunk, bytes, tip });
            self.monitor.add(Stat::EventBytes, bytes);
            self.monitor.add(Stat::EventRecords, chunk.count);
            self.bill_reading((shard, chunk.first, chunk.count), bytes, true);
            cx.queue.at(
                at,
                Event::Deliver {
                    app: index,
                    shard,
                    epoch,
                },
            );
        }
        self.gather(index, shard, cx);
    }

    /// An event reaches the holder of the lease.
    pub(super) fn deliver(&mut self, index: u16, shard: u32, epoch: u32, cx: &mut Cx<'_, Event>) {
        let now: SimTime = cx.queue.now();
        let app = &self.apps[usize::from(index)];
        let front = app.leases[shard as usize].flight.front().copied();
        if let Some(event) = front.filter(|_| app.leases[shard as usize].epoch == epoch) {
            // MillisBehindLatest is 0 for who has caught up.
            let age = self.shards[shard as usize].age_of_last(event.chunk, now);
            let age = if event.tip { Nanos::ZERO } else { age };
            self.apps[usize::from(index)].age = self.apps[usize::from(index)].age.max(Some(age));
            self.monitor.sample(Stat::MillisBehind, age.as_millis_f64());
        }
        self.accept(index, shard, epoch, cx);
    }
}
