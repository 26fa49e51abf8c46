//! The cluster: its flavour, its brokers' settings, the timers of the controller.

use super::{Encryption, INT_MAX, assumed, encryption, millis};
use crate::facts::{self, FactsAt};
use crate::settings::Section;
use crate::units::{ByteRate, Bytes, Nanos};
use crate::workload::{Action, Workload};

/// What Amazon MSK offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Provisioned, Standard brokers.
    Standard,
    /// Provisioned, Express brokers.
    Express,
    /// MSK Serverless.
    Serverless,
}

impl Flavour {
    /// What reports call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "MSK Standard",
            Self::Express => "MSK Express",
            Self::Serverless => "MSK Serverless",
        }
    }
}

/// Where a cluster keeps its metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metadata {
    /// A quorum of controllers.
    Kraft,
    /// ZooKeeper, with one of the brokers as controller.
    ZooKeeper,
}

/// What the service throttles or refuses beyond; `None` is without limit.
#[derive(Clone, Debug, Default)]
pub struct Quotas {
    /// Bytes a second into the whole cluster.
    pub cluster_in: Option<ByteRate>,
    /// Bytes a second out of the whole cluster.
    pub cluster_out: Option<ByteRate>,
    /// Bytes a second into one partition.
    pub partition_in: Option<ByteRate>,
    /// Bytes a second out of one partition.
    pub partition_out: Option<ByteRate>,
    /// Partitions.
    pub partitions: Option<u64>,
    /// New partitions in five minutes.
    pub new_partitions: Option<u64>,
    /// `max.message.bytes` at most.
    pub message: Option<u64>,
}

/// The cluster.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// The flavour.
    pub flavour: Flavour,
    /// Where the metadata are.
    pub metadata: Metadata,
    /// `StorageMode` is `TIERED`.
    pub tiered: bool,
    /// Whether answers with errors carry the new leader (3.7 and later).
    pub hints: bool,
    /// Whether the brokers run a version before 3.7.
    pub before_3_7: bool,
    /// Quotas.
    pub quotas: Quotas,
    /// Who encrypts.
    pub encryption: Encryption,
    /// `replica.fetch.max.bytes`.
    pub replica_fetch_max: u64,
    /// `replica.fetch.response.max.bytes`.
    pub replica_response_max: u64,
    /// `replica.fetch.backoff.ms`.
    pub replica_backoff: Nanos,
    /// The facts in force.
    pub facts: FactsAt,
    /// `num.replica.fetchers`.
    pub fetchers: u32,
    /// What one of them writes.
    pub fetcher_rate: ByteRate,
    /// What each partition with news in a fetch takes of its time.
    pub fetcher_partition: Nanos,
    /// `replica.lag.time.max.ms`.
    pub lag_max: Nanos,
    /// `unclean.leader.election.enable`.
    pub unclean: bool,
    /// Whether `replica.selector.class` is rack-aware.
    pub rack_selector: bool,
    /// `leader.imbalance.check.interval.seconds` if `auto.leader.rebalance.enable`.
    pub rebalance: Option<Nanos>,
    /// `leader.imbalance.per.broker.percentage`, which the controller of ZooKeeper mode heeds.
    pub imbalance: f64,
    /// After so long without a heartbeat a broker is fenced.
    pub session: Nanos,
    /// The distance of heartbeats.
    pub heartbeat: Nanos,
    /// What a new active controller takes to be there after the old one is lost.
    pub failover: Nanos,
    /// Time per election of a serial controller.
    pub election: Nanos,
    /// From a change at the controller until all brokers know.
    pub publish: Nanos,
    /// How long a failed broker stays away when MSK recovers it.
    pub recovery: Nanos,
    /// How long a broker takes to start.
    pub start: Nanos,
    /// How long a broker is away for a planned restart.
    pub restart: Nanos,
    /// `log.retention.check.interval.ms`.
    pub retention_check: Nanos,
    /// Bytes of each broker's volume.
    pub volume: u64,
    /// What `CreateCluster` takes.
    pub create: Nanos,
    /// What a throttled move of replicas may use per broker.
    pub move_rate: ByteRate,
}

