//! `[system.<label>.kafka]`: the settings of a cluster, its topic and its clients.
//!
//! Dotted names are Kafka's configuration keys, `PascalCase` names those of the MSK API; both stand
//! as they are, in Kafka's own units or as text with a unit. Names in `kebab-case` are ours: they belong to the model and
//! carry units.

mod autoscaling;
mod client;
mod cluster;
mod compaction;
mod connections;
mod consumer;
mod controller;
mod coordinator;
mod dialect;
mod encryption;
mod faults;
mod foresee;
mod limits;
mod lint;
mod machine;
mod operation;
mod pauses;
mod producer;
mod quota;
mod recovery;
mod replication;
mod reset;
mod share;
mod size;
mod topic;
mod transactions;

pub use super::control::calls::{Call, Operation};
pub use super::control::faults::FaultKind;
pub use autoscaling::Autoscaling;
pub(super) use client::in_order as hashes_in_order;
pub use cluster::{ClusterConfig, Flavour, Metadata, Quotas};
pub use compaction::Compaction;
pub use consumer::{ConsumerConfig, Protocol};
pub use controller::{Failover, QuorumTimers};
pub use coordinator::CoordinatorConfig;
pub use encryption::Encryption;
pub use faults::Fault;
pub(super) use faults::{broker_in, worker_of};
pub(super) use machine::of_type as machine_of_type;
pub use machine::{Burst, Machine, Wire};
pub use pauses::Pauses;
pub use producer::{Acks, Partitioner, ProducerConfig};
pub use quota::ClientQuotas;
pub use recovery::Recovery;
pub use reset::Reset;
pub use topic::TopicConfig;
pub use transactions::Transactions;

use crate::facts::{self, FactsAt, keys};
use crate::settings::{Problem, Section, Setting};
use crate::units::Nanos;
use crate::workload::{Action, Mark, Workload};
use std::fmt::Display;
use std::ops::RangeInclusive;

pub(super) use foresee::sums as foresee;

/// The settings of one cluster with one topic, its producers and its consumers.
#[derive(Clone, Debug)]
pub struct Config {
    /// `NumberOfBrokerNodes`.
    pub brokers: u32,
    /// The most brokers that there are in the run.
    pub brokers_most: u32,
    /// Availability zones.
    pub zones: u32,
    /// Brokers' settings and timers.
    pub cluster: ClusterConfig,
    /// The machine that each broker runs on.
    pub machine: Machine,
    /// The topic.
    pub topic: TopicConfig,
    /// Every producer.
    pub producer: ProducerConfig,
    /// Per consumer group, in the order of the workload.
    pub consumers: Vec<ConsumerConfig>,
    /// What coordinators of groups and of transactions go by.
    pub coordinator: CoordinatorConfig,
    /// What clients may move.
    pub client_quotas: ClientQuotas,
    /// How killed brokers recover their logs.
    pub recovery: Recovery,
    /// How volumes grow by themselves, if they do.
    pub autoscaling: Option<Autoscaling>,
    /// New connections a second that each broker accepts, if that is limited.
    pub connection_rate: Option<u64>,
    /// One way between two machines of a zone.
    pub same_zone: Nanos,
    /// One way between two machines of different zones.
    pub cross_zone: Nanos,
    /// What the operator calls, in time order.
    pub calls: Vec<Call>,
    /// What breaks, besides the timeline.
    pub faults: Vec<Fault>,
    /// The facts in force.
    pub facts: FactsAt,
    /// Whether anything disturbs the run, so that the order of keys is watched where they are read.
    pub disturbed: bool,
    /// Whether the log keeps key and number of each record.
    pub marks: bool,
}

/// Where something stands in the file.
type Place = Option<std::ops::Range<usize>>;

/// The most partitions that are simulated.
pub(super) const PARTITIONS_MAX: u64 = 20_000;
const INT_MAX: u64 = i32::MAX as u64;

/// A setting in milliseconds, by default the fact of the same name.
fn millis(section: &Section<'_>, key: &str) -> Nanos {
    Nanos::from_millis(facts::setting_in(
        section,
        key,
        &format!("kafka.{key}"),
        0..=INT_MAX,
    ))
}

