//! Amazon Kinesis Data Streams: shards that split and merge, capacity modes, producers on the SDK and
//! the KPL, consumers on the KCL, enhanced fan-out and Lambda. Replication over zones is synchronous
//! and invisible, as the service has it.
//!
//! What is modelled and what is not: docs/FIDELITY.md.

pub mod aggregation;
pub mod api;
mod app;
mod billing;
mod carried;
mod cloudwatch;
mod config;
mod consumer;
pub mod control;
mod event;
mod fan_out;
pub mod hash;
mod keys;
mod kpl;
mod lease;
mod life;
mod limiter;
pub mod lineage;
mod on_demand;
mod operate;
mod order;
mod policy;
mod request;
mod retention;
mod sdk;
mod shard;
mod sink;
mod size;
mod state;
mod weather;

pub use cloudwatch::{CloudWatch, METRICS, Minute, Stat};
pub use config::{
    Call, Config, ConsumerConfig, ExplicitHash, Fault, FaultKind, KplConfig, Library,
    OnDemandConfig, Operation, Position, ProducerConfig, Reading, RetryMode, ServiceConfig,
};
pub use event::Event;
pub use policy::{PolicyConfig, Sight};
pub use shard::{Demand, Shard};
pub use state::Kinesis;

use crate::cost::Item;
use crate::platform::{Cx, MetricNames, Platform, Sampled, Setup, Size};
use crate::probe::{Cause, Fate, Gauge, Held, Lane, Monitor};
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Mark, Record, Workload};
use kpl::Kpl;
use state::lane_of;

const THROTTLED: usize = 0;
const TOO_LARGE: usize = 1;
const BACKLOG_FULL: usize = 2;
const INTERNAL: usize = 3;
const KMS_DISABLED: usize = 4;
const KMS_THROTTLED: usize = 5;
const TIMED_OUT: usize = 6;
const EXPIRED: usize = 7;
const USER_TOO_LARGE: usize = 8;
const NOT_FOUND: usize = 9;

impl Platform for Kinesis {
    type Config = Config;
    type Event = Event;

