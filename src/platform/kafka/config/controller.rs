//! The timers of the controller.

use super::{INT_MAX, Metadata, assumed, millis};
use crate::facts;
use crate::settings::Section;
use crate::units::Nanos;
use crate::workload::{Action, Workload};

/// The settings of the controller.
#[derive(Clone, Debug)]
pub struct ControllerConfig {
    /// `leader.imbalance.check.interval.seconds` if `auto.leader.rebalance.enable`.
    pub rebalance: Option<Nanos>,
    /// `leader.imbalance.per.broker.percentage` as a share, which the controller of ZooKeeper mode heeds.
    pub imbalance: f64,
    /// After so long without a heartbeat a broker is fenced.
    pub session: Nanos,
    /// The distance of heartbeats.
    pub heartbeat: Nanos,
    /// What decides how long there is no active controller after the old one is lost.
    pub failover: Failover,
    /// Time per election of a serial controller.
    pub election: Nanos,
    /// From a change at the controller until all brokers know.
    pub publish: Nanos,
    /// Whether eligible leader replicas are on (`eligible.leader.replicas.version`).
    pub eligible: bool,
}

impl ControllerConfig {
    pub(super) fn read(section: &Section<'_>, times: &ControllerTimes, since_4: bool) -> Self {
        let model = section.section("model");
        let number =
            |key: &str, high| facts::setting_in(section, key, &format!("kafka.{key}"), 1..=high);
        let minute = Nanos::from_secs(60);
        Self {
            rebalance: section
                .or("auto.leader.rebalance.enable", true)
                .then(|| number("leader.imbalance.check.interval.seconds", 86_400))
                .map(Nanos::from_secs),
            imbalance: number("leader.imbalance.per.broker.percentage", 1000) as f64 / 100.0,
            session: times.session,
            heartbeat: times.heartbeat,
            failover: times.failover,
            election: times.election,
            publish: assumed(
                &model,
                "metadata-push",
                Nanos::ZERO..=minute,
                times.troubled,
            ),
            eligible: read_eligible(section, since_4),
        }
    }
}

/// `eligible.leader.replicas.version`: a feature of the cluster, on in new clusters of Kafka 4.1.
fn read_eligible(section: &Section<'_>, since_4: bool) -> bool {
    let (key, facts) = ("eligible.leader.replicas.version", facts::on(section));
    if since_4 {
        let usual = facts.value::<u64>("kafka.eligible.leader.replicas.version");
        return section.or_in(key, usual, 0..=1) == 1;
    }
    let on = section.has(key) && section.or_in(key, 0_u64, 0..=1) == 1;
    if on {
        let message = "eligible leader replicas (KIP-966) need Kafka 4";
        section.problem(key, message, "write `KafkaVersion = \"4.1.x\"`, or 0");
    }
    false
}

/// How another controller takes over.
#[derive(Clone, Copy, Debug)]
pub enum Failover {
    /// ZooKeeper: when the session of the old one is over.
    Session(Nanos),
    /// KRaft: the controllers that are left elect one.
    Election(QuorumTimers),
}

/// The timers of controllers that elect the active one among them.
#[derive(Clone, Copy, Debug)]
pub struct QuorumTimers {
    /// `controller.quorum.fetch.timeout.ms`: a controller that hears nothing for so long becomes a candidate.
    pub fetch_timeout: Nanos,
    /// `controller.quorum.election.timeout.ms`: a candidate waits once to twice as long for votes.
    pub election_timeout: Nanos,
    /// `controller.quorum.election.backoff.max.ms`.
    pub backoff_max: Nanos,
    /// `metadata.max.idle.interval.ms`: the active controller writes at least so often.
    pub idle: Nanos,
    /// What it takes a controller to write its vote down, before it asks for others or answers.
    pub vote: Nanos,
}

impl QuorumTimers {
    fn read(section: &Section<'_>, troubled: bool) -> Self {
        let (model, second) = (section.section("model"), Nanos::from_secs(1));
        Self {
            fetch_timeout: millis(section, "controller.quorum.fetch.timeout.ms"),
            election_timeout: millis(section, "controller.quorum.election.timeout.ms"),
            backoff_max: millis(section, "controller.quorum.election.backoff.max.ms"),
            idle: millis(section, "metadata.max.idle.interval.ms"),
            vote: assumed(&model, "controller-vote", Nanos::ZERO..=second, troubled),
        }
    }
}

/// How fast the controller learns of failures, and how long it then takes.
pub(super) struct ControllerTimes {
    session: Nanos,
    heartbeat: Nanos,
    failover: Failover,
    election: Nanos,
    /// Whether a broker may fail in this run.
    pub(super) troubled: bool,
}

impl ControllerTimes {
    pub(super) fn read(section: &Section<'_>, workload: &Workload, metadata: Metadata) -> Self {
        let zone = |action: &Action| matches!(action, Action::ZoneDown(_));
        let troubled = section.has("fault")
            || section.has("call")
            || workload
                .timeline
                .steps
                .iter()
                .any(|(_, action)| zone(action));
        let second = Nanos::from_secs(1);
        let model = section.section("model");
        if metadata == Metadata::ZooKeeper {
            let (low, high) = (
                facts::on(section).value("msk.zookeeper.session.lowest"),
                facts::on(section).value("msk.zookeeper.session.highest"),
            );
            let session = facts::setting_in(
                section,
                "zookeeper.session.timeout.ms",
                "kafka.zookeeper.session.timeout.ms",
                low..=high,
            );
            let election = assumed(&model, "election", Nanos::ZERO..=second, troubled);
            let session = Nanos::from_millis(session);
            // The client pings three times in a session.
            return Self {
                session,
                heartbeat: Nanos(session.0 / 3),
                failover: Failover::Session(session),
                election,
                troubled,
            };
        }
        Self {
            session: millis(section, "broker.session.timeout.ms"),
            heartbeat: Nanos::from_millis(facts::setting_in(
                section,
                "broker.heartbeat.interval.ms",
                "kafka.broker.heartbeat.interval.ms",
                1..=INT_MAX,
            )),
            failover: Failover::Election(QuorumTimers::read(section, troubled)),
            election: Nanos::ZERO,
            troubled,
        }
    }
}
