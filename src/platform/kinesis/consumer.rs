//! Reading a shard: GetRecords by polling, prefetch, processing, checkpoints, the end of a shard.
//!
//! GetRecords returns at once, maybe empty; the next call comes an idle time after the last one,
//! unless enough is pending already. What was processed since the last checkpoint is processed again
//! by the next holder of the lease: at least once.
//!
//! # Source
//! API GetRecords; KCL 3.5.1 (facts `kinesis.kcl.*`).

use super::api::IteratorType;
use super::app::{Flight, LeaseState};
use super::cloudwatch::Stat;
use super::config::{Position, Reading};
use super::hash::shard_id;
use super::lineage::ShardState;
use super::{Event, Kinesis};
use crate::platform::{Cx, Part};
use crate::units::{Nanos, SimTime};

impl Kinesis {
    /// The holder of a lease begins to read where the checkpoint says.
    pub(super) fn start_reading(
        &mut self,
        index: u16,
        shard: u32,
        phase: Nanos,
        cx: &mut Cx<'_, Event>,
    ) {
        let now = cx.queue.now();
        let app = &mut self.apps[usize::from(index)];
        let fan_out = app.config.reading == Reading::FanOut;
        let lease = &mut app.leases[shard as usize];
        (lease.state, lease.iterator_at) = (LeaseState::Reading, now);
        (lease.fetched, lease.done) = (lease.checkpoint, lease.checkpoint);
        if fan_out {
            return self.subscribe(index, shard, cx);
        }
        self.call_at(index, shard, now + phase, cx);
    }

    /// The holder of a lease calls GetRecords at `at`; the call reaches the shard after half its latency.
    fn call_at(&mut self, index: u16, shard: u32, at: SimTime, cx: &mut Cx<'_, Event>) {
        let latency = self.get_latency.draw(self.draws.reads.draw(self.got));
        self.got += 1;
        let lease = &mut self.apps[usize::from(index)].leases[shard as usize];
        (lease.called_at, lease.latency) = (at, latency);
        cx.queue.at(
            at + Nanos(latency.0 / 2),
            Event::Poll {
                app: index,
                shard,
                epoch: lease.epoch,
            },
        );
    }

    /// GetRecords.
    pub(super) fn poll(&mut self, index: u16, shard: u32, epoch: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let app = &mut self.apps[usize::from(index)];
        let lease = &mut app.leases[shard as usize];
        if lease.epoch != epoch || lease.state != LeaseState::Reading {
            return;
        }
        if app.down > 0 {
            lease.parked = true;
            return;
        }
        let owner = lease.owner;
        let full = lease.is_full(&app.config);
        if full
            || (app.config.lambda && app.invoked(owner))
            || self.must_finish_first(index, shard, now)
        {
            self.apps[usize::from(index)].leases[shard as usize].blocked = true;
            return;
        }
        let app = &mut self.apps[usize::from(index)];
        let lease = &mut app.leases[shard as usize];
        // After a call that failed, a full idle time is slept.
        let again = now + Nanos(lease.latency.0 / 2) + app.config.idle;
        if now.since(lease.iterator_at) > self.iterator_life {
            // ExpiredIteratorException: the holder asks for a new iterator at its place.
            lease.iterator_at = now;
            cx.probe
                .happened(now, &app.name, "ExpiredIteratorException", shard_id(shard));
            return self.call_at(index, shard, again, cx);
        }
        if !self.weather.calm && self.weather.call(now, true).is_some() {
            self.monitor.sample(Stat::GetSuccess, 0.0);
            return self.call_at(index, shard, again, cx);
        }
        if !self.shards[shard as usize].admit_read(now) {
            cx.probe.read_throttled();
            self.monitor.add(Stat::ReadThrottled, 1);
            self.monitor.sample(Stat::GetSuccess, 0.0);
            return self.call_at(index, shard, again, cx);
        }
        self.expire_for(index, shard, cx);
        self.answer_read(index, shard, cx);
    }

