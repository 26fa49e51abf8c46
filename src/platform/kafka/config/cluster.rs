//! The cluster: its flavour, its version, and what all its brokers share.

use super::controller::{ControllerConfig, ControllerTimes};
use super::operation::OperationConfig;
use super::replication::ReplicationConfig;
use super::{Encryption, INT_MAX, encryption, millis};
use crate::facts::{self, FactsAt};
use crate::settings::Section;
use crate::units::{ByteRate, Bytes, Nanos};
use crate::workload::Workload;

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
    /// Whether the brokers run Kafka 4.1 or later.
    pub since_4: bool,
    /// Quotas.
    pub quotas: Quotas,
    /// Who encrypts.
    pub encryption: Encryption,
    /// The facts in force.
    pub facts: FactsAt,
    /// How replicas follow their leader.
    pub replication: ReplicationConfig,
    /// `unclean.leader.election.enable`.
    pub unclean: bool,
    /// Whether `replica.selector.class` is rack-aware.
    pub rack_selector: bool,
    /// The timers of the controller.
    pub controller: ControllerConfig,
    /// `socket.request.max.bytes`: a larger request closes its connection `[B]`.
    pub socket_request_max: u64,
    /// `log.retention.check.interval.ms`.
    pub retention_check: Nanos,
    /// Bytes of each broker's volume.
    pub volume: u64,
    /// How long it takes to create a cluster, to start a broker and to move replicas.
    pub operation: OperationConfig,
}

const VERSIONS: [&str; 5] = ["2.8.x", "3.6.x", "3.7.x", "3.9.x", "4.1.x"];

pub(super) fn read(section: &Section<'_>, workload: &Workload) -> ClusterConfig {
    section.refuse(&["BrokerNodeGroupInfo", "ClusterType"], "MSK");
    let flavour = read_flavour(section);
    let version = read_version(section, flavour);
    let metadata = read_metadata(section, &version);
    let tiered = read_storage_mode(section, flavour, &version);
    let since_4 = version == "4.1.x";
    let old = matches!(version.as_str(), "2.8.x" | "3.6.x");
    let times = ControllerTimes::read(section, workload, metadata);
    let may_elect_unclean = flavour == Flavour::Standard && !tiered;
    let storage = read_storage(section);
    ClusterConfig {
        flavour,
        metadata,
        tiered,
        hints: !old,
        before_3_7: old,
        since_4,
        encryption: encryption::read(section, workload, flavour),
        facts: facts::on(section).rows(),
        quotas: quotas(flavour, facts::on(section).rows()),
        replication: ReplicationConfig::read(section),
        unclean: section.or("unclean.leader.election.enable", may_elect_unclean),
        rack_selector: read_rack_selector(section),
        controller: ControllerConfig::read(section, &times, since_4),
        socket_request_max: read_socket_request_max(section),
        retention_check: millis(section, "log.retention.check.interval.ms"),
        volume: match flavour {
            Flavour::Standard => storage << 30,
            _ => u64::MAX,
        },
        operation: OperationConfig::read(section, flavour, times.troubled),
    }
}

fn read_flavour(section: &Section<'_>) -> Flavour {
    let names = ["STANDARD", "EXPRESS", "SERVERLESS"];
    match section.choice("cluster-type", "STANDARD", &names).as_str() {
        "EXPRESS" => Flavour::Express,
        "SERVERLESS" => Flavour::Serverless,
        _ => Flavour::Standard,
    }
}

/// Whether `StorageMode` is `TIERED`; a problem where the cluster cannot have it.
fn read_storage_mode(section: &Section<'_>, flavour: Flavour, version: &str) -> bool {
    let tiered = section.choice("StorageMode", "LOCAL", &["LOCAL", "TIERED"]) == "TIERED";
    if tiered && (flavour != Flavour::Standard || version == "2.8.x") {
        let help = "it needs MSK Standard with Kafka 3.6 or later";
        section.problem("StorageMode", "tiered storage is not available here", help);
    }
    tiered
}

/// `VolumeSize` `[GiB]`.
fn read_storage(section: &Section<'_>) -> u64 {
    let highest = facts::on(section).value("msk.volume.highest");
    section.or_in("VolumeSize", 1000, 1..=highest)
}

/// `socket.request.max.bytes` `[B]`.
fn read_socket_request_max(section: &Section<'_>) -> u64 {
    let key = "socket.request.max.bytes";
    facts::setting_in(section, key, &format!("kafka.{key}"), 1..=INT_MAX)
}

/// Whether `replica.selector.class` is rack-aware.
fn read_rack_selector(section: &Section<'_>) -> bool {
    let names = ["none", "RackAwareReplicaSelector"];
    section.choice("replica.selector.class", "none", &names) != "none"
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
