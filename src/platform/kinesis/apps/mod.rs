//! The consumer applications: leases, workers, GetRecords, enhanced fan-out, Lambda, sinks, order.
//!
//! Nobody outside this folder names a field of it. Applications read by the methods of `stream::read`; what the
//! stream has to tell them comes in by [`Apps::wake`] and [`Apps::reshard`].

mod app;
mod assignment;
mod balance;
mod deployment;
mod event;
mod failures;
mod fan_out;
mod flink;
mod leader;
mod lease;
mod lease_table;
mod mapping;
mod mapping_lane;
mod mapping_outcome;
mod mapping_report;
mod mapping_state;
mod mapping_windows;
mod numbers;
mod one_consumer;
mod order_watch;
mod polling;
mod renewal;
mod shard_end;
mod sink;
mod slices;
mod state;
mod taker;
#[cfg(test)]
mod tests;
mod worker;

pub use event::AppEvent;

use super::ids::{AppId, ShardId, Slots, WorkerId};
use super::stream::{Resharding, Stream};
use super::{Config, Event, KinesisCx};
use crate::engine::{LatencyLaw, Queue, Stream as Random};
use crate::platform::Setup;
use crate::probe::{Limit, Recorder};
use crate::units::{Nanos, SimTime};
use app::App;
use numbers::{FanOut, Kcl};
use one_consumer::SharedConsumers;

/// All consumer applications of a system.
pub(crate) struct Apps {
    /// The applications, in the order of the workload.
    all: Slots<AppId, App>,
    /// What they have in common.
    common: Common,
}

/// What all applications of a system have in common.
struct Common {
    /// The law of the time that GetRecords takes without its bytes.
    get_latency: LatencyLaw,
    /// The law of the time from stored to pushed.
    push_latency: LatencyLaw,
    /// Random latencies of GetRecords.
    gets: Random,
    /// Calls of GetRecords so far; each draws a latency of its own.
    got: u64,
    /// Random latencies of events.
    pushes: Random,
    /// Events so far; each draws a latency of its own.
    pushed: u64,
    /// Random phases of timers.
    phases: Random,
    /// Crashes so far; each draws its phases.
    crashes: u64,
    /// The numbers of enhanced fan-out.
    fan_out: FanOut,
    /// The numbers of the KCL.
    kcl: Kcl,
    /// How long a shard iterator is valid.
    iterator_life: Nanos,
    /// Whether the order of each key is watched.
    watches_order: bool,
    /// Whether the first record out of order was reported.
    first_disorder_reported: bool,
    /// Registered consumers that several applications use.
    shared: SharedConsumers,
    /// Shards of which an application needs fewer records than before.
    freed: Vec<ShardId>,
}

impl Common {
    fn new(config: &Config, setup: &Setup<'_>, watches_order: bool) -> Self {
        let random = |label: &str| Random::new(setup.seed, setup.replication, label);
        let (book, service) = (config.facts, &config.service);
        Self {
            get_latency: LatencyLaw::new(service.get_median, service.get_p99),
            push_latency: LatencyLaw::new(service.push.median, service.push.p99),
            gets: random("kinesis/get-latency"),
            got: 0,
            pushes: random("kinesis/push-latency"),
            pushed: 0,
            phases: random("kinesis/poll-phase"),
            crashes: 0,
            fan_out: FanOut::new(book, service),
            kcl: Kcl::new(book),
            iterator_life: book.value("kinesis.iterator.life"),
            watches_order,
            first_disorder_reported: false,
            shared: SharedConsumers::default(),
            freed: Vec::new(),
        }
    }
}

/// What an application works with while it handles a timer.
struct Io<'a> {
    /// The stream that it reads.
    stream: &'a mut Stream,
    /// What it has in common with the others.
    common: &'a mut Common,
    /// The queue of timers.
    queue: &'a mut Queue<Event>,
    /// What it reports to.
    probe: &'a mut Recorder,
}