    /// An admitted GetRecords call: its records, or the end of the shard, or nothing.
    fn answer_read(&mut self, index: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let app = &mut self.apps[usize::from(index)];
        let (lease, store) = (
            &mut app.leases[shard as usize],
            &mut self.shards[shard as usize],
        );
        lease.iterator_at = now;
        let most = self.config.service.read_bytes_max.min(app.config.payload);
        let (chunk, bytes) = store.get(now, shard, lease.fetched, app.config.limit, most);
        self.monitor.sample(Stat::GetSuccess, 1.0);
        let (epoch, fetched) = (lease.epoch, lease.fetched + chunk.count);
        let closed = self.control.lineage.get(shard).state != ShardState::Open;
        if chunk.count == 0 {
            app.age = app.age.max(Some(Nanos::ZERO));
            self.monitor.sample(Stat::IteratorAge, 0.0);
            if closed {
                lease.at_end = true;
                return self.maybe_end(index, shard, cx);
            }
            let known = now + Nanos(lease.latency.0 / 2);
            let next = (lease.called_at + app.config.idle).max(known);
            return self.call_at(index, shard, next, cx);
        }
        let age = store.age_of_last(chunk, now);
        app.age = app.age.max(Some(age));
        (lease.fetched, lease.last_call) = (fetched, lease.called_at);
        // The last records of a closed shard come without another iterator.
        lease.at_end = closed && fetched == store.log.end();
        lease.flight.push_back(Flight {
            chunk,
            bytes,
            tip: fetched == store.log.end(),
        });
        let transfer = self.config.service.get_rate.time_for(bytes);
        self.monitor.sample(Stat::IteratorAge, age.as_millis_f64());
        self.monitor
            .sample(Stat::GetLatency, (lease.latency + transfer).as_millis_f64());
        self.monitor.add(Stat::GetBytes, bytes);
        self.monitor.add(Stat::GetRecords, chunk.count);
        cx.queue.after(
            transfer + Nanos(lease.latency.0 / 2),
            Event::Read {
                app: index,
                shard,
                epoch,
            },
        );
        self.bill_reading((shard, chunk.first, chunk.count), bytes, false);
    }

    /// The answer of GetRecords reaches the holder, which soon calls again.
    pub(super) fn receive(&mut self, index: u16, shard: u32, epoch: u32, cx: &mut Cx<'_, Event>) {
        if !self.accept(index, shard, epoch, cx) {
            return;
        }
        let app = &self.apps[usize::from(index)];
        let lease = &app.leases[shard as usize];
        if lease.at_end {
            return;
        }
        let next = (lease.called_at + app.config.idle).max(cx.queue.now());
        self.call_at(index, shard, next, cx);
    }

    /// Records reach the holder of a lease, unless it is no longer the one that asked.
    pub(super) fn accept(
        &mut self,
        index: u16,
        shard: u32,
        epoch: u32,
        cx: &mut Cx<'_, Event>,
    ) -> bool {
        let app = &mut self.apps[usize::from(index)];
        let lease = &mut app.leases[shard as usize];
        if lease.epoch != epoch {
            return false;
        }
        let Some(Flight { chunk, bytes, .. }) = lease.flight.pop_front() else {
            return false;
        };
        lease.take_in(chunk, bytes);
        let owner = lease.owner;
        app.workers[owner as usize].reader.push(chunk);
        self.begin_slice(index, owner, cx);
        true
    }

    /// A worker that is idle begins with its next slice.
    pub(super) fn begin_slice(&mut self, index: u16, worker: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let app = &mut self.apps[usize::from(index)];
        let state = &app.workers[worker as usize];
        if app.down > 0 || !state.is_up() {
            return;
        }
        let window = app.config.window;
        if window > Nanos::ZERO && app.is_gathering(worker) {
            // A batching window: wait for a full batch or for its end.
            let state = &mut app.workers[worker as usize];
            match state.gathering_since {
                None => {
                    state.gathering_since = Some(now);
                    let generation = state.generation;
                    return cx.queue.after(
                        window,
                        Event::Window {
                            app: index,
                            worker,
                            generation,
                        },
                    );
                }
                Some(since) if since + window > now => return,
                Some(_) => {}
            }
        }
        let state = &mut app.workers[worker as usize];
        if let Some(ends) = state.reader.begin(now) {
            (state.busy_until, state.gathering_since) = (ends, None);
            cx.queue.at(
                ends,
                Event::Done {
                    app: index,
                    worker,
                    generation: state.generation,
                },
            );
        }
    }

