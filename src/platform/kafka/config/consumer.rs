//! `consumer.<name>`: the members of a group.

use super::reset::Reset;
use super::{INT_MAX, client, millis, share};
use crate::facts::{self, keys};
use crate::platform::kafka::assignor::Assignor;
use crate::platform::kafka::share_partition::ShareRules;
use crate::settings::Section;
use crate::units::Nanos;
use crate::workload::{Consumer, Workload};

/// `group.protocol` and what it assigns with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Classic, with an assignor of the client's.
    Classic(Assignor),
    /// KIP-848: the coordinator assigns, nobody waits for all.
    Consumer,
    /// KIP-932: a share group. Every member may read every partition.
    Share(ShareRules),
}

/// Where members begin, what they are given and what they commit.
#[derive(Clone, Copy, Debug)]
pub struct OffsetsConfig {
    /// `auto.offset.reset`.
    pub reset: Reset,
    /// Whether `isolation.level` is `read_committed`.
    pub reads_committed: bool,
    /// Whether the application commits the offset of the last record that it has processed and one more, not the
    /// position of its consumer.
    pub commits_record_offsets: bool,
}

/// Whom a member fetches from, and when.
#[derive(Clone, Copy, Debug)]
pub struct FetchRules {
    /// Whether `client.rack` is the member's zone.
    pub rack: bool,
    /// Whether it asks a broker for the rest while some of that broker's records are in its buffer, as clients before 4.0 do.
    pub asks_for_the_rest: bool,
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
    /// `max.poll.interval.ms`.
    pub poll_interval: Nanos,
    /// `session.timeout.ms`.
    pub session: Nanos,
    /// `heartbeat.interval.ms`.
    pub heartbeat: Nanos,
    /// The protocol.
    pub protocol: Protocol,
    /// Whether each member has a `group.instance.id` of its own.
    pub is_static: bool,
    /// `auto.commit.interval.ms`; `None` commits after each poll (`enable.auto.commit = false`).
    pub auto_commit: Option<Nanos>,
    /// Where it begins, what it is given and what it commits.
    pub offsets: OffsetsConfig,
    /// Whom it fetches from, and when.
    pub fetches: FetchRules,
    /// `retry.backoff.ms`: a member asks for newer metadata so long after a fetch failed.
    pub backoff: Nanos,
    /// `reconnect.backoff.ms`: a member connects to a broker again so long after the connection broke.
    pub reconnect: Nanos,
    /// `request.timeout.ms`: a member gives a fetch up that a silent broker does not answer.
    pub request_timeout: Nanos,
    /// `metadata.max.age.ms`.
    pub metadata_age: Nanos,
    /// `scheduled.rebalance.max.delay.ms` of Kafka Connect: for so long the tasks of a worker that left stay unassigned.
    pub lost_delay: Option<Nanos>,
    /// `partitionsConsumedConcurrently` of KafkaJS: of so many partitions a member works on a slice each at once.
    pub partitions_at_once: u64,
    /// How long a crashed member's process takes to start again.
    pub start: Nanos,
}

impl ConsumerConfig {
    /// Whether it is a share group.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.protocol, Protocol::Share(_))
    }
}

pub(super) fn read(section: &Section<'_>, workload: &Workload) -> Vec<ConsumerConfig> {
    let (rules, all) = (
        share::read_rules(section, workload),
        section.section("consumer"),
    );
    workload
        .consumers
        .iter()
        .map(|consumer| read_one(&all.entry(&consumer.name), consumer, rules))
        .collect()
}

fn read_one(
    section: &Section<'_>,
    consumer: &Consumer,
    rules: Option<ShareRules>,
) -> ConsumerConfig {
    let is_shared = share::is_shared(section);
    let rules = rules.filter(|_| is_shared);
    if rules.is_some() {
        share::refuse(section, consumer);
    }
    refuse_guarantee(section);
    section.knows(|key| keys::refusal(keys::kafka(), "consumer", "the Kafka consumer", key));
    let usual = outside_of_share(section, rules.is_some());
    let of = |key: &str, low: u64| {
        facts::setting_in(&usual, key, &format!("kafka.{key}"), low..=INT_MAX)
    };
    let number = |key: &str, low: u64| {
        facts::setting_in(section, key, &format!("kafka.{key}"), low..=INT_MAX)
    };
    let ms = |key: &str| Nanos::from_millis(number(key, 1));
    let protocol = rules.map_or_else(|| read_protocol(section), Protocol::Share);
    let commit = read_auto_commit(&usual, consumer);
    let (session, heartbeat) = read_session(&usual, protocol);
    ConsumerConfig {
        fetch_min: of("fetch.min.bytes", 0),
        fetch_wait: ms("fetch.max.wait.ms"),
        fetch_max: number("fetch.max.bytes", 0),
        partition_fetch_max: of("max.partition.fetch.bytes", 0),
        poll_records: number("max.poll.records", 1),
        poll_interval: Nanos::from_millis(of("max.poll.interval.ms", 1)),
        session,
        heartbeat,
        protocol,
        is_static: usual.choice("group.instance.id", "none", &["none", "by-worker"]) == "by-worker",
        auto_commit: commit.then(|| millis(&usual, "auto.commit.interval.ms")),
        offsets: OffsetsConfig {
            reset: match protocol {
                Protocol::Share(_) => share::read_reset(section),
                Protocol::Classic(_) | Protocol::Consumer => super::reset::read(section),
            },
            reads_committed: read_isolation(section),
            commits_record_offsets: read_commit_offset(section),
        },
        fetches: FetchRules {
            rack: usual.choice("client.rack", "none", &["none", "by-zone"]) == "by-zone",
            asks_for_the_rest: !client::read_version(&usual).starts_with('4'),
        },
        backoff: ms("retry.backoff.ms"),
        reconnect: ms("reconnect.backoff.ms"),
        request_timeout: ms("request.timeout.ms"),
        metadata_age: ms("metadata.max.age.ms"),
        lost_delay: read_lost_delay(section),
        partitions_at_once: read_partitions_at_once(section),
        start: section.or_in(
            "process-start",
            Nanos::ZERO,
            Nanos::ZERO..=Nanos::from_secs(3600),
        ),
    }
}