    const CAUSES: &'static [Cause] = &[
        Cause {
            name: "ProvisionedThroughputExceededException",
            fate: Fate::Refused,
        },
        Cause {
            name: "ValidationException (record too large)",
            fate: Fate::Refused,
        },
        Cause {
            name: "producer backlog full",
            fate: Fate::Refused,
        },
        Cause {
            name: "InternalFailure",
            fate: Fate::Refused,
        },
        Cause {
            name: "KMSDisabledException",
            fate: Fate::Refused,
        },
        Cause {
            name: "KMSThrottlingException",
            fate: Fate::Refused,
        },
        Cause {
            name: "no answer",
            fate: Fate::Refused,
        },
        Cause {
            name: "Expired (RecordTtl)",
            fate: Fate::ExpiredInClient,
        },
        Cause {
            name: "larger than maxUserRecordSize",
            fate: Fate::Refused,
        },
        Cause {
            name: "ResourceNotFoundException",
            fate: Fate::Refused,
        },
    ];
    const NAMES: MetricNames = MetricNames {
        lane: "shard",
        bytes_in: "IncomingBytes",
        records_in: "IncomingRecords",
        throttled: "WriteProvisionedThroughputExceeded",
        read_throttled: "ReadProvisionedThroughputExceeded",
        lag: "records behind",
        per_second: false,
    };

    fn read(section: &Section<'_>, workload: &Workload) -> Config {
        Config::read(section, workload)
    }

    fn size(config: &Config, duration: Nanos, workload: &Workload) -> Size {
        config.size(duration, workload)
    }

    fn marks(config: &Config) -> Vec<Mark> {
        config.marks()
    }

    fn new(config: &Config, setup: &Setup<'_>) -> Self {
        Self::build(config, setup)
    }

    fn lanes(&self) -> Vec<Lane> {
        let lane = |shard| lane_of(&self.config.service, &self.control.lineage, shard);
        (0..self.config.shard_count).map(lane).collect()
    }

    fn start(&mut self, cx: &mut Cx<'_, Event>) {
        if self.watches_order {
            cx.probe.watch_order();
        }
        for (number, call) in (0..).zip(&self.config.calls) {
            cx.queue.at(call.at, Event::Call(number));
        }
        for (number, fault) in (0..).zip(&self.config.faults) {
            cx.queue.at(fault.from, Event::FaultBegins(number));
            cx.queue.at(fault.to, Event::FaultEnds(number));
        }
        cx.queue.after(Nanos::from_secs(1), Event::Second);
        self.start_policy(cx);
        for app in 0..self.apps.len() as u16 {
            match self.apps[usize::from(app)].config.starts_at {
                Nanos::ZERO => self.deploy(app, cx),
                later => cx.queue.after(later, Event::Deploy(app)),
            }
        }
    }

    #[inline]
    fn offer(&mut self, record: Record, cx: &mut Cx<'_, Event>) {
        let bytes = u64::from(record.bytes) + self.key_bytes(record.key);
        let producer = &mut self.producers[record.producer as usize];
        if bytes > self.record_max {
            return cx.probe.ended(TOO_LARGE, 1);
        }
        if producer.held >= self.backlog_max {
            return cx.probe.ended(BACKLOG_FULL, 1);
        }
        if !self.collects {
            return self.offer_at_once(record, bytes, cx);
        }
        if producer.open_bytes + bytes > self.config.producer.batch_bytes
            && !producer.open.is_empty()
        {
            self.close_call(record.producer, cx);
        }
        let producer = &mut self.producers[record.producer as usize];
        if producer.open.is_empty() {
            let event = Event::Flush {
                producer: record.producer,
                generation: producer.generation,
            };
            cx.queue.after(self.config.producer.flush_interval, event);
        }
        producer.open.push(Record {
            bytes: bytes as u32,
            ..record
        });
        producer.open_bytes += bytes;
        producer.held += 1;
        if producer.open.len() == self.config.producer.batch_records {
            self.close_call(record.producer, cx);
        }
    }

    #[inline]
    fn event(&mut self, event: Event, cx: &mut Cx<'_, Event>) {
        match event {
            Event::Arrive(request) => self.arrive(request, cx),
            Event::Answer(request) => self.answer(request, cx),
            Event::Retry(request) => self.resend(request, cx),
            Event::Flush {
                producer,
                generation,
            } => self.flush(producer, generation, cx),
            Event::Poll { app, shard, epoch } => self.poll(app, shard, epoch, cx),
            Event::Read { app, shard, epoch } => self.receive(app, shard, epoch, cx),
            Event::Done {
                app,
                worker,
                generation,
            } => self.finish_slice(app, worker, generation, cx),
            Event::Push { app, shard, epoch } => self.push(app, shard, epoch, cx),
            Event::Deliver { app, shard, epoch } => self.deliver(app, shard, epoch, cx),
            Event::Second => self.tick(cx),
            other => self.rare(other, cx),
        }
    }

    fn apply(&mut self, action: Action, cx: &mut Cx<'_, Event>) {
        match action {
            Action::ConsumerDown(app) => self.apps[usize::from(app)].down += 1,
            Action::ConsumerUp(app) => self.bring_up(app, cx),
            Action::WorkerDown(app, worker) => self.crash(app, worker, cx),
            Action::WorkerUp(app, worker) => self.revive(app, worker, cx),
            Action::WorkersJoin(app, workers) => self.join(app, workers, cx),
            Action::ZoneDown(zone) => self.lose_zone(zone, cx),
            Action::ZoneUp(zone) => self.regain_zone(zone, cx),
            Action::ScaleTo(shards) => {
                let answer = self.update_shard_count(u64::from(shards), cx);
                self.note("UpdateShardCount", answer, cx);
            }
        }
    }

    fn sample(&mut self, now: SimTime) -> Sampled {
        let mut gauges = Vec::new();
        for app in &mut self.apps {
            let metric = match app.config.reading {
                Reading::FanOut => "SubscribeToShardEvent.MillisBehindLatest",
                Reading::Polling => "GetRecords.IteratorAgeMilliseconds",
            };
            // Without an answer there is no data point, as in CloudWatch.
            if let Some(age) = app.age.take() {
                gauges.push(Gauge {
                    entity: app.name.clone(),
                    metric,
                    unit: "ms",
                    value: age.as_millis_f64(),
                });
            }
        }
        for app in &mut self.apps {
            let held = app
                .workers
                .iter()
                .map(|worker| worker.reader.holds(now))
                .sum();
            let outlet = app.outlet.iter_mut();
            gauges.extend(outlet.flat_map(|outlet| outlet.gauges(now, &app.name, held)));
        }
        let shards = if self.weather.there {
            f64::from(self.control.open())
        } else {
            0.0
        };
        gauges.push(Gauge {
            entity: "stream".to_owned(),
            metric: "open shards",
            unit: "shards",
            value: shards,
        });
        let held = self.held(now);
        Sampled {
            lag: held.unread,
            client_held: held.client,
            gauges,
        }
    }

    fn held(&self, now: SimTime) -> Held {
        let mut held = Held::default();
        held.client = self.requests.held()
            + self
                .producers
                .iter()
                .map(|p| p.open.len() as u64)
                .sum::<u64>();
        held.client += self.kpl.as_ref().map_or(0, Kpl::held);
        held.sinks = self
            .apps
            .iter()
            .map(|app| Some(app.outlet.as_ref()?.sink.tally()))
            .collect();
        for app in &self.apps {
            let (unread, expired) = retention::unread(self, app, now);
            held.unread.push(unread);
            held.expired.push(expired);
        }
        held
    }

    fn tariff(&self) -> Vec<Item> {
        billing::tariff(self.config.facts)
    }

    fn usage(&mut self, now: SimTime) -> Vec<u128> {
        self.bill_usage(now)
    }

    fn filled(&self, now: SimTime) -> Vec<(usize, u128)> {
        self.filled_log(now)
    }

    fn monitor(&mut self) -> Monitor {
        self.monitor.take()
    }
}