impl Io<'_> {
    /// The current simulated time.
    #[inline]
    fn now(&self) -> SimTime {
        self.queue.now()
    }

    /// Sets a timer for an instant.
    #[inline]
    fn at(&mut self, at: SimTime, event: AppEvent) {
        self.queue.at(at, event.into());
    }

    /// Sets a timer.
    #[inline]
    fn after(&mut self, delay: Nanos, event: AppEvent) {
        self.queue.after(delay, event.into());
    }

    /// Reports something that happened.
    fn happened(&mut self, entity: &str, what: &'static str, detail: String) {
        self.probe.happened(self.queue.now(), entity, what, detail);
    }
}

impl Apps {
    /// The applications of a scenario before anything happens.
    pub(super) fn new(config: &Config, setup: &Setup<'_>) -> Self {
        let children_first = config.consumers.iter().any(|c| c.children_first);
        let watches_order = config.service.watch_order || children_first;
        Self {
            all: App::all(config, setup, watches_order),
            common: Common::new(config, setup, watches_order),
        }
    }

    /// Whether the order of each key is watched, so that logs have to keep keys and numbers.
    pub(super) fn watches_order(&self) -> bool {
        self.common.watches_order
    }

    /// Whether logs have to keep key and number of each record.
    pub(super) fn need_marks(&self) -> bool {
        let parallel = |app: &App| app.config.mapping.as_ref().is_some_and(|m| m.parallel > 1);
        self.watches_order() || self.all.iter().any(parallel)
    }

    /// The function of a mapping cannot process the next `count` records that are produced.
    pub(super) fn fail_records(&mut self, app: AppId, count: u32, cx: &mut KinesisCx<'_>) {
        let next = cx.probe.offered_so_far() as u32;
        self.all[app].function.fail_records(next, count);
    }

    /// Deploys the applications, or sets the timers for it.
    pub(super) fn start(&mut self, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        for app in self.all.ids() {
            match self.all[app].config.starts_at {
                Nanos::ZERO => self.with(app, stream, cx, |app, io| app.deploy(io)),
                later => {
                    let spot = Limit::ConsumerDown.of(usize::from(app.0), 0);
                    let now = cx.queue.now();
                    cx.probe.waits(spot, now, now + later);
                    cx.queue.after(later, AppEvent::Deploy(app).into());
                }
            }
        }
    }

