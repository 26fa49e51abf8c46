//! What a cluster's author should know before a run, though the file is valid.

use super::{Acks, Config, ConsumerConfig, Flavour, ProducerConfig, Protocol};
use crate::facts::warnings;
use crate::platform::lint::{Words, warn_of_retention};
use crate::settings::{Problem, Section};
use crate::units::Nanos;
use crate::workload::{Action, Consumer, Workload};

/// One application: what the workload says of it, and how it reads.
#[derive(Clone, Copy)]
struct App<'a> {
    number: u16,
    consumer: &'a Consumer,
    reader: &'a ConsumerConfig,
}

/// Warns of what the settings risk.
pub(super) fn warn(config: &Config, section: &Section<'_>, workload: &Workload) {
    warn_of_copies(config, section);
    warn_of_elections(config, section, workload);
    warn_of_producer(config, &section.section("producer"));
    let readers = (0..).zip(workload.consumers.iter().zip(&config.consumers));
    for (number, (consumer, reader)) in readers {
        let app = App {
            number,
            consumer,
            reader,
        };
        let own = section.section("consumer").entry(&consumer.name);
        warn_of_timers(&own, app);
        warn_of_readers(config, section, workload, app);
    }
}

/// Copies and how many of them must be in sync.
fn warn_of_copies(config: &Config, section: &Section<'_>) {
    let (topic, all) = (&config.topic, config.producer.acks == Acks::All);
    let own = section.section("topic");
    if topic.replication == 1 {
        let problem = warnings::of("replication-factor-1", "each partition has one copy");
        own.warn(
            "replication.factor",
            problem.help("give `replication.factor = 3`"),
        );
        return;
    }
    let least = topic.least_in_sync(topic.replication as usize);
    if all && least == 1 {
        let problem = warnings::of("min-isr-1", "acks=all with `min.insync.replicas = 1`");
        own.warn(
            "min.insync.replicas",
            problem.help("give `min.insync.replicas = 2` and three copies"),
        );
    }
    if all && least >= topic.replication {
        let message = format!("all {least} copies must be in sync");
        let problem = warnings::of("min-isr-of-all", message);
        let help = format!(
            "give `min.insync.replicas = {}` at most",
            topic.replication - 1
        );
        own.warn("min.insync.replicas", problem.help(help));
    }
    if config.zones == 2 {
        let message = format!(
            "{} in two zones",
            if topic.replication == 2 {
                "two copies".to_owned()
            } else {
                format!("{} copies", topic.replication)
            }
        );
        section.warn(
            "",
            warnings::of("two-zones", message).help("use three zones"),
        );
    }
}

/// Unclean elections, where the scenario asks for them or takes brokers away.
fn warn_of_elections(config: &Config, section: &Section<'_>, workload: &Workload) {
    let key = "unclean.leader.election.enable";
    let zone = |step: &(_, Action)| matches!(step.1, Action::ZoneDown(_));
    let lost = !config.faults.is_empty() || workload.timeline.steps.iter().any(zone);
    if config.cluster.unclean && config.topic.replication > 1 && (section.has(key) || lost) {
        let message = format!("`{key}` is on, which is MSK's default without tiered storage");
        let problem = warnings::of("unclean-election", message);
        section.warn(key, problem.help(format!("give `{key} = false`")));
    }
    let one = config.cluster.replication.fetchers == 1;
    if one && config.cluster.flavour == Flavour::Standard && !config.machine.is_own() {
        let problem = warnings::of("one-fetcher", "`num.replica.fetchers` is 1");
        section.warn(
            "num.replica.fetchers",
            problem.help("leave it at 2 or more"),
        );
    }
}

fn warn_of_producer(config: &Config, section: &Section<'_>) {
    let producer = &config.producer;
    if producer.acks != Acks::All && config.topic.min_isr >= 2 {
        let message = format!(
            "acks is {}, and `min.insync.replicas` is {}",
            if producer.acks == Acks::None { 0 } else { 1 },
            config.topic.min_isr
        );
        section.warn(
            "acks",
            warnings::of("acks-not-all", message).help("give `acks = \"all\"`"),
        );
    }
    let repeats = producer.retry.retries > 0 && producer.acks != Acks::None;
    if !producer.idempotent && repeats {
        let problem = warnings::of(
            "no-idempotence",
            "the producer is not idempotent and sends again what failed",
        );
        section.warn(
            "enable.idempotence",
            problem.help("give `enable.idempotence = true` with `acks = \"all\"`"),
        );
    }
    if producer.retry.retries == 0 && producer.acks != Acks::None {
        let problem = warnings::of("no-retries", "`retries` is 0");
        section.warn(
            "retries",
            problem.help("leave `retries` out: `delivery.timeout.ms` ends the attempts"),
        );
    }
    warn_of_timeouts(producer, section);
}

