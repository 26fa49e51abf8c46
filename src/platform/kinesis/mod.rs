//! Amazon Kinesis Data Streams: shards that split and merge, capacity modes, producers on the SDK and
//! the KPL, consumers on the KCL, enhanced fan-out and Lambda. Replication over zones is synchronous
//! and invisible, as the service has it.
//!
//! Three rooms own all state. Producers (`writers`) and applications (`apps`) call methods of the stream
//! (`stream`), which answers; the stream calls neither of them but leaves a notice, which this file passes on.
//!
//! What is modelled and what is not: docs/FIDELITY.md.

mod apps;
mod causes;
mod config;
mod event;
mod ids;
mod lift;
mod limits;
pub mod relief;
#[cfg(test)]
mod small;
mod stream;
mod writers;

pub use apps::AppEvent;
pub use config::{
    Config, ConsumerConfig, ControlTimes, ExplicitHash, FlinkConfig, KplConfig, LeaseTableConfig,
    Library, MappingConfig, OnDemandConfig, Position, Prefetch, ProducerConfig, PushConfig, Reader,
    Reading, RetryMode, ServiceConfig, ShardLimits, TableClient,
};
pub use event::Event;
pub(crate) use event::KinesisCx;
pub use ids::{
    AppId, CallId, ChangeId, FaultId, Id, KplRecordId, ProducerId, RequestId, ShardId, Slots,
    WorkerId,
};
pub use stream::{
    Call, CloudWatch, Demand, Fault, FaultKind, METRICS, Minute, Operation, PolicyConfig,
    PolicyView, Shard, Stat, StreamEvent, api, control, hash, lineage,
};
pub use writers::{WriterEvent, aggregation};

use crate::cost::Item;
use crate::platform::foresee::Foreseen;
use crate::platform::{Billed, Cx, MetricNames, Platform, Sampled, Setup, Size};
use crate::probe::{Cause, Held, Lane, Limit, Monitor};
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Mark, Record, Workload};
use apps::Apps;
use stream::{Notice, Stream};
use writers::Writers;

/// A stream with its producers and consumers.
pub struct Kinesis {
    /// The stream.
    stream: Stream,
    /// The producers.
    writers: Writers,
    /// The consumer applications.
    apps: Apps,
}

impl Billed for Kinesis {
    fn tariff(&self) -> Vec<Item> {
        self.stream.tariff()
    }

    fn usage(&mut self, now: SimTime) -> Vec<u128> {
        self.stream.bill_usage(now)
    }

    fn filled(&self, now: SimTime) -> Vec<(usize, u128)> {
        self.stream.bill_filled_log(now)
    }
}

impl Platform for Kinesis {
    type Config = Config;
    type Event = Event;

    const CAUSES: &'static [Cause] = causes::CAUSES;
    const NAMES: MetricNames = MetricNames {
        lane: "shard",
        bytes_in: "IncomingBytes",
        records_in: "IncomingRecords",
        throttled: "WriteProvisionedThroughputExceeded",
        read_throttled: "ReadProvisionedThroughputExceeded",
        lag: "records behind",
        redelivered: "they came after the last checkpoint when a lease moved, or their batch was tried again",
        skipped: "the application began to read after them",
        limit: limits::words,
        per_second: false,
    };

    fn read(section: &Section<'_>, workload: &Workload) -> Config {
        Config::read(section, workload)
    }

    fn size(config: &Config, duration: Nanos, workload: &Workload) -> Size {
        config.size(duration, workload)
    }