const VERSIONS: [&str; 5] = ["2.8.x", "3.6.x", "3.7.x", "3.9.x", "4.1.x"];

pub(super) fn read(section: &Section<'_>, workload: &Workload) -> ClusterConfig {
    section.refuse(&["BrokerNodeGroupInfo", "ClusterType"], "MSK");
    let flavour = match section
        .choice(
            "cluster-type",
            "STANDARD",
            &["STANDARD", "EXPRESS", "SERVERLESS"],
        )
        .as_str()
    {
        "EXPRESS" => Flavour::Express,
        "SERVERLESS" => Flavour::Serverless,
        _ => Flavour::Standard,
    };
    let version = read_version(section, flavour);
    let metadata = read_metadata(section, &version);
    let tiered = section.choice("StorageMode", "LOCAL", &["LOCAL", "TIERED"]) == "TIERED";
    if tiered && (flavour != Flavour::Standard || version == "2.8.x") {
        let help = "it needs MSK Standard with Kafka 3.6 or later";
        section.problem("StorageMode", "tiered storage is not available here", help);
    }
    let old = matches!(version.as_str(), "2.8.x" | "3.6.x");
    let number =
        |key: &str, high: u64| facts::setting_in(section, key, &format!("kafka.{key}"), 1..=high);
    let times = Times::read(section, workload, metadata);
    let unclean = flavour == Flavour::Standard && !tiered;
    let model = section.section("model");
    let storage: u64 = section.or_in(
        "VolumeSize",
        1000,
        1..=facts::on(section).value("msk.volume.highest"),
    );
    ClusterConfig {
        flavour,
        metadata,
        tiered,
        hints: !old,
        before_3_7: old,
        encryption: encryption::read(section, workload, flavour),
        facts: facts::on(section),
        quotas: quotas(flavour, facts::on(section)),
        replica_fetch_max: number("replica.fetch.max.bytes", INT_MAX),
        replica_response_max: number("replica.fetch.response.max.bytes", INT_MAX),
        replica_backoff: millis(section, "replica.fetch.backoff.ms"),
        fetchers: section.or_in(
            "num.replica.fetchers",
            facts::on(section).value::<u64>("msk.num.replica.fetchers"),
            1..=64,
        ) as u32,
        fetcher_rate: assumed(
            &model,
            "fetcher-rate",
            ByteRate(1)..=ByteRate(1 << 40),
            true,
        ),
        fetcher_partition: assumed(
            &model,
            "fetcher-partition",
            Nanos::ZERO..=Nanos::from_millis(10),
            true,
        ),
        lag_max: Nanos::from_millis(number("replica.lag.time.max.ms", INT_MAX)),
        unclean: section.or("unclean.leader.election.enable", unclean),
        rack_selector: section.choice(
            "replica.selector.class",
            "none",
            &["none", "RackAwareReplicaSelector"],
        ) != "none",
        rebalance: section
            .or("auto.leader.rebalance.enable", true)
            .then(|| Nanos::from_secs(number("leader.imbalance.check.interval.seconds", 86_400))),
        imbalance: number("leader.imbalance.per.broker.percentage", 1000) as f64 / 100.0,
        session: times.session,
        heartbeat: times.heartbeat,
        failover: times.failover,
        election: times.election,
        publish: assumed(
            &model,
            "metadata-push",
            Nanos::ZERO..=Nanos::from_secs(60),
            times.troubled,
        ),
        recovery: assumed(
            &model,
            "broker-recovery",
            Nanos::ZERO..=Nanos::from_secs(86_400),
            times.troubled,
        ),
        start: assumed(
            &model,
            "broker-start",
            Nanos::ZERO..=Nanos::from_secs(86_400),
            times.troubled,
        ),
        restart: assumed(
            &model,
            "broker-restart",
            Nanos::ZERO..=Nanos::from_secs(86_400),
            section.has("call"),
        ),
        retention_check: millis(section, "log.retention.check.interval.ms"),
        volume: if flavour == Flavour::Standard {
            storage << 30
        } else {
            u64::MAX
        },
        create: read_create(section, flavour),
        move_rate: assumed(
            &model,
            "move-rate",
            ByteRate(1)..=ByteRate(1 << 40),
            section.has("call"),
        ),
    }
}

