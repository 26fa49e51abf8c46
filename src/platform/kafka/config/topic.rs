//! `topic`: partitions, replicas, limits, retention.

use super::compaction::{self, Compaction};
use super::{ClusterConfig, Flavour, INT_MAX, PARTITIONS_MAX};
use crate::facts::{self, keys};
use crate::settings::{Problem, Section};
use crate::units::Nanos;
use crate::workload::Workload;

/// The topic.
#[derive(Clone, Debug)]
pub struct TopicConfig {
    /// Partitions at the beginning.
    pub partitions: u32,
    /// `replication.factor`.
    pub replication: u32,
    /// `min.insync.replicas` as it is set; [`TopicConfig::least_in_sync`] says what it means.
    pub min_isr: u32,
    /// Whether a partition never needs more in-sync replicas than it has, and its high watermark stands still below
    /// that number (3.7 and later).
    pub min_isr_capped: bool,
    /// `max.message.bytes`.
    pub message_max: u64,
    /// `retention.ms`; `None` is forever.
    pub retention: Option<Nanos>,
    /// `retention.bytes` per partition; `None` is without limit.
    pub retention_bytes: Option<u64>,
    /// `segment.bytes`.
    pub segment_bytes: u64,
    /// `segment.ms`.
    pub segment_age: Nanos,
    /// Compaction, if `cleanup.policy` asks for it.
    pub compaction: Option<Compaction>,
    /// The data that was written in each second before the run, where logs do not begin empty `[B/s]`.
    pub written_before: Option<f64>,
    /// `local.retention.ms` of a topic with `remote.storage.enable`; older data lies in the remote tier.
    pub local_retention: Option<Nanos>,
}

impl TopicConfig {
    /// How many of a partition's `replicas` must be in sync for acks=all.
    ///
    /// # Source
    /// Apache Kafka 3.6.0 and 3.7.0, `Partition.scala`: the number as it is set before 3.7, from then on at most as many as
    /// there are replicas (KAFKA-15583).
    #[must_use]
    #[inline]
    pub fn least_in_sync(&self, replicas: usize) -> u32 {
        if self.min_isr_capped {
            self.min_isr.min(replicas as u32)
        } else {
            self.min_isr
        }
    }
}

/// A number of which -1 stands for "without limit".
fn unlimited(section: &Section<'_>, key: &str, usual: i64) -> Option<u64> {
    let value = section.or(key, usual);
    if value < -1 {
        section.problem(
            key,
            format!("`{key}` is {value}"),
            "-1 (without limit) or a positive number",
        );
    }
    u64::try_from(value).ok()
}

pub(super) fn read(
    section: &Section<'_>,
    cluster: &ClusterConfig,
    brokers: u32,
    zones: u32,
    workload: &Workload,
) -> TopicConfig {
    section.knows(|key| keys::refusal(keys::kafka(), "topic", "a Kafka topic", key));
    let (replication, min_isr) = read_replicas(section, cluster, brokers, zones);
    let partitions = read_partitions(section, cluster);
    let message_max = read_message_max(section, cluster);
    let tiered = cluster.tiered;
    let segment = if tiered {
        "msk.segment.bytes.tiered"
    } else {
        "kafka.segment.bytes"
    };
    let local = if tiered {
        unlimited(section, "local.retention.ms", 3_600_000)
    } else {
        None
    };
    let retention = read_retention(section, tiered, workload);
    let compaction = compaction::read(section, cluster, workload);
    let retention_bytes = unlimited(section, "retention.bytes", -1);
    let (retention, retention_bytes) = match compaction {
        Some(Compaction { deletes: false, .. }) => (None, None),
        _ => (retention, retention_bytes),
    };
    if workload.rate_before().is_some() {
        check_beginning(section, compaction.is_some(), retention.or(retention_bytes));
    }
    let ms = |value: u64| Nanos(value.saturating_mul(1_000_000));
    TopicConfig {
        partitions,
        replication,
        min_isr,
        min_isr_capped: !cluster.before_3_7,
        message_max,
        retention: retention.map(ms),
        retention_bytes,
        compaction,
        segment_bytes: section.or_in(
            "segment.bytes",
            facts::on(section).value(segment),
            14..=INT_MAX,
        ),
        segment_age: super::millis(section, "segment.ms"),
        local_retention: local.map(ms),
        written_before: workload.rate_before(),
    }
}

