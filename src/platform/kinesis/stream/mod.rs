//! The stream: its control plane, its shards, faults of the service, CloudWatch and the bill.
//!
//! Nobody outside this folder names a field of it. Producers put by the methods of [`put`], consumers read by
//! those of [`read`]; what they have to know without asking is a [`Notice`], which the model passes on.

pub mod api;
mod bill_counts;
mod bill_readers;
mod bill_reading;
mod billing;
pub(crate) mod calls;
mod cloudwatch;
mod conditions;
pub mod control;
mod event;
pub(crate) mod faults;
pub mod hash;
mod lifecycle;
pub mod lineage;
mod monitoring;
mod on_demand;
mod operations;
pub(crate) mod policy;
mod put;
mod rates;
mod read;
mod resharding;
mod retention;
mod scaling;
mod shard;
#[cfg(test)]
mod tests;

pub use calls::{Call, Operation};
pub use cloudwatch::{CloudWatch, METRICS, Minute, Stat};
pub(crate) use conditions::CallError;
pub use event::StreamEvent;
pub(crate) use event::{Notice, Resharding};
pub use faults::{Fault, FaultKind};
pub use policy::{PolicyConfig, PolicyView};
pub(crate) use put::{PutCall, PutTally};
pub(crate) use read::GetRecords;
pub use shard::{Demand, Shard};

use super::ids::{ChangeId, ShardId, Slots};
use super::{Config, KinesisCx, OnDemandConfig, Reading, ServiceConfig};
use crate::engine::Stream as Random;
use crate::facts::FactsAt;
use crate::platform::Setup;
use crate::probe::{Gauge, Lane, Limit, gauges};
use crate::units::{Nanos, SimTime};
use bill_counts::Past;
use billing::Billing;
use conditions::Conditions;
use control::{Control, Mode, Status};
use lineage::{Change, Lineage};
use rates::CallRates;
use retention::Retention;

/// The stream with its control plane.
pub(crate) struct Stream {
    /// Limits and delays of the service.
    service: ServiceConfig,
    /// How an on-demand stream grows.
    on_demand: OnDemandConfig,
    /// The facts in force.
    facts: FactsAt,
    /// What the operator calls, and what breaks.
    plan: Plan,
    /// The control plane with the graph of shards.
    control: Control,
    /// Limits and records of every shard.
    shards: Slots<ShardId, Shard>,
    /// The splits and merges that were started.
    changes: Slots<ChangeId, Change>,
    /// The most bytes of a record with its key `[B]`.
    record_max: u64,
    /// How long records are kept.
    retention: Retention,
    /// Whether records are encrypted, and how much longer a put takes then.
    encryption: Encryption,
    /// The fault state of the service.
    conditions: Conditions,
    /// The metrics.
    monitor: CloudWatch,
    /// Whole seconds since the beginning of the run `[s]`.
    seconds: u64,
    /// What its shards refused.
    refusals: Refusals,
    /// What the stream is billed for.
    billing: Billing,
    /// Who changes the number of shards from outside.
    policy: Option<PolicyConfig>,
    /// Random delays of on-demand splits.
    scaling: Random,
    /// Records stored so far, if logs keep the key and the number of each record.
    numbered: Option<u32>,
    /// Whether something follows from a record that is stored, besides its counts.
    attentive: bool,
    /// Messages to the clients that were not passed on yet.
    notices: Vec<Notice>,
}

/// What the scenario does to the stream while it runs.
struct Plan {
    /// What the operator calls, in the order of time.
    calls: Vec<Call>,
    /// What breaks.
    faults: Vec<Fault>,
    /// How many calls a second the service takes.
    rates: CallRates,
}

/// What the shards refused last.
#[derive(Default)]
struct Refusals {
    /// The last second in which a write was refused, while throttling lasts `[s]`.
    throttled_at: Option<u64>,
    /// When each shard refused a record last, and for which limit.
    last: Vec<Option<(SimTime, Limit)>>,
}

/// Encryption of the stream with a key of KMS.
#[derive(Clone, Copy)]
struct Encryption {
    /// Whether records are encrypted.
    on: bool,
    /// How much longer a put takes then.
    latency: Nanos,
}

