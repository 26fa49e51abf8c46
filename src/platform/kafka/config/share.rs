//! `group.type = "share"` of consumers, and what brokers allow the members of share groups.

use super::reset::Reset;
use super::{ClusterConfig, Flavour, INT_MAX};
use crate::facts;
use crate::platform::kafka::share_partition::ShareRules;
use crate::settings::Section;
use crate::units::Nanos;
use crate::workload::{Consumer, SinkConfig, Workload};

/// What a share consumer of Kafka 4.1 does not take (`ConsumerConfig.SHARE_GROUP_UNSUPPORTED_CONFIGS`), and what a share
/// group decides elsewhere.
const NOT_FOR_SHARE: [&str; 15] = [
    "auto.offset.reset",
    "enable.auto.commit",
    "auto.commit.interval.ms",
    "group.instance.id",
    "isolation.level",
    "partition.assignment.strategy",
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "group.protocol",
    "client.rack",
    "commit-offset",
    "max.partition.fetch.bytes",
    "metadata.max.idle.ms",
    "partitionsConsumedConcurrently",
    "scheduled.rebalance.max.delay.ms",
];

/// What a share consumer has and the model does not tell.
const NOT_MODELLED: [&str; 2] = ["fetch.min.bytes", "max.poll.interval.ms"];

/// Whether the consumer of this section is a share group.
pub(super) fn is_shared(section: &Section<'_>) -> bool {
    section.has("group.type")
        && section.choice("group.type", "consumer", &["consumer", "share"]) == "share"
}

/// What brokers allow, if there is a share group.
pub(super) fn read_rules(section: &Section<'_>, workload: &Workload) -> Option<ShareRules> {
    let consumers = section.section("consumer");
    let shared = |consumer: &Consumer| {
        consumers
            .entry(&consumer.name)
            .peek("group.type")
            .as_deref()
            == Some("share")
    };
    if !workload.consumers.iter().any(shared) {
        return None;
    }
    let number = |key: &str, low: u64, high: u64| {
        facts::setting_in(section, key, &format!("kafka.{key}"), low..=high)
    };
    let lock = number("group.share.record.lock.duration.ms", 1000, 3_600_000);
    Some(ShareRules {
        lock: Nanos::from_millis(lock.min(INT_MAX)),
        deliveries: number("group.share.delivery.count.limit", 2, 10) as u8,
        locks: number("group.share.partition.max.record.locks", 100, 10_000),
    })
}

/// Where a share group begins in a partition that it comes to know in the run.
pub(super) fn read_reset(section: &Section<'_>) -> Reset {
    match section.choice("share.auto.offset.reset", "latest", &["latest", "earliest"]) {
        word if word == "earliest" => Reset::Earliest,
        _ => Reset::Latest,
    }
}

/// What cannot be together with a share group.
pub(super) fn refuse(section: &Section<'_>, consumer: &Consumer) {
    let what = "a share group";
    let key = "group.type";
    facts::on(section).refuse_before(
        section,
        key,
        what,
        "kafka.group.share.record.lock.duration.ms",
    );
    for key in NOT_FOR_SHARE.into_iter().filter(|key| section.has(key)) {
        let message = format!("`{key}` says nothing to a share group");
        section.problem(key, message, "leave it out, or leave `group.type` out");
        section.ignore(key);
    }
    for key in NOT_MODELLED.into_iter().filter(|key| section.has(key)) {
        let message = format!("`{key}` of a share group is not modelled");
        section.problem(key, message, "leave it out, or leave `group.type` out");
        section.ignore(key);
    }
    let words = ["implicit", "explicit"];
    if section.has("share.acknowledgement.mode") {
        // Both acknowledge with the next poll what the poll before gave.
        let _ = section.choice("share.acknowledgement.mode", words[0], &words);
    }
    if !matches!(consumer.sink, SinkConfig::None) {
        let message = "a share group with a sink is not modelled";
        section.problem(key, message, "leave out the sink, or `group.type`");
    }
}

/// What a cluster with a share group cannot have.
pub(super) fn refuse_beside(
    section: &Section<'_>,
    cluster: &ClusterConfig,
    transactional: bool,
    compacted: bool,
) {
    if cluster.flavour == Flavour::Express {
        let message = "MSK Express has no share groups";
        section.problem(
            "",
            message,
            "leave out `group.type`, or the Express brokers",
        );
    }
    if !cluster.since_4 && cluster.flavour == Flavour::Standard {
        let help = "write `KafkaVersion = \"4.1.x\"`, or leave `group.type` out";
        section.problem("KafkaVersion", "share groups need Kafka 4.1", help);
    }
    let beside = [
        (
            transactional,
            "a share group beside transactions is not modelled",
        ),
        (
            compacted,
            "a share group on a compacted topic is not modelled",
        ),
    ];
    for (_, message) in beside.into_iter().filter(|(is, _)| *is) {
        section.problem("", message, "leave out `group.type`");
    }
}