/// Where settings are read that say nothing to a share group: for one they are no part of its resolved file.
fn outside_of_share<'a>(section: &Section<'a>, shared: bool) -> Section<'a> {
    if shared {
        section.aside()
    } else {
        section.clone()
    }
}

/// `processing.guarantee` of Kafka Streams says how a worker writes, so it stands with what it writes to.
fn refuse_guarantee(section: &Section<'_>) {
    let key = "processing.guarantee";
    if section.has(key) {
        let message = "`processing.guarantee` belongs to the sink of a consumer";
        let help = "write `sink = { kafka = { processing.guarantee = \"exactly_once_v2\" } }` below `[[consumer]]`";
        section.problem(key, message, help);
        section.ignore(key);
    }
}

/// `enable.auto.commit`. A worker whose sink takes part in a transaction commits its offsets within it.
fn read_auto_commit(section: &Section<'_>, consumer: &Consumer) -> bool {
    let key = "enable.auto.commit";
    let transactional = consumer.sink.is_transactional();
    let commits = section.or(key, !transactional);
    if commits && transactional {
        let message = "offsets are committed within the transactions of the sink";
        section.problem(key, message, "leave it out");
    }
    commits && !transactional
}

/// How long a group waits for a heartbeat of a member, and how often a member sends one. The broker decides both in the
/// protocol of KIP-848, the member in the older ones.
fn read_session(section: &Section<'_>, protocol: Protocol) -> (Nanos, Nanos) {
    let facts = facts::on(section);
    let (session, heartbeat): (u64, u64) = if protocol == Protocol::Consumer {
        let usual: u64 = facts.value("kafka.group.consumer.heartbeat.interval.ms");
        let heartbeat = section.or_in("heartbeat.interval.ms", usual, 1..=INT_MAX);
        let session = facts.value("kafka.group.consumer.session.timeout.ms");
        (session, heartbeat)
    } else {
        let lowest = facts.value("kafka.group.min.session.timeout.ms");
        let highest = facts.value("kafka.group.max.session.timeout.ms");
        let number =
            |key: &str, range| facts::setting_in(section, key, &format!("kafka.{key}"), range);
        let session = number("session.timeout.ms", lowest..=highest);
        (session, number("heartbeat.interval.ms", 1..=INT_MAX))
    };
    let (session, heartbeat) = (Nanos::from_millis(session), Nanos::from_millis(heartbeat));
    if heartbeat >= session {
        section.problem(
            "heartbeat.interval.ms",
            "a member would be thrown out between two heartbeats",
            format!("it must be below `session.timeout.ms` ({session})"),
        );
    }
    (session, heartbeat)
}

/// `isolation.level`: readers of committed data or of all data.
fn read_isolation(section: &Section<'_>) -> bool {
    let words = ["read_uncommitted", "read_committed"];
    section.has("isolation.level")
        && section.choice("isolation.level", words[0], &words) == "read_committed"
}

/// `commit-offset`: what an application commits that does so by itself. A marker behind the last record lies before the
/// consumer's position, and behind the record's offset plus one.
fn read_commit_offset(section: &Section<'_>) -> bool {
    let words = ["position", "record"];
    section.has("commit-offset") && section.choice("commit-offset", words[0], &words) == "record"
}

/// The delay of Kafka Connect; whoever sets it is a group of Connect's workers.
fn read_lost_delay(section: &Section<'_>) -> Option<Nanos> {
    let key = "scheduled.rebalance.max.delay.ms";
    let set = section.has(key);
    set.then(|| Nanos::from_millis(section.or_in(key, 300_000, 0..=INT_MAX)))
}

/// KafkaJS' number of partitions that a member works on at once.
fn read_partitions_at_once(section: &Section<'_>) -> u64 {
    let key = "partitionsConsumedConcurrently";
    if section.has(key) {
        return section.or_in(key, 1, 1..=1000);
    }
    1
}

fn read_protocol(section: &Section<'_>) -> Protocol {
    if section.choice("group.protocol", "classic", &["classic", "consumer"]) == "consumer" {
        let (book, what) = (facts::on(section), "`group.protocol=consumer`");
        book.refuse_before(
            section,
            "group.protocol",
            what,
            "kafka.group.consumer.session.timeout.ms",
        );
        for key in ["partition.assignment.strategy", "session.timeout.ms"] {
            if section.has(key) {
                section.problem(
                    key,
                    format!("`{key}` is the coordinator's with `group.protocol=consumer`"),
                    "leave it out",
                );
                section.ignore(key);
            }
        }
        return Protocol::Consumer;
    }
    let words = ["range", "roundrobin", "sticky", "cooperative-sticky"];
    // Workers of Kafka Connect rebalance incrementally.
    let connect = section.has("scheduled.rebalance.max.delay.ms");
    let usual = if connect {
        "cooperative-sticky"
    } else {
        "range"
    };
    Protocol::Classic(
        match section
            .choice("partition.assignment.strategy", usual, &words)
            .as_str()
        {
            "roundrobin" => Assignor::RoundRobin,
            "sticky" => Assignor::Sticky,
            "cooperative-sticky" => Assignor::CooperativeSticky,
            _ => Assignor::Range,
        },
    )
}