impl Stream {
    /// The stream of a scenario before anything happens; logs keep `marks` if somebody asks for them.
    pub(super) fn new(config: &Config, setup: &Setup<'_>, marks: bool) -> Self {
        let random = |label: &str| Random::new(setup.seed, setup.replication, label);
        let (service, book) = (&config.service, config.facts);
        let mut control = Control::new(config.shard_count, config.mode, config.quotas);
        if config.is_created() {
            control.status = Status::Absent;
            control.lineage = Lineage::new(config.shard_count, config.born());
        }
        // A stream that is created in the run has no past.
        let past = setup.workload.rate_before();
        let past = past.filter(|_| !config.is_created());
        let pushes = |consumer: &super::ConsumerConfig| consumer.reading == Reading::FanOut;
        let shards = (0..config.shard_count).map(|_| Shard::new(service));
        Self {
            on_demand: config.on_demand.clone(),
            facts: book,
            plan: Plan {
                calls: config.calls.clone(),
                faults: config.faults.clone(),
                rates: CallRates::on(&book),
            },
            control,
            shards: shards.collect(),
            changes: Slots::default(),
            record_max: config.record_max,
            retention: Retention {
                period: config.retention,
                gone_before: SimTime::ZERO,
                before: past.map_or(Nanos::ZERO, |_| config.retention),
            },
            encryption: Encryption {
                on: config.encrypted,
                latency: book.value("kinesis.encryption.latency"),
            },
            conditions: Conditions::new(config, random("kinesis/weather")),
            monitor: CloudWatch::new(setup.workload.duration.as_secs_f64(), book),
            seconds: 0,
            refusals: Refusals::default(),
            billing: Billing::new(book, &config.consumers, setup.workload)
                .with_past(Past::of(past.unwrap_or(0.0), config.retention)),
            policy: config.policy.clone(),
            scaling: random("kinesis/on-demand"),
            numbered: marks.then_some(0),
            attentive: marks
                || config.consumers.iter().any(pushes)
                || config.mode == Mode::OnDemand
                || !config.calls.is_empty(),
            notices: Vec::new(),
            service: service.clone(),
        }
    }

    /// Sets the first timers.
    pub(super) fn start(&mut self, cx: &mut KinesisCx<'_>) {
        self.start_operations(cx);
        if !self.conditions.exists() {
            cx.probe.begin_wait(Limit::Absent.at(0), cx.queue.now());
        }
        let second = Nanos::from_secs(1);
        cx.queue.after(second, StreamEvent::Second.into());
        self.start_policy(cx);
    }

    /// A timer of the stream fires.
    pub(super) fn on(&mut self, event: StreamEvent, cx: &mut KinesisCx<'_>) {
        match event {
            StreamEvent::Second => self.tick(cx),
            StreamEvent::Call(call) => self.call(call, cx),
            StreamEvent::FaultBegins(fault) => self.turn_fault(fault, true, cx),
            StreamEvent::FaultEnds(fault) => self.turn_fault(fault, false, cx),
            StreamEvent::Changed(change) => self.finish_change(change, cx),
            StreamEvent::Settled => self.control.settle(),
            StreamEvent::LifecycleStep => self.finish_lifecycle_step(cx),
            StreamEvent::RecordSize(kib) => self.set_record_size(kib),
            StreamEvent::Encrypted(on) => self.set_encrypted(on, cx.queue.now()),
            StreamEvent::ShardExpired(shard) => self.expire_shard(shard, cx),
            StreamEvent::SplitDue(shard) => self.split_due(shard, cx),
            StreamEvent::Policy => self.ask_policy(cx),
        }
    }

    /// A shard as reports show it.
    pub(super) fn lane(&self, shard: ShardId) -> Lane {
        let node = self.control.lineage.get(shard);
        let share = |key: hash::HashKey| key.0 as f64 / u128::MAX as f64;
        Lane {
            opened_s: node.opened.as_secs_f64(),
            range: Some((share(node.range.0), share(node.range.1))),
            parents: node.parents().map(|parent| parent.0).collect(),
            ..Lane::new(
                shard.to_string(),
                self.service.shard.write_rate.0 as f64,
                self.service.shard.write_records as f64,
            )
        }
    }

    /// The number of open shards, as reports show it.
    pub(super) fn gauge(&self) -> Gauge {
        let open = if self.conditions.exists() {
            self.control.open()
        } else {
            0
        };
        Gauge::new(gauges::OPEN_SHARDS, "stream", f64::from(open))
    }

    /// Checks what must hold at any instant.
    ///
    /// # Panics
    /// If it does not hold: a bug of the model.
    pub(super) fn check(&self) {
        self.control.lineage.check();
        assert_eq!(
            self.shards.len(),
            self.control.lineage.members().len(),
            "every shard has limits and a log"
        );
        assert!(
            self.notices.is_empty(),
            "the clients were told everything: {:?}",
            self.notices
        );
    }
}
