//! `[system.<label>.kafka]`: the settings of a cluster, its topic and its clients.
//!
//! Dotted names are Kafka's configuration keys, `PascalCase` names those of the MSK API; both stand
//! as they are, in Kafka's own units. Names in `kebab-case` are ours: they belong to the model and
//! carry units.

use crate::facts;
use crate::settings::Section;
use crate::units::{ByteRate, Bytes, Nanos, Share};
use crate::workload::{Action, Workload};

/// Settings of Kafka and MSK that this version does not model.
const NOT_MODELLED: [&str; 9] = [
    "num.replica.fetchers",
    "unclean.leader.election.enable",
    "replica.lag.time.max.ms",
    "replica.selector.class",
    "auto.leader.rebalance.enable",
    "StorageMode",
    "EncryptionInTransit",
    "BrokerNodeGroupInfo",
    "ClusterType",
];
const NOT_MODELLED_TOPIC: [&str; 3] = ["retention.bytes", "cleanup.policy", "segment.bytes"];
const NOT_MODELLED_PRODUCER: [&str; 6] = [
    "compression.type",
    "enable.idempotence",
    "retries",
    "partitioner.class",
    "request.timeout.ms",
    "transactional.id",
];
const NOT_MODELLED_CONSUMER: [&str; 6] = [
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "partition.assignment.strategy",
    "group.protocol",
    "enable.auto.commit",
    "client.rack",
];

/// The settings of one cluster with one topic, its producers and its consumers.
#[derive(Clone, Debug)]
pub struct Config {
    /// `NumberOfBrokerNodes`.
    pub brokers: u32,
    /// Availability zones.
    pub zones: u32,
    /// The machine that each broker runs on.
    pub machine: Machine,
    /// The topic.
    pub topic: TopicConfig,
    /// `replica.fetch.max.bytes`.
    pub replica_fetch_max: u64,
    /// `replica.fetch.response.max.bytes`.
    pub replica_response_max: u64,
    /// Every producer.
    pub producer: ProducerConfig,
    /// Per consumer group, in the order of the workload.
    pub consumers: Vec<ConsumerConfig>,
    /// One way between two machines of a zone.
    pub same_zone: Nanos,
    /// One way between two machines of different zones.
    pub cross_zone: Nanos,
}

/// What a broker runs on.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Network, each direction.
    pub network: ByteRate,
    /// The volume.
    pub disk: ByteRate,
    /// Request handlers that can run at once.
    pub handlers: usize,
    /// Handler time per request.
    pub request_time: Nanos,
    /// Handler speed for the bytes of a request.
    pub handler_rate: ByteRate,
    /// Written data that may wait in memory for the volume `[B]`.
    pub dirty_max: u64,
}

/// The topic.
#[derive(Clone, Debug)]
pub struct TopicConfig {
    /// `num.partitions`.
    pub partitions: u32,
    /// `replication.factor`.
    pub replication: u32,
    /// `min.insync.replicas`.
    pub min_isr: u32,
    /// `max.message.bytes`.
    pub message_max: u64,
    /// `retention.ms`; `None` is forever.
    pub retention: Option<Nanos>,
}

/// `acks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// `0`: none.
    None,
    /// `1`: the leader's.
    Leader,
    /// `all`: of every in-sync replica.
    All,
}

/// The producer.
#[derive(Clone, Debug)]
pub struct ProducerConfig {
    /// `acks`.
    pub acks: Acks,
    /// `batch.size`.
    pub batch_size: u64,
    /// `linger.ms`.
    pub linger: Nanos,
    /// `buffer.memory`.
    pub buffer_memory: u64,
    /// `max.request.size`.
    pub request_max: u64,
    /// `max.in.flight.requests.per.connection`.
    pub in_flight_max: u32,
    /// `max.block.ms`.
    pub block_max: Nanos,
    /// `delivery.timeout.ms`.
    pub delivery_timeout: Nanos,
}

/// A consumer group's members.
#[derive(Clone, Debug)]
pub struct ConsumerConfig {
    /// `fetch.min.bytes`.
    pub fetch_min: u64,
    /// `fetch.max.wait.ms`.
    pub fetch_wait: Nanos,
    /// `fetch.max.bytes`.
    pub fetch_max: u64,
    /// `max.partition.fetch.bytes`.
    pub partition_fetch_max: u64,
    /// `max.poll.records`.
    pub poll_records: u64,
}

/// The most partitions that are simulated.
const PARTITIONS_MAX: u64 = 20_000;
const INT_MAX: u64 = i32::MAX as u64;