    fn lift(config: &mut Config, limit: Limit, consumer: Option<usize>) -> Option<&'static str> {
        lift::lift(config, limit, consumer)
    }

    fn marks(config: &Config) -> Vec<Mark> {
        config.marks()
    }

    fn foresee(config: &Config, workload: &Workload) -> Vec<Foreseen> {
        config::foresee(config, workload)
    }

    fn unsteady(config: &Config) -> Option<&'static str> {
        if !config.faults.is_empty() || !config.calls.is_empty() {
            return Some("faults or calls change a stream in the run");
        }
        config
            .reshards()
            .then_some("the shards of a stream change in the run")
    }

    fn new(config: &Config, setup: &Setup<'_>) -> Self {
        let apps = Apps::new(config, setup);
        let marks = apps.need_marks() || setup.workload.asks_for_marks();
        let stream = Stream::new(config, setup, marks);
        Self {
            writers: Writers::new(config, setup, &stream),
            stream,
            apps,
        }
    }

    fn lanes(&self) -> Vec<Lane> {
        let shards = self.stream.shard_ids();
        shards.map(|shard| self.stream.lane(shard)).collect()
    }

    fn start(&mut self, cx: &mut Cx<'_, Event>) {
        if self.apps.watches_order() {
            cx.probe.watch_order();
        }
        self.stream.start(cx);
        self.apps.start(&mut self.stream, cx);
    }

    #[inline]
    fn offer(&mut self, record: Record, cx: &mut Cx<'_, Event>) {
        self.writers.offer(record, &mut self.stream, cx);
    }

    #[inline]
    fn event(&mut self, event: Event, cx: &mut Cx<'_, Event>) {
        match event {
            Event::Writers(event) => self.writers.on(event, &mut self.stream, cx),
            Event::Apps(event) => self.apps.on(event, &mut self.stream, cx),
            Event::Stream(event) => self.stream.on(event, cx),
        }
        self.pass_notices(cx);
    }

    fn apply(&mut self, action: Action, cx: &mut Cx<'_, Event>) {
        let Self { stream, apps, .. } = self;
        match action {
            Action::ConsumerDown(app) => apps.take_down(AppId(app)),
            Action::ConsumerUp(app) => apps.bring_up(AppId(app), stream, cx),
            Action::WorkerDown(app, worker) => {
                apps.crash(AppId(app), WorkerId(worker), stream, cx);
            }
            Action::WorkerStop(app, worker) => apps.stop(AppId(app), WorkerId(worker), stream, cx),
            Action::WorkerUp(app, worker) => {
                apps.revive(AppId(app), WorkerId(worker), stream, cx);
            }
            Action::WorkersJoin(app, workers) => apps.join(AppId(app), workers, stream, cx),
            Action::ZoneDown(zone) => {
                stream.lose_zone(zone, cx);
                apps.lose_zone(zone, stream, cx);
            }
            Action::ZoneUp(zone) => {
                stream.regain_zone(zone, cx);
                apps.regain_zone(zone, stream, cx);
            }
            Action::ScaleTo(shards) => stream.scale_to(shards, cx),
            Action::RecordsFail(app, count) => apps.fail_records(AppId(app), count, cx),
        }
        self.pass_notices(cx);
    }

    fn sample(&mut self, now: SimTime) -> Sampled {
        #[cfg(debug_assertions)]
        self.check();
        let bound = self.apps.held_up(now);
        let mut gauges = self.apps.gauges(now);
        gauges.push(self.stream.gauge());
        let held = self.held(now);
        Sampled {
            lag: held.unread,
            client_held: held.client,
            gauges,
            bound,
        }
    }

    fn held(&self, now: SimTime) -> Held {
        let mut held = Held {
            client: self.writers.held(),
            ..Held::default()
        };
        self.apps.add_held(&mut held, &self.stream, now);
        held
    }

    fn monitor(&mut self) -> Monitor {
        self.stream.take_monitor()
    }
}

impl Kinesis {
    /// Passes what the stream has to say on to producers and applications.
    #[inline]
    fn pass_notices(&mut self, cx: &mut KinesisCx<'_>) {
        while let Some(notice) = self.stream.next_notice() {
            match notice {
                Notice::Stored(shard) => self.apps.wake(shard, &mut self.stream, cx),
                Notice::Resharded(done) => {
                    self.writers.reshard(&done, &self.stream);
                    self.apps.reshard(&done, &mut self.stream, cx);
                    self.stream.close_change(done, cx);
                }
            }
        }
    }

    /// Checks what must hold at any instant, room by room.
    ///
    /// # Panics
    /// If it does not hold: a bug of the model.
    pub fn check(&self) {
        self.stream.check();
        self.writers.check();
        self.apps.check(&self.stream);
    }
}