/// Refuses `begin = "steady"` for a log that retention does not bound.
fn check_beginning(section: &Section<'_>, compacts: bool, limit: Option<u64>) {
    let (message, help) = match limit {
        _ if compacts => (
            "how large a compacted log is does not follow from its retention",
            "leave `begin = \"steady\"` out, or write `cleanup.policy = \"delete\"`",
        ),
        None => (
            "this topic keeps data for ever, so its log is never as full as retention makes it",
            "give `retention.ms` or `retention.bytes`, or leave `begin = \"steady\"` out",
        ),
        Some(_) => return,
    };
    section.problem("", message, help);
}

fn read_partitions(section: &Section<'_>, cluster: &ClusterConfig) -> u32 {
    let partitions = section.need_in("partitions", 1_u64..=PARTITIONS_MAX);
    let most = cluster.quotas.partitions;
    if let Some(most) = most.filter(|most| partitions > *most) {
        section.problem(
            "partitions",
            format!("INVALID_REQUEST: {partitions} partitions"),
            format!("MSK Serverless takes at most {most} leaders"),
        );
    }
    partitions as u32
}

/// `max.message.bytes` `[B]`.
fn read_message_max(section: &Section<'_>, cluster: &ClusterConfig) -> u64 {
    let key = "max.message.bytes";
    let message_max = facts::setting_in(section, key, "kafka.max.message.bytes", 0..=INT_MAX);
    if let Some(most) = cluster.quotas.message.filter(|most| message_max > *most) {
        section.problem(
            key,
            format!("INVALID_REQUEST: `max.message.bytes` is {message_max}"),
            format!("MSK Serverless takes at most {most}"),
        );
    }
    message_max
}

/// `retention.ms`; `None` is without limit.
fn read_retention(section: &Section<'_>, tiered: bool, workload: &Workload) -> Option<u64> {
    let usual = facts::on(section).value::<u64>("kafka.retention.ms");
    let retention = unlimited(section, "retention.ms", usual as i64);
    let least: u64 = facts::on(section).value("msk.tiered.retention.ms.lowest");
    if tiered
        && retention.is_some_and(|ms| ms < least)
        && Nanos::from_millis(least) < workload.duration
    {
        section.problem(
            "retention.ms",
            "tiered storage keeps data for at least 3 days",
            format!("use {least} or more"),
        );
    }
    retention
}

/// Replicas and the least in-sync ones; Express and Serverless do not let one choose.
fn read_replicas(
    section: &Section<'_>,
    cluster: &ClusterConfig,
    brokers: u32,
    zones: u32,
) -> (u32, u32) {
    if cluster.flavour != Flavour::Standard {
        for key in ["replication.factor", "min.insync.replicas"] {
            if section.has(key) {
                section.problem(
                    key,
                    format!("`{key}` is fixed on {}", cluster.flavour.name()),
                    "three replicas, two of them in sync",
                );
                section.ignore(key);
            }
        }
        return (3.min(brokers.max(1)), 2);
    }
    let by_zones = |what: &str| facts::on(section).value::<u64>(&format!("msk.{what}.{zones}az"));
    let replication = section.or_in(
        "replication.factor",
        by_zones("replication.factor"),
        1..=u64::from(i16::MAX as u16),
    );
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
        by_zones("min.insync.replicas"),
        1..=u64::from(i16::MAX as u16),
    );
    if min_isr > replication && cluster.before_3_7 {
        let message =
            format!("`min.insync.replicas` is {min_isr}, but only {replication} replicas exist");
        let why = "before Kafka 3.7 every write with acks=all is refused with NOT_ENOUGH_REPLICAS; from 3.7 on it needs as \
                   many as there are";
        let problem = Problem::new(message).named("min-isr-above-replicas");
        section.warn("min.insync.replicas", problem.note(why));
    }
    (
        replication.min(u64::from(brokers.max(1))) as u32,
        min_isr as u32,
    )
}