impl Config {
    /// Reads the table.
    #[must_use]
    pub fn read(section: &Section<'_>, workload: &Workload) -> Self {
        section.refuse(&NOT_MODELLED, "Kafka");
        refuse_actions(section, workload);
        let zones = section.or_in("zones", 3, 2..=3_u64) as u32;
        let most: u64 = facts::value("msk.brokers.highest");
        let brokers = section.need_in("NumberOfBrokerNodes", 1..=most) as u32;
        if !brokers.is_multiple_of(zones) && section.has("NumberOfBrokerNodes") {
            let message = format!("{brokers} brokers cannot be spread evenly over {zones} zones");
            section.problem("NumberOfBrokerNodes", message, format!("MSK takes a multiple of {zones}"));
        }
        let topic = read_topic(&section.section("topic"), brokers, zones, workload);
        let members: u64 = workload.consumers.iter().map(|consumer| u64::from(consumer.workers)).sum();
        if members * u64::from(brokers) > 1_000_000 {
            section.problem(
                "NumberOfBrokerNodes",
                "too many consumer workers times brokers",
                "at most 1,000,000",
            );
        }
        let net = section.section("model");
        let second = Nanos::from_secs(1);
        let config = Self {
            brokers,
            zones,
            machine: read_machine(section),
            replica_fetch_max: facts::setting_in(
                section,
                "replica.fetch.max.bytes",
                "kafka.replica.fetch.max.bytes",
                1..=INT_MAX,
            ),
            replica_response_max: facts::setting_in(
                section,
                "replica.fetch.response.max.bytes",
                "kafka.replica.fetch.response.max.bytes",
                1..=INT_MAX,
            ),
            producer: read_producer(&section.section("producer"), topic.message_max),
            topic,
            consumers: read_consumers(&section.section("consumer"), workload),
            same_zone: facts::setting_in(&net, "same-zone", "kafka.net.same-zone", Nanos::ZERO..=second),
            cross_zone: facts::setting_in(&net, "cross-zone", "kafka.net.cross-zone", Nanos::ZERO..=second),
        };
        let lanes = u64::from(config.topic.partitions) * u64::from(workload.producers());
        if lanes > 2_000_000 {
            section.problem(
                "topic.partitions",
                format!("{lanes} producer-partition pairs"),
                "at most 2,000,000 are simulated",
            );
        }
        config
    }
}

fn read_machine(section: &Section<'_>) -> Machine {
    let known: Vec<&str> =
        facts::all().iter().filter_map(|fact| fact.id.strip_prefix("msk.")?.strip_suffix(".vcpu")).collect();
    let name = section.choice("InstanceType", "kafka.m7g.large", &known);
    let fact = |what: &str| format!("msk.{name}.{what}");
    let vcpu: u64 = facts::value(&fact("vcpu"));
    let memory: Bytes = facts::value(&fact("memory"));
    let ebs: ByteRate = facts::value(&fact("ebs"));
    let highest = facts::value::<ByteRate>(&fact("volume")).0 / (1 << 20);
    let usual: u64 = facts::value("msk.volume.throughput");
    let volume = section.or_in(
        "ProvisionedThroughput.VolumeThroughput",
        usual.min(highest),
        usual.min(highest)..=highest,
    );
    let threads: u64 = facts::setting_in(section, "num.io.threads", "kafka.num.io.threads", 1..=1000);
    let model = section.section("model");
    let dirty: Share = facts::setting(&model, "dirty-memory", "kafka.broker.dirty-memory");
    Machine {
        network: facts::value(&fact("network")),
        disk: ByteRate(ebs.0.min(volume << 20)),
        handlers: threads.min(vcpu) as usize,
        request_time: facts::setting_in(
            &model,
            "request-cpu",
            "kafka.broker.cpu.request",
            Nanos::ZERO..=Nanos::from_secs(1),
        ),
        handler_rate: facts::setting_in(
            &model,
            "handler-rate",
            "kafka.broker.cpu.bytes",
            ByteRate(1)..=ByteRate(1 << 50),
        ),
        dirty_max: (memory.0 as f64 * dirty.fraction()) as u64,
    }
}