    /// Lambda: a batching window is over.
    pub(super) fn window_over(
        &mut self,
        index: u16,
        worker: u32,
        generation: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        if self.apps[usize::from(index)].workers[worker as usize].generation == generation {
            self.begin_slice(index, worker, cx);
        }
    }

    /// A worker is done with a slice.
    pub(super) fn finish_slice(
        &mut self,
        index: u16,
        worker: u32,
        generation: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        let generation_now = self.apps[usize::from(index)].workers[worker as usize].generation;
        if generation_now != generation || self.sink_slice(index, worker, cx) {
            return;
        }
        let state = &self.apps[usize::from(index)].workers[worker as usize];
        let mut before = 0;
        for n in 0..state.reader.current().len() {
            let part = self.apps[usize::from(index)].workers[worker as usize]
                .reader
                .current()[n];
            self.finish_part(index, worker, (part, before), cx);
            before += part.chunk.count;
        }
        self.apps[usize::from(index)].workers[worker as usize]
            .reader
            .end();
        self.begin_slice(index, worker, cx);
    }

    /// The records of one shard in a slice are processed.
    fn finish_part(
        &mut self,
        index: u16,
        worker: u32,
        (part, before): (Part, u64),
        cx: &mut Cx<'_, Event>,
    ) {
        let (now, chunk) = (cx.queue.now(), part.chunk);
        let consumer = usize::from(index);
        if self.watches_order {
            self.watch(index, chunk, cx);
        }
        let own = self.is_own(index, worker, part);
        let app = &mut self.apps[consumer];
        let log = &self.shards[chunk.lane as usize].log;
        let lease = &mut app.leases[chunk.lane as usize];
        app.workers[worker as usize]
            .reader
            .report(part, before, lease.seen, consumer, log, cx.probe);
        let end = chunk.first + chunk.count;
        lease.seen = lease.seen.max(end);
        if !own {
            // The lease has gone to another worker meanwhile, and the checkpoint fails; only in a graceful
            // hand-over the next holder has waited for this.
            if lease.state == LeaseState::Waiting {
                lease.checkpoint = lease.checkpoint.max(end);
            }
            return;
        }
        lease.done = end;
        if !part.last {
            // What is left of an answer may have to wait for company: a Lambda reader polls on.
            let called = lease.last_call + app.config.idle;
            if app.config.lambda && std::mem::take(&mut lease.blocked) {
                self.fetch_on(index, chunk.lane, called, cx);
            }
            return;
        }
        lease.finish_oldest();
        if lease.checkpointed_at + app.config.checkpoint <= now || lease.at_end {
            (lease.checkpoint, lease.checkpointed_at) = (end, now);
            self.billing.checkpoint();
        }
        self.unblock(index, chunk.lane, cx);
        self.maybe_end(index, chunk.lane, cx);
        self.trim(chunk.lane);
    }

    /// Forgets what no application will ask for again.
    pub(super) fn trim(&mut self, shard: u32) {
        let least = self.apps.iter().map(|app| {
            let lease = &app.leases[shard as usize];
            lease.checkpoint.min(lease.seen).min(lease.done)
        });
        self.shards[shard as usize]
            .log
            .trim(least.min().unwrap_or_default());
    }

    /// A holder that had enough in hand fetches on, by a call at `at` or later.
    pub(super) fn fetch_on(&mut self, index: u16, shard: u32, at: SimTime, cx: &mut Cx<'_, Event>) {
        match self.apps[usize::from(index)].config.reading {
            Reading::FanOut => self.gather(index, shard, cx),
            Reading::Polling => self.call_at(index, shard, at.max(cx.queue.now()), cx),
        }
    }