impl Kinesis {
    /// A record for a library that does not collect PutRecords calls here: the KPL, or PutRecord.
    fn offer_at_once(&mut self, record: Record, bytes: u64, cx: &mut Cx<'_, Event>) {
        if let Library::Kpl(kpl) = &self.config.producer.library {
            if u64::from(record.bytes) > kpl.record_max {
                return cx.probe.ended(USER_TOO_LARGE, 1);
            }
            let deadline = cx.queue.now() + kpl.buffered;
            self.producers[record.producer as usize].held += 1;
            return self.take_in(record, deadline, cx);
        }
        let producer = &mut self.producers[record.producer as usize];
        producer.open.push(Record {
            bytes: bytes as u32,
            ..record
        });
        producer.held += 1;
        self.close_call(record.producer, cx);
    }

    fn flush(&mut self, producer: u32, generation: u32, cx: &mut Cx<'_, Event>) {
        if self.kpl.is_some() {
            return self.collection_due(producer, generation, cx);
        }
        let open = &self.producers[producer as usize];
        if open.generation == generation && !open.open.is_empty() {
            self.close_call(producer, cx);
        }
    }

    /// A second is over: CloudWatch, and once a minute those who decide by it.
    fn tick(&mut self, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        self.seconds += 1;
        self.note_throttling(cx);
        self.monitor.tick(now);
        if self.seconds.is_multiple_of(self.monitor.period_s()) {
            let capacity = self.config.service.write_rate.0 as f64 * f64::from(self.control.open());
            self.monitor.close_minute(now, capacity);
            self.bill_storage(Nanos::from_secs(self.monitor.period_s()));
            if self.control.mode == control::Mode::OnDemand {
                self.look_at_demand(cx);
            } else {
                self.clear_demand();
            }
        }
        cx.queue.after(Nanos::from_secs(1), Event::Second);
    }

    /// Notes when writes begin to be throttled, and when they have not been for ten seconds.
    fn note_throttling(&mut self, cx: &mut Cx<'_, Event>) {
        const CALM_S: u64 = 10;
        let refused = self.monitor.this_second(Stat::WriteThrottled);
        if refused > 0.0 {
            if self.throttled_at.is_none() {
                let detail = format!("{refused} records refused in a second");
                cx.probe
                    .happened(cx.queue.now(), "stream", "throttling begins", detail);
            }
            self.throttled_at = Some(self.seconds);
        } else if self
            .throttled_at
            .is_some_and(|last| self.seconds >= last + CALM_S)
        {
            let last = self.throttled_at.take().unwrap_or_default();
            let detail = format!("the last refusal was at {last} s");
            cx.probe
                .happened(cx.queue.now(), "stream", "throttling ends", detail);
        }
    }

    /// Timers that are no part of the record path.
    #[inline(never)]
    fn rare(&mut self, event: Event, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        match event {
            Event::Aggregate {
                process,
                shard,
                generation,
            } => self.aggregate_due(process, shard, generation, cx),
            Event::Drain(process) => self.drain_limiters(process, cx),
            Event::MapKnown => self.map_known(),
            Event::SinkDue {
                app,
                worker,
                generation,
            } => self.sink_due(app, worker, generation, cx),
            Event::SinkDone {
                app,
                worker,
                generation,
            } => self.sink_done(app, worker, generation, cx),
            Event::Window {
                app,
                worker,
                generation,
            } => self.window_over(app, worker, generation, cx),
            Event::Subscribe { app, shard, epoch } => self.resubscribe(app, shard, epoch, cx),
            Event::Deploy(app) => self.deploy(app, cx),
            Event::Assign(app) => self.assign(app, cx),
            Event::Parents { app, shard, epoch } => self.look_at_parents(app, shard, epoch, cx),
            Event::Call(number) => self.call(number, cx),
            Event::FaultBegins(number) => self.fault(number, true, cx),
            Event::FaultEnds(number) => self.fault(number, false, cx),
            Event::Changed(number) => self.changed(number, cx),
            Event::Settled => self.control.settle(),
            Event::Lived => self.lived(cx),
            Event::RecordSize(kib) => {
                self.record_max = 1024 * u64::from(kib);
                self.control.settle();
            }
            Event::Encrypted(on) => {
                self.settle_bill(now);
                self.encrypted = on;
                self.weather.encrypt(now, on);
                self.control.settle();
            }
            Event::ShardExpired(shard) => self.shard_expired(shard, cx),
            Event::SplitDue(shard) => self.split_due(shard, cx),
            Event::Policy => self.look(cx),
            _ => {}
        }
    }
}