fn read_topic(section: &Section<'_>, brokers: u32, zones: u32, workload: &Workload) -> TopicConfig {
    section.refuse(&NOT_MODELLED_TOPIC, "a Kafka topic");
    let by_zones = |what: &str| facts::value::<u64>(&format!("msk.{what}.{zones}az"));
    let replication =
        section.or_in("replication.factor", by_zones("replication.factor"), 1..=u64::from(i16::MAX as u16));
    if replication > u64::from(brokers) && brokers > 0 {
        section.problem(
            "replication.factor",
            format!(
                "INVALID_REPLICATION_FACTOR: {replication} replicas need as many brokers, there are {brokers}"
            ),
            format!("use {brokers} or fewer, or raise `NumberOfBrokerNodes`"),
        );
    }
    let min_isr = section.or_in(
        "min.insync.replicas",
        by_zones("min.insync.replicas").min(replication),
        1..=u64::from(i16::MAX as u16),
    );
    if min_isr > replication {
        section.problem(
            "min.insync.replicas",
            format!("`min.insync.replicas` is {min_isr}, but only {replication} replicas exist"),
            format!("acks=all could never be answered; use {} or fewer", replication),
        );
    }
    let retention = section.or("retention.ms", facts::value::<u64>("kafka.retention.ms") as i64);
    if retention < -1 {
        section.problem(
            "retention.ms",
            format!("`retention.ms` is {retention}"),
            "-1 (forever) or a number of milliseconds",
        );
    }
    let partitions = section.need_in("partitions", 1_u64..=PARTITIONS_MAX) as u32;
    if workload.consumers.len() as u64 * u64::from(partitions) > 10_000_000 {
        section.problem("partitions", "too many consumers times partitions", "at most 10,000,000");
    }
    TopicConfig {
        partitions,
        replication: replication.min(u64::from(brokers.max(1))) as u32,
        min_isr: min_isr as u32,
        message_max: facts::setting_in(section, "max.message.bytes", "kafka.max.message.bytes", 0..=INT_MAX),
        retention: u64::try_from(retention).ok().map(|ms| Nanos(ms.saturating_mul(1_000_000))),
    }
}

fn read_producer(section: &Section<'_>, message_max: u64) -> ProducerConfig {
    section.refuse(&NOT_MODELLED_PRODUCER, "the Kafka producer");
    let number = |key: &str, low: u64, high: u64| {
        facts::setting_in(
            section,
            key,
            &format!("kafka.{}", key.replace(".requests.per.connection", "")),
            low..=high,
        )
    };
    let millis = |key: &str| Nanos::from_millis(number(key, 0, INT_MAX));
    let acks = match section.or("acks", "all".to_owned()).as_str() {
        "all" | "-1" => Acks::All,
        "1" => Acks::Leader,
        "0" => Acks::None,
        other => {
            section.problem(
                "acks",
                format!("`acks` cannot be `{other}`"),
                "\"all\", \"1\" or \"0\", in quotes",
            );
            Acks::All
        }
    };
    let config = ProducerConfig {
        acks,
        batch_size: number("batch.size", 0, 1 << 30),
        linger: millis("linger.ms"),
        buffer_memory: number("buffer.memory", 0, 1 << 40),
        request_max: number("max.request.size", 0, INT_MAX),
        in_flight_max: number("max.in.flight.requests.per.connection", 1, 1000) as u32,
        block_max: millis("max.block.ms"),
        delivery_timeout: millis("delivery.timeout.ms"),
    };
    if config.batch_size > message_max {
        section.problem(
            "batch.size",
            format!("`batch.size` is {}, but the broker takes batches of {message_max} bytes", config.batch_size),
            "splitting batches that are too large is not modelled by this version; lower `batch.size` or raise `max.message.bytes`",
        );
    }
    if config.batch_size > config.buffer_memory {
        section.problem(
            "batch.size",
            "`batch.size` is larger than `buffer.memory`",
            "no batch could ever be allocated",
        );
    }
    let request_timeout = Nanos::from_millis(facts::value("kafka.request.timeout.ms"));
    if config.delivery_timeout < config.linger + request_timeout {
        section.problem(
            "delivery.timeout.ms",
            format!("`delivery.timeout.ms` is {}", config.delivery_timeout.0 / 1_000_000),
            format!("Kafka wants at least `linger.ms` + `request.timeout.ms` (here {request_timeout})"),
        );
    }
    config
}

fn read_consumers(section: &Section<'_>, workload: &Workload) -> Vec<ConsumerConfig> {
    let read = |name: &String| {
        let section = section.section(name);
        section.refuse(&NOT_MODELLED_CONSUMER, "the Kafka consumer");
        let number =
            |key: &str, low: u64| facts::setting_in(&section, key, &format!("kafka.{key}"), low..=INT_MAX);
        ConsumerConfig {
            fetch_min: number("fetch.min.bytes", 0),
            fetch_wait: Nanos::from_millis(number("fetch.max.wait.ms", 1)),
            fetch_max: number("fetch.max.bytes", 0),
            partition_fetch_max: number("max.partition.fetch.bytes", 0),
            poll_records: number("max.poll.records", 1),
        }
    };
    workload.consumers.iter().map(|consumer| read(&consumer.name)).collect()
}

/// Steps of the timeline that this platform does not know yet.
fn refuse_actions(section: &Section<'_>, workload: &Workload) {
    let known = |action: &Action| matches!(action, Action::ConsumerDown(_) | Action::ConsumerUp(_));
    let mut words: Vec<&str> =
        workload.timeline.steps.iter().filter(|(_, a)| !known(a)).map(|(_, a)| a.word()).collect();
    words.dedup();
    for word in words {
        let message = format!("`{word}` in the timeline is not modelled for Kafka by this version");
        section.problem(
            "",
            message,
            "leave the step or this system out; docs/FIDELITY.md lists what is modelled",
        );
    }
}
