//! What a stream with its clients is made of, and how it is at the beginning.

use super::app::{App, Lease};
use super::billing::Billing;
use super::cloudwatch::CloudWatch;
use super::config::{Config, ConsumerConfig, ExplicitHash, Library, Reading, ServiceConfig};
use super::control::{Control, Mode, Status};
use super::hash::{self, HashKey};
use super::keys::Keys;
use super::kpl::Kpl;
use super::lease;
use super::lineage::{Change, Lineage};
use super::policy::PolicyConfig;
use super::request::{Producer, Requests};
use super::shard::Shard;
use super::weather::Weather;
use crate::engine::{LatencyLaw, Stream};
use crate::facts::Book;
use crate::platform::{Outlet, Setup};
use crate::probe::Lane;
use crate::units::{ByteRate, Nanos, SimTime};
use crate::workload::Action;

/// A stream with its producers and consumers.
pub struct Kinesis {
    pub(super) config: Config,
    pub(super) backlog_max: u64,
    pub(super) control: Control,
    pub(super) shards: Vec<Shard>,
    /// Changes of the shards that were started, by number.
    pub(super) changes: Vec<Change>,
    pub(super) keys: Keys,
    pub(super) fixed_shard: u32,
    pub(super) producers: Vec<Producer>,
    pub(super) requests: Requests,
    pub(super) kpl: Option<Kpl>,
    pub(super) apps: Vec<App>,
    /// Per shard: whether a subscription waits for its next record.
    pub(super) listening: Vec<bool>,
    /// Per shard: when the service will split it (on-demand).
    pub(super) split_due: Vec<Option<SimTime>>,
    pub(super) monitor: CloudWatch,
    pub(super) billing: Billing,
    pub(super) policy: Option<PolicyConfig>,
    pub(super) weather: Weather,
    pub(super) record_max: u64,
    pub(super) retention: Nanos,
    pub(super) encrypted: bool,
    pub(super) seconds: u64,
    /// The last second in which a write was refused, while throttling lasts.
    pub(super) throttled_at: Option<u64>,
    /// Records stored, where logs keep numbers.
    pub(super) stored: u32,
    pub(super) watches_order: bool,
    /// Logs keep key and number of each record.
    pub(super) marks: bool,
    /// Something follows from every record that is stored.
    pub(super) attentive: bool,
    /// The producers collect PutRecords calls.
    pub(super) collects: bool,
    pub(super) counterexample: bool,
    pub(super) put_latency: LatencyLaw,
    pub(super) get_latency: LatencyLaw,
    pub(super) push_latency: LatencyLaw,
    pub(super) encryption_latency: Nanos,
    pub(super) iterator_life: Nanos,
    pub(super) subscription: Subscription,
    pub(super) rounds: lease::Rounds,
    pub(super) retry_tokens: Tokens,
    /// What was stored before is gone, whatever the retention is now.
    pub(super) gone_before: SimTime,
    pub(super) sdk_ceiling: Nanos,
    pub(super) sent: u64,
    pub(super) got: u64,
    pub(super) pushed: u64,
    pub(super) backed_off: u64,
    pub(super) crashes: u64,
    pub(super) draws: Draws,
}

/// The retry tokens of a client in standard mode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens {
    pub(super) quota: u64,
    pub(super) retry: u64,
    pub(super) timeout: u64,
    pub(super) success: u64,
}

impl Tokens {
    fn new(book: Book) -> Self {
        Self {
            quota: book.value("kinesis.sdk.quota"),
            retry: book.value("kinesis.sdk.quota.retry"),
            timeout: book.value("kinesis.sdk.quota.timeout"),
            success: book.value("kinesis.sdk.quota.success"),
        }
    }
}

/// The random streams of a system, each for one purpose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    pub(super) latency: Stream,
    pub(super) reads: Stream,
    pub(super) pushes: Stream,
    pub(super) jitter: Stream,
    pub(super) hashes: Stream,
    pub(super) phases: Stream,
    pub(super) scaling: Stream,
}

impl Draws {
    fn new(setup: &Setup<'_>) -> Self {
        let stream = |label: &str| Stream::new(setup.seed, setup.replication, label);
        Self {
            latency: stream("kinesis/put-latency"),
            reads: stream("kinesis/get-latency"),
            pushes: stream("kinesis/push-latency"),
            jitter: stream("kinesis/back-off"),
            hashes: stream("kinesis/keyless-hash"),
            phases: stream("kinesis/poll-phase"),
            scaling: stream("kinesis/on-demand"),
        }
    }
}

/// What the service grants a subscription.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subscription {
    pub(super) life: Nanos,
    pub(super) guard: Nanos,
    pub(super) rate: u64,
}

impl Subscription {
    fn new(book: Book) -> Self {
        Self {
            life: book.value("kinesis.efo.subscription"),
            guard: book.value("kinesis.efo.guard"),
            rate: book.value::<ByteRate>("kinesis.efo.rate").0,
        }
    }
}

