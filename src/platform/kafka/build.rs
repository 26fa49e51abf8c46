//! Puts a cluster together from its settings.

use super::billing::Billing;
use super::broker::Broker;
use super::config::{Config, Operation, Partitioner};
use super::controller::{Controller, Defaults, NewTopic};
use super::follower::Pair;
use super::metadata::Snapshot;
use super::partition::Partition;
use super::producer::Producer;
use super::sender::Requests;
use super::sender_metrics::SenderMetrics;
use super::{Kafka, Meters, QuotaState, group, murmur2};
use crate::engine::Stream;
use crate::platform::kafka::batch::Batches;
use crate::platform::{KeyTable, Setup};
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Workload};

/// Builds the cluster as it is when it has been running for a while.
pub(super) fn cluster(config: &Config, setup: &Setup<'_>) -> Kafka {
    let workload = setup.workload;
    let stream =
        |label: &str| Stream::new(setup.seed, setup.replication, &format!("kafka/{label}"));
    let (partitions, most, zones) = (config.topic.partitions, config.brokers_most, config.zones);
    let (controller, topic_index) = registered(config);
    let all = partitions_of(&controller, topic_index, workload.consumers.len());
    let (first, sticky) = (Snapshot::of(&all, most), stream("sticky-partition"));
    let producer = |index: u32| {
        let begin = sticky
            .child(1)
            .below(u64::from(index), u64::from(partitions)) as u32;
        Producer::new(index % zones, partitions, most, begin, index)
    };
    let pair = |index: u32| Pair::new(index / most, index % most);
    let (groups, sessions) = group::new_groups(config, setup, stream("member"));
    Kafka {
        topic: config.topic.clone(),
        topic_unclean: config.cluster.unclean,
        workers: workload
            .consumers
            .iter()
            .map(|consumer| consumer.workers)
            .collect(),
        seed: (setup.seed, setup.replication),
        backlog_max: workload.producer_backlog,
        keys: KeyTable::new(&workload.keys, |key| {
            murmur2::partition(key.as_bytes(), partitions)
        }),
        keyed: !config.producer.ignore_keys
            && config.producer.partitioner != Partitioner::RoundRobin,
        send_max: config
            .producer
            .request_max
            .min(config.producer.buffer_memory),
        hashes: hashes(config, workload),
        producers: (0..workload.producers()).map(producer).collect(),
        next_id: workload.producers(),
        batches: Batches::default(),
        requests: Requests::default(),
        led_by: first.led_by.clone(),
        snapshots: vec![first],
        publishing: false,
        brokers: brokers(config, stream("heartbeat")),
        emptied: vec![false; most as usize],
        partitions: all,
        pairs: (0..most * most).map(pair).collect(),
        touched: Vec::new(),
        recount: true,
        unmuted: Vec::new(),
        groups,
        jumps: Vec::new(),
        sessions,
        controller,
        topic_index,
        controller_up_at: SimTime::ZERO,
        controller_zone: 0,
        controller_broker: 0,
        serial_until: SimTime::ZERO,
        cut_off: vec![false; zones as usize],
        lost_zones: vec![false; zones as usize],
        troubled: false,
        quotas: QuotaState::new(&config.cluster.quotas, partitions),
        rolling: None,
        state: "ACTIVE",
        takes_data: true,
        volume: config.cluster.volume,
        grown_at: None,
        meters: Meters::default(),
        sender_metrics: SenderMetrics::default(),
        cold_read: 0,
        billing: Billing::new(config),
        sticky,
        sticky_draws: 0,
        jitter: stream("jitter"),
        jitter_draws: 0,
        flush: stream("flush"),
        flush_draws: 0,
        nth: 1,
        counterexample: false,
        config: config.clone(),
    }
}

/// The partitions of a topic, empty.
fn partitions_of(controller: &Controller, topic: u32, groups: usize) -> Vec<Partition> {
    let registrations = controller.partitions(topic).iter();
    registrations
        .map(|one| Partition::new(&one.replicas, groups, SimTime::ZERO))
        .collect()
}

/// The controller with all brokers and the topic registered.
fn registered(config: &Config) -> (Controller, u32) {
    let defaults = Defaults {
        partitions: config.topic.partitions,
        replication_factor: config.topic.replication,
        unclean: config.cluster.unclean,
    };
    let mut controller = Controller::new(defaults);
    (0..config.brokers).for_each(|broker| controller.register(broker, config.zone_of(broker)));
    let topic = controller
        .create_topic(&NewTopic::of("topic"))
        .unwrap_or_default();
    (controller, topic)
}

/// All brokers of the run, those that come later included.
fn brokers(config: &Config, phases: Stream) -> Vec<Broker> {
    let broker = |index: u32| {
        let mut broker = Broker::new(&config.machine, config.zone_of(index));
        let phase = phases.uniform(u64::from(index)) * config.cluster.heartbeat.0 as f64;
        (broker.phase, broker.exists) = (Nanos(phase as u64), index < config.brokers);
        broker
    };
    (0..config.brokers_most).map(broker).collect()
}

/// The hashes of all keys, if partitions may be added.
fn hashes(config: &Config, workload: &Workload) -> Vec<u32> {
    let grows = config
        .calls
        .iter()
        .any(|call| matches!(call.operation, Operation::CreatePartitions { .. }))
        || workload
            .timeline
            .steps
            .iter()
            .any(|(_, action)| matches!(action, Action::ScaleTo(_)));
    let mut hashes = Vec::new();
    if grows {
        workload
            .keys
            .for_each(|key| hashes.push(murmur2::murmur2(key.as_bytes()) as u32 & 0x7fff_ffff));
    }
    hashes
}