    /// Ends a lease whose shard is closed and read to its end; its children get leases.
    pub(super) fn maybe_end(&mut self, index: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let end = self.shards[shard as usize].log.end();
        let app = &mut self.apps[usize::from(index)];
        let kept = app.keeps(shard);
        let lease = &mut app.leases[shard as usize];
        let idle =
            lease.pending.is_empty() && lease.flight.is_empty() && lease.fetched >= end && !kept;
        if !lease.at_end || !idle || lease.state != LeaseState::Reading {
            return;
        }
        lease.done = end;
        (lease.state, lease.checkpoint) = (LeaseState::Ended, end);
        lease.epoch = lease.epoch.wrapping_add(1);
        cx.probe
            .happened(cx.queue.now(), &app.name, "SHARD_END", shard_id(shard));
        let children = self.control.lineage.get(shard).children;
        for child in children.into_iter().flatten() {
            let lease = &mut self.apps[usize::from(index)].leases[child as usize];
            if lease.state == LeaseState::Absent {
                lease.state = LeaseState::Unassigned;
            }
            if self.apps[usize::from(index)].config.lambda && self.parents_read(index, child) {
                self.invoke_on(index, child, cx);
            }
        }
        self.trim(shard);
    }

    /// Whether an application has read all parents of a shard to their end.
    pub(super) fn parents_read(&self, index: u16, shard: u32) -> bool {
        let app = &self.apps[usize::from(index)];
        let mut parents = self.control.lineage.get(shard).parents();
        parents.all(|parent| app.leases[parent as usize].state == LeaseState::Ended)
    }

    /// A Lambda mapping has a reader for every shard.
    pub(super) fn invoke_on(&mut self, index: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        let worker = app.workers.len() as u32;
        app.add_worker();
        app.leases[shard as usize].owner = worker;
        self.start_reading(index, shard, Nanos::ZERO, cx);
    }

    /// An application begins: with the oldest shards, or with LATEST after the tip of those that are open.
    /// What was stored before its iterators it never sees.
    pub(super) fn deploy(&mut self, index: u16, cx: &mut Cx<'_, Event>) {
        self.settle_bill(cx.queue.now());
        if !self.apps[usize::from(index)].config.lambda {
            self.start_rounds(index, cx);
        }
        let latest = self.apps[usize::from(index)].config.position == Position::Latest;
        for shard in 0..self.control.lineage.members().len() as u32 {
            let member = self.control.lineage.get(shard);
            let (first, open) = (member.parent.is_none(), member.state == ShardState::Open);
            let app = &mut self.apps[usize::from(index)];
            let workers = app.workers.len() as u32;
            let lease = &mut app.leases[shard as usize];
            if latest {
                let store = &self.shards[shard as usize];
                let tip = store.position(IteratorType::Latest, 0, cx.queue.now());
                cx.probe
                    .skipped(usize::from(index), store.log.counted(0, tip));
                (lease.seen, lease.checkpoint, lease.fetched, lease.done) = (tip, tip, tip, tip);
                if !open {
                    lease.state = LeaseState::Ended;
                }
            }
            if latest && open && app.config.lambda && shard >= workers {
                self.invoke_on(index, shard, cx);
            } else if (latest && open) || (!latest && first) {
                lease.owner = shard % workers;
                if !app.holder_up(shard) {
                    app.leases[shard as usize].state = LeaseState::Unassigned;
                    continue;
                }
                let phase = self.phase(index, shard);
                self.start_reading(index, shard, phase, cx);
            }
        }
    }

    fn phase(&self, index: u16, shard: u32) -> Nanos {
        let idle = self.apps[usize::from(index)].config.idle;
        Nanos(
            self.draws
                .phases
                .child(u64::from(index))
                .below(u64::from(shard), idle.0.max(1)),
        )
    }

    /// An application reads again.
    pub(super) fn bring_up(&mut self, index: u16, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        app.down = app.down.saturating_sub(1);
        if app.down > 0 {
            return;
        }
        for shard in 0..self.control.lineage.members().len() as u32 {
            let phase = self.phase(index, shard);
            let app = &mut self.apps[usize::from(index)];
            let fan_out = app.config.reading == Reading::FanOut;
            let lease = &mut app.leases[shard as usize];
            if std::mem::take(&mut lease.parked) {
                if fan_out {
                    self.gather(index, shard, cx);
                } else {
                    let at = cx.queue.now() + phase;
                    self.call_at(index, shard, at, cx);
                }
            }
        }
        for worker in 0..self.apps[usize::from(index)].workers.len() as u32 {
            self.begin_slice(index, worker, cx);
        }
    }
}