/// `KafkaVersion`: by default the newest before 4 that there was on the day of the run.
fn read_version(section: &Section<'_>, flavour: Flavour) -> String {
    let book = facts::on(section);
    if flavour == Flavour::Express {
        book.refuse_before(
            section,
            "cluster-type",
            "MSK Express",
            "msk.cluster-type.express",
        );
    }
    let id = |version: &str| format!("kafka.version.{}", version.trim_end_matches(".x"));
    let usual = if book.comes(&id("3.9.x")).is_none() {
        "3.9.x"
    } else {
        "3.7.x"
    };
    let version = section.choice("KafkaVersion", usual, &VERSIONS);
    book.refuse_before(
        section,
        "KafkaVersion",
        &format!("Kafka {version}"),
        &id(&version),
    );
    version
}

/// What `CreateCluster` takes; where it is called, and where nobody has said it, an assumption.
fn read_create(section: &Section<'_>, flavour: Flavour) -> Nanos {
    let id = if flavour == Flavour::Serverless {
        "msk.serverless.create"
    } else {
        "msk.create"
    };
    let (model, day) = (section.section("model"), Nanos::from_secs(86_400));
    if section
        .list("call")
        .iter()
        .any(|call| call.has("CreateCluster"))
    {
        return facts::setting_in(&model, "create", id, Nanos(1)..=day);
    }
    model.or_in("create", facts::on(section).value(id), Nanos(1)..=day)
}

fn read_metadata(section: &Section<'_>, version: &str) -> Metadata {
    let usual = if matches!(version, "2.8.x" | "3.6.x") {
        "ZOOKEEPER"
    } else {
        "KRAFT"
    };
    let metadata = section.choice("metadata-mode", usual, &["KRAFT", "ZOOKEEPER"]);
    match (metadata.as_str(), version) {
        ("ZOOKEEPER", "4.1.x") => {
            section.problem(
                "metadata-mode",
                "Kafka 4 has no ZooKeeper",
                "use \"KRAFT\" or KafkaVersion 3.9.x",
            );
        }
        ("KRAFT", "2.8.x" | "3.6.x") => {
            section.problem(
                "metadata-mode",
                "MSK offers KRaft from 3.7 on",
                "use \"ZOOKEEPER\" or a later version",
            );
        }
        ("ZOOKEEPER", _) => return Metadata::ZooKeeper,
        _ => {}
    }
    Metadata::Kraft
}

/// The timers of the controller.
struct Times {
    session: Nanos,
    heartbeat: Nanos,
    failover: Nanos,
    election: Nanos,
    /// Whether a broker may fail in this run.
    troubled: bool,
}

impl Times {
    fn read(section: &Section<'_>, workload: &Workload, metadata: Metadata) -> Self {
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
                failover: session,
                election,
                troubled,
            };
        }
        let fetch = millis(section, "controller.quorum.fetch.timeout.ms");
        Self {
            session: millis(section, "broker.session.timeout.ms"),
            heartbeat: Nanos::from_millis(facts::setting_in(
                section,
                "broker.heartbeat.interval.ms",
                "kafka.broker.heartbeat.interval.ms",
                1..=INT_MAX,
            )),
            failover: fetch + millis(section, "controller.quorum.election.timeout.ms"),
            election: Nanos::ZERO,
            troubled,
        }
    }
}

fn quotas(flavour: Flavour, book: FactsAt) -> Quotas {
    let rate = |id: &str| Some(book.value::<ByteRate>(id));
    match flavour {
        Flavour::Standard => Quotas::default(),
        Flavour::Express => Quotas {
            partition_in: rate("msk.express.partition.in"),
            ..Quotas::default()
        },
        Flavour::Serverless => Quotas {
            cluster_in: rate("msk.serverless.in"),
            cluster_out: rate("msk.serverless.out"),
            partition_in: rate("msk.serverless.partition.in"),
            partition_out: rate("msk.serverless.partition.out"),
            partitions: Some(book.value("msk.serverless.partitions")),
            new_partitions: Some(book.value("msk.serverless.new-partitions")),
            message: Some(book.value::<Bytes>("msk.serverless.message").0),
        },
    }
}