/// A shard as reports show it.
pub(super) fn lane_of(service: &ServiceConfig, lineage: &Lineage, shard: u32) -> Lane {
    let member = lineage.get(shard);
    let share = |key: HashKey| key.0 as f64 / u128::MAX as f64;
    Lane {
        opened_s: member.opened.as_secs_f64(),
        range: Some((share(member.range.0), share(member.range.1))),
        parents: member.parents().collect(),
        ..Lane::new(
            hash::shard_id(shard),
            service.write_rate.0 as f64,
            service.write_records as f64,
        )
    }
}

impl Kinesis {
    /// The stream of a scenario before anything happens.
    pub(super) fn build(config: &Config, setup: &Setup<'_>) -> Self {
        let mut control = Control::new(config.shard_count, config.mode, config.quotas);
        if config.is_created() {
            control.status = Status::Absent;
            control.lineage = Lineage::new(config.shard_count, config.born());
        }
        let (service, lineage, book) = (&config.service, &control.lineage, config.facts);
        let (shards, producers) = (
            config.shard_count as usize,
            setup.workload.producers() as usize,
        );
        let kpl = match &config.producer.library {
            Library::Kpl(kpl) => Some(Kpl::new(kpl, producers, lineage, book)),
            _ => None,
        };
        let watches_order =
            service.watch_order || config.consumers.iter().any(|c| c.children_first);
        let marks = watches_order || setup.workload.asks_for_marks();
        let resharding = config.reshards()
            || setup
                .workload
                .timeline
                .steps
                .iter()
                .any(|(_, a)| is_scaling(*a));
        let keys = Keys::new(&setup.workload.keys, lineage, resharding || kpl.is_some());
        Self {
            backlog_max: setup.workload.producer_backlog,
            shards: vec![Shard::new(service); shards],
            changes: Vec::new(),
            keys,
            fixed_shard: match config.producer.explicit_hash {
                ExplicitHash::Fixed(key) => lineage.shard(HashKey(key)),
                _ => 0,
            },
            producers: vec![Producer::default(); producers],
            requests: Requests::default(),
            kpl,
            apps: apps(config, setup, watches_order),
            listening: vec![false; shards],
            split_due: vec![None; shards],
            monitor: CloudWatch::new(setup.workload.duration.as_secs_f64(), book),
            billing: Billing::new(book),
            policy: config.policy.clone(),
            weather: Weather::new(
                config,
                Stream::new(setup.seed, setup.replication, "kinesis/weather"),
            ),
            record_max: config.record_max,
            retention: config.retention,
            encrypted: config.encrypted,
            seconds: 0,
            throttled_at: None,
            stored: 0,
            watches_order,
            marks,
            collects: matches!(config.producer.library, Library::PutRecords),
            attentive: marks
                || config
                    .consumers
                    .iter()
                    .any(|c| c.reading == Reading::FanOut)
                || config.mode == Mode::OnDemand
                || !config.calls.is_empty(),
            counterexample: false,
            put_latency: LatencyLaw::new(service.put_median, service.put_p99),
            get_latency: LatencyLaw::new(service.get_median, service.get_p99),
            push_latency: LatencyLaw::new(service.push_median, service.push_p99),
            encryption_latency: book.value("kinesis.encryption.latency"),
            iterator_life: book.value("kinesis.iterator.life"),
            subscription: Subscription::new(book),
            rounds: lease::Rounds::new(book),
            retry_tokens: Tokens::new(book),
            gone_before: SimTime::ZERO,
            sdk_ceiling: book.value("kinesis.sdk.delay.standard"),
            sent: 0,
            got: 0,
            pushed: 0,
            backed_off: 0,
            crashes: 0,
            draws: Draws::new(setup),
            control,
            config: config.clone(),
        }
    }
}

/// Whether a step of the timeline can change the set of shards.
fn is_scaling(action: Action) -> bool {
    matches!(action, Action::ScaleTo(_))
}

/// The consumer applications with their leases, workers settled on the shards of the first day.
fn apps(config: &Config, setup: &Setup<'_>, watches_order: bool) -> Vec<App> {
    let keys = if watches_order {
        setup.workload.keys.len() as usize
    } else {
        0
    };
    let build = |(consumer, config_of): (&crate::workload::Consumer, &ConsumerConfig)| {
        let mut app = App {
            name: consumer.name.clone(),
            config: config_of.clone(),
            per_record: consumer.per_record,
            workers: Vec::new(),
            leases: vec![Lease::new(); config.shard_count as usize],
            down: 0,
            age: None,
            rounds: 0,
            leader: 0,
            leader_until: SimTime::ZERO,
            newest: vec![0; keys],
            sink: consumer.sink.clone(),
            outlet: Outlet::open(consumer, setup),
        };
        let workers = if config_of.lambda {
            config.shard_count
        } else {
            consumer.workers
        };
        (0..workers).for_each(|_| app.add_worker());
        for (shard, lease) in (0..).zip(&mut app.leases) {
            lease.owner = shard % workers;
        }
        app
    };
    setup
        .workload
        .consumers
        .iter()
        .zip(&config.consumers)
        .map(build)
        .collect()
}