/// A setting of the model with its fact as default; noted as an assumption if the run rests on it.
fn assumed<T>(section: &Section<'_>, key: &str, range: RangeInclusive<T>, rests: bool) -> T
where
    T: Setting + PartialOrd + Display,
{
    let id = format!("kafka.model.{key}");
    if rests {
        facts::setting_in(section, key, &id, range)
    } else {
        section.or_in(key, facts::on(section).value(&id), range)
    }
}

/// A time between two machines, one way.
fn one_way(model: &Section<'_>, key: &str) -> Nanos {
    let id = format!("kafka.net.{key}");
    facts::setting_in(model, key, &id, Nanos::ZERO..=Nanos::from_secs(1))
}

/// The zones of the brokers: one chooses two or three on MSK Standard, and gets three elsewhere.
fn read_zones(section: &Section<'_>, flavour: Flavour) -> u32 {
    match flavour {
        Flavour::Standard => section.or_in("zones", 3, 2..=3_u64) as u32,
        Flavour::Express | Flavour::Serverless => 3,
    }
}

impl Config {
    /// Reads the table.
    #[must_use]
    pub fn read(section: &Section<'_>, workload: &Workload) -> Self {
        let section = &section.speaking(dialect::unit_of);
        section.knows(|key| keys::refusal(keys::kafka(), "broker", "a Kafka broker", key));
        let cluster = cluster::read(section, workload);
        let zones = read_zones(section, cluster.flavour);
        let brokers = read_brokers(section, &cluster, zones);
        let calls = super::control::calls::read(section, workload, brokers, &cluster);
        let recovery = cluster.operation.recovery;
        let faults = faults::read_faults(section, workload, brokers, zones, recovery);
        refuse_actions(section, workload, zones);
        let topic = topic::read(
            &section.section("topic"),
            &cluster,
            brokers,
            zones,
            workload,
        );
        let producer = producer::read(
            &section.section("producer"),
            &cluster,
            topic.partitions,
            workload,
        );
        let grows = calls.iter().filter_map(|call| match call.operation {
            Operation::UpdateBrokerCount(ref call) => Some(call.target),
            _ => None,
        });
        let net = section.section("model");
        let consumers = consumer::read(section, workload);
        // Share groups give up the order of keys, so that it is watched.
        let disturbed = consumers.iter().any(ConsumerConfig::is_shared)
            || !(calls.is_empty() && faults.is_empty() && workload.timeline.steps.is_empty());
        let config = Self {
            brokers,
            brokers_most: grows.fold(brokers, u32::max),
            zones,
            machine: machine::read(section, &cluster),
            coordinator: coordinator::read(section, producer.transactions.as_ref()),
            producer,
            consumers,
            client_quotas: quota::read(section),
            recovery: recovery::read(section, cluster.metadata),
            autoscaling: autoscaling::read(section),
            connection_rate: connections::read(section),
            same_zone: one_way(&net, "same-zone"),
            cross_zone: one_way(&net, "cross-zone"),
            disturbed,
            marks: disturbed || workload.asks_for_marks(),
            facts: facts::on(section).rows(),
            cluster,
            topic,
            calls,
            faults,
        };
        config.check(section, workload);
        config.check_share(section);
        limits::warn(&config, section, workload);
        lint::warn(&config, section, workload);
        config
    }

    /// What cannot be together with a share group.
    fn check_share(&self, section: &Section<'_>) {
        if self.consumers.iter().any(ConsumerConfig::is_shared) {
            let transactional = self.producer.transactions.is_some();
            let compacted = self.topic.compaction.is_some();
            share::refuse_beside(section, &self.cluster, transactional, compacted);
        }
    }

    /// Limits of the program, not of Kafka.
    fn check(&self, section: &Section<'_>, workload: &Workload) {
        let (partitions, place) = self.partitions_most(section, workload);
        let workers = workload
            .consumers
            .iter()
            .map(|consumer| u64::from(consumer.workers));
        let members: u64 = workers.sum();
        let pairs = partitions * u64::from(workload.producers());
        let readings = partitions * workload.consumers.len() as u64;
        let fetchers = members * u64::from(self.brokers_most);
        let brokers = section.span_of("NumberOfBrokerNodes");
        let sizes = [
            (&place, "partitions", partitions, PARTITIONS_MAX),
            (&place, "producer-partition pairs", pairs, 2_000_000),
            (&place, "consumers times partitions", readings, 10_000_000),
            (&brokers, "workers times brokers", fetchers, 1_000_000),
        ];
        for (place, what, count, most) in sizes {
            if count > most {
                let problem = Problem::new(format!("{count} {what}"));
                let help = format!("at most {most} are simulated");
                section.problem_at(place.clone(), problem.help(help));
            }
        }
    }

    /// The most partitions that the topic will have, and where the file says so.
    fn partitions_most(&self, section: &Section<'_>, workload: &Workload) -> (u64, Place) {
        let mut most = u64::from(self.topic.partitions);
        let mut place = section.section("topic").span_of("partitions");
        if let Some((lanes, at)) = &workload.timeline.largest_scale
            && u64::from(*lanes) > most
        {
            (most, place) = (u64::from(*lanes), at.clone());
        }
        for call in section.list("call") {
            let call = call.section("CreatePartitions");
            let count = call.peek_whole("count");
            let count = count.and_then(|count| u64::try_from(count).ok());
            if count.is_some_and(|count| count > most) {
                (most, place) = (count.unwrap_or(most), call.span_of("count"));
            }
        }
        (most, place)
    }

    /// What charts mark besides the shared timeline.
    #[must_use]
    pub fn marks(&self) -> Vec<Mark> {
        self.calls
            .iter()
            .map(Call::mark)
            .chain(self.faults.iter().map(Fault::mark))
            .collect()
    }

    /// The zone of a broker: brokers alternate over the zones.
    #[must_use]
    #[inline]
    pub fn zone_of(&self, broker: u32) -> u32 {
        broker % self.zones
    }

    /// Whether the operator adds partitions.
    #[must_use]
    pub fn adds_partitions(&self) -> bool {
        let adds = |call: &Call| matches!(call.operation, Operation::CreatePartitions(_));
        self.calls.iter().any(adds)
    }

    /// What one partition could take if its leader did nothing else `[B/s]`: the volume, or the
    /// network that also feeds its followers and readers, or the quota of a partition.
    #[must_use]
    pub fn partition_capacity(&self) -> f64 {
        let network = self.machine.network.base.0 as f64;
        let copies_out = f64::from(self.topic.replication - 1) + self.consumers.len() as f64;
        let quota = self
            .cluster
            .quotas
            .partition_in
            .map_or(f64::INFINITY, |rate| rate.0 as f64);
        (self.machine.disk_rate() as f64)
            .min(network)
            .min(network / copies_out.max(1.0))
            .min(quota)
    }
}

fn read_brokers(section: &Section<'_>, cluster: &ClusterConfig, zones: u32) -> u32 {
    if cluster.flavour == Flavour::Serverless {
        for key in ["NumberOfBrokerNodes", "InstanceType"] {
            if section.has(key) {
                section.problem(
                    key,
                    format!("MSK Serverless has no `{key}`"),
                    "leave it out: there are no brokers to choose",
                );
                section.ignore(key);
            }
        }
        return facts::on(section).value::<u64>("kafka.model.serverless-brokers") as u32;
    }
    let id = match cluster.metadata {
        Metadata::Kraft => "msk.brokers.highest",
        Metadata::ZooKeeper => "msk.brokers.highest.zookeeper",
    };
    let highest = facts::on(section).value::<u64>(id);
    let brokers = section.need_in("NumberOfBrokerNodes", 1..=highest) as u32;
    if !section.has("NumberOfBrokerNodes") {
        // The missing number is told. A large one keeps what depends on it from being called wrong.
        return highest as u32;
    }
    if !brokers.is_multiple_of(zones) {
        let message = format!("{brokers} brokers cannot be spread evenly over {zones} zones");
        section.problem(
            "NumberOfBrokerNodes",
            message,
            format!("MSK takes a multiple of {zones}"),
        );
    }
    brokers
}

/// Zones that this cluster does not have.
fn refuse_actions(section: &Section<'_>, workload: &Workload, zones: u32) {
    workload.refuse_failing_records(section, |_| false);
    let steps = &workload.timeline.steps;
    if steps
        .iter()
        .any(|(_, action)| matches!(action, Action::WorkerStop(..)))
    {
        let message = "a rolling deploy of a Kafka group is not modelled";
        section.problem(
            "",
            message,
            "crash one member after the other with `worker-crash`",
        );
    }
    let far =
        |action: &Action| matches!(action, Action::ZoneDown(zone) if u32::from(*zone) >= zones);
    if workload
        .timeline
        .steps
        .iter()
        .any(|(_, action)| far(action))
    {
        section.problem(
            "",
            format!("the timeline loses a zone that this cluster does not have: it has {zones}"),
            "use az1, az2 or, with three zones, az3",
        );
    }
}