/// What AWS advises at least.
const DELIVERY_LEAST: Nanos = Nanos::from_secs(60);
/// What AWS advises at least.
const REQUEST_LEAST: Nanos = Nanos::from_secs(10);
/// What AWS advises at least.
const COMMIT_LEAST: Nanos = Nanos::from_secs(5);

fn warn_of_timeouts(producer: &ProducerConfig, section: &Section<'_>) {
    let short = |key: &str, name: &'static str, value: Nanos, least: Nanos| {
        if value < least {
            let problem = warnings::of(name, format!("`{key}` is {value}"));
            section.warn(
                key,
                problem.help(format!("give {} or more", least.0 / 1_000_000)),
            );
        }
    };
    let (delivery, request) = (producer.delivery_timeout, producer.request_timeout);
    short(
        "delivery.timeout.ms",
        "short-delivery-timeout",
        delivery,
        DELIVERY_LEAST,
    );
    short(
        "request.timeout.ms",
        "short-request-timeout",
        request,
        REQUEST_LEAST,
    );
}

fn warn_of_timers(
    section: &Section<'_>,
    App {
        consumer, reader, ..
    }: App<'_>,
) {
    let name = &consumer.name;
    if reader.heartbeat.0 * 3 > reader.session.0 {
        let message = format!(
            "`{name}` sends a heartbeat every {}, its session ends after {}",
            reader.heartbeat, reader.session
        );
        let problem = warnings::of("slow-heartbeat", message);
        section.warn(
            "heartbeat.interval.ms",
            problem.help("give a third of `session.timeout.ms` at most"),
        );
    }
    let loop_time = Nanos(consumer.per_record.0.saturating_mul(reader.poll_records));
    if let Protocol::Share(rules) = reader.protocol {
        return warn_of_locks(section, name, loop_time, rules.lock);
    }
    if loop_time > reader.poll_interval {
        let message = format!(
            "a poll of `{name}` may take {loop_time}: {} records x {}; `max.poll.interval.ms` is {}",
            reader.poll_records, consumer.per_record, reader.poll_interval
        );
        let problem: Problem = warnings::of("long-poll-loop", message);
        section.warn(
            "max.poll.records",
            problem.help("give a smaller `max.poll.records`"),
        );
    }
    if let Some(every) = reader.auto_commit.filter(|every| *every < COMMIT_LEAST) {
        let message = format!("`{name}` commits every {every}");
        let problem = warnings::of("frequent-commits", message);
        section.warn("auto.commit.interval.ms", problem.help("give 5000 or more"));
    }
}

/// Members of a share group that hold records for longer than brokers let them.
fn warn_of_locks(section: &Section<'_>, name: &str, loop_time: Nanos, lock: Nanos) {
    if loop_time > lock {
        let message = format!(
            "a poll of `{name}` may take {loop_time}; the lock of a record ends after {lock}"
        );
        let problem: Problem = warnings::of("long-poll-loop", message);
        let help = "give a smaller `max.poll.records`";
        section.warn("max.poll.records", problem.help(help));
    }
}

/// What is said of readers.
const WORDS: Words = Words {
    reader: "member",
    lane: "partition",
};

/// What may be said of the readers of any platform.
fn warn_of_readers(config: &Config, section: &Section<'_>, workload: &Workload, app: App<'_>) {
    let App {
        number,
        consumer,
        reader,
    } = app;
    let own = section.section("consumer").entry(&consumer.name);
    let partitions = config.topic.partitions;
    if let Some(kept) = config.topic.retention {
        let away = workload.longest_absence(number);
        let topic = section.section("topic");
        warn_of_retention(&topic, "retention.ms", kept, consumer, away);
    }
    let is_free = config.adds_partitions() || reader.is_shared();
    if !is_free {
        WORDS.warn_of_idle(&own, consumer, partitions);
    }
    let hands = u64::from(consumer.workers).saturating_mul(reader.partitions_at_once);
    let busy = match is_free {
        true => hands,
        false => hands.min(u64::from(partitions)),
    };
    WORDS.warn_of_speed(&own, workload, consumer, busy);
}