    /// Lets one application do something.
    #[inline(always)]
    fn with(
        &mut self,
        app: AppId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
        act: impl FnOnce(&mut App, &mut Io<'_>),
    ) {
        let mut io = Io {
            stream,
            common: &mut self.common,
            queue: cx.queue,
            probe: cx.probe,
        };
        act(&mut self.all[app], &mut io);
        if !self.common.freed.is_empty() {
            self.trim(stream);
        }
    }

    /// Lets every application do something, in the order of the workload.
    fn with_each(
        &mut self,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
        act: impl Fn(&mut App, &mut Io<'_>),
    ) {
        for app in self.all.ids() {
            self.with(app, stream, cx, &act);
        }
    }

    /// A timer of the applications fires.
    #[inline]
    pub(super) fn on(&mut self, event: AppEvent, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        use AppEvent::{
            Assign, Call, Deliver, Deploy, Dispatch, Done, LaneDue, Move, Parents, Poll, Push,
            Read, Renew, Returned, SinkDone, SinkDue, Snapshot, Subscribe, Take,
        };
        let app = event.app();
        self.with(app, stream, cx, |app, io| match event {
            Poll { shard, ticket, .. } => app.poll(shard, ticket, io),
            Read { shard, ticket, .. } => app.receive(shard, ticket, io),
            Done { worker, ticket, .. } => app.finish_slice(worker, ticket, io),
            SinkDue { worker, ticket, .. } => app.sink_due(worker, ticket, io),
            SinkDone { worker, ticket, .. } => app.sink_done(worker, ticket, io),
            Returned {
                shard,
                lane,
                ticket,
                ..
            } => app.returned(shard, lane.into(), ticket, io),
            LaneDue {
                shard,
                lane,
                ticket,
                ..
            } => app.lane_due(shard, lane.into(), ticket, io),
            Subscribe { shard, ticket, .. } => app.resubscribe(shard, ticket, io),
            Push { shard, ticket, .. } => app.push(shard, ticket, io),
            Deliver { shard, ticket, .. } => app.deliver(shard, ticket, io),
            Deploy(_) => app.deploy(io),
            Assign(_) => app.assign(io),
            Snapshot(_) => app.snapshot(io),
            Take { worker, ticket, .. } => app.take(worker, ticket, io),
            Renew { worker, ticket, .. } => app.renew(worker, ticket, io),
            Dispatch { worker, ticket, .. } => app.dispatch(worker, ticket, io),
            Call { number, .. } => app.call_table(number, io),
            Move {
                shard,
                worker,
                ticket,
                ..
            } => app.hand_over_in_order(shard, worker, ticket, io),
            Parents { shard, ticket, .. } => app.look_at_parents(shard, ticket, io),
        });
        self.tell_cut_off(stream, cx);
    }

    /// Forgets what no application will ask for again.
    fn trim(&mut self, stream: &mut Stream) {
        while let Some(shard) = self.common.freed.pop() {
            let needed = |app: &App| app.leases[shard].cursor.needed_from();
            let least = self.all.iter().map(needed).min();
            stream.trim(shard, least.unwrap_or_default());
        }
    }

    /// A record was stored in a shard on which a subscription waits.
    pub(super) fn wake(&mut self, shard: ShardId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        self.with_each(stream, cx, |app, io| {
            if app.is_pushed() {
                app.gather(shard, io);
            }
        });
    }

    /// A split or merge is done: there are leases to take, and closed shards to be read to their end.
    pub(super) fn reshard(
        &mut self,
        done: &Resharding,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        self.with_each(stream, cx, |app, io| {
            app.learn_shards(io.stream.shard_count());
            if app.config.flink.is_some() && app.config.children_first {
                for parent in done.change.parents() {
                    for child in io.stream.children(parent) {
                        app.discover(child, io);
                    }
                }
            }
        });
        for app in self.all.iter_mut() {
            if !app.config.children_first {
                for parent in done.change.parents() {
                    for child in stream.children(parent) {
                        let spot = Limit::ParentsFirst.of(app.consumer(), child.0);
                        cx.probe.begin_wait(spot, cx.queue.now());
                    }
                }
            }
        }
        for parent in done.change.parents() {
            self.wake(parent, stream, cx);
        }
    }

    /// A step of the timeline holds an application down.
    pub(super) fn take_down(&mut self, app: AppId) {
        self.all[app].down += 1;
    }

    /// A step of the timeline lets an application run again.
    pub(super) fn bring_up(&mut self, app: AppId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        self.with(app, stream, cx, |app, io| app.bring_up(io));
    }

    /// A worker crashes.
    pub(super) fn crash(
        &mut self,
        app: AppId,
        worker: WorkerId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        self.with(app, stream, cx, |app, io| app.crash(worker, io));
    }

    /// A worker stops in order.
    pub(super) fn stop(
        &mut self,
        app: AppId,
        worker: WorkerId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        self.with(app, stream, cx, |app, io| app.stop(worker, io));
    }

    /// A crashed worker is back.
    pub(super) fn revive(
        &mut self,
        app: AppId,
        worker: WorkerId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        self.with(app, stream, cx, |app, io| app.revive(worker, io));
    }

    /// New workers join an application.
    pub(super) fn join(
        &mut self,
        app: AppId,
        workers: u32,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        stream.bill_new_workers(app, workers, cx.queue.now());
        self.with(app, stream, cx, |app, io| app.join(workers, io));
    }

    /// A zone is lost, and the workers that run there are gone.
    pub(super) fn lose_zone(&mut self, zone: u8, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        self.with_each(stream, cx, |app, io| {
            for worker in app.workers_in(zone) {
                app.crash(worker, io);
            }
        });
    }

    /// A zone is back, and so are the workers that ran there.
    pub(super) fn regain_zone(&mut self, zone: u8, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        self.with_each(stream, cx, |app, io| {
            for worker in app.workers_in(zone) {
                app.revive(worker, io);
            }
        });
    }
}
