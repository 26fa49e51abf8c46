//! `[[call]]` and `[[fault]]`: what the operator calls, and what breaks.

use super::super::control::faults::{self, FaultKind};
use super::{ClusterConfig, Flavour};
use crate::facts;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Mark, Workload};

/// A call of the operator, of Kafka's Admin API or of the MSK API.
#[derive(Clone, Debug)]
pub struct Call {
    /// When it is made.
    pub at: SimTime,
    /// What it asks for.
    pub operation: Operation,
}

/// An operation.
#[derive(Clone, Debug)]
pub enum Operation {
    /// `CreatePartitions`: the topic shall have so many.
    CreatePartitions {
        /// The new number; Kafka says what it thinks of numbers that are no increase.
        count: i64,
    },
    /// `AlterPartitionReassignments`: replicas evenly over all brokers.
    ReassignPartitions,
    /// `ElectLeaders`, preferred.
    ElectLeaders,
    /// `IncrementalAlterConfigs` of the topic.
    AlterConfigs {
        /// `retention.ms`; -1 is forever.
        retention: Option<i64>,
        /// `max.message.bytes`.
        message_max: Option<u64>,
        /// `min.insync.replicas`.
        min_isr: Option<u64>,
        /// `unclean.leader.election.enable`.
        unclean: Option<bool>,
    },
    /// `UpdateBrokerCount`.
    UpdateBrokerCount {
        /// `TargetNumberOfBrokerNodes`.
        target: u32,
    },
    /// `UpdateBrokerType`: one broker after the other.
    UpdateBrokerType {
        /// The new machine.
        machine: Box<super::Machine>,
    },
    /// `UpdateBrokerStorage`.
    UpdateBrokerStorage {
        /// `VolumeSizeGB`.
        gib: u64,
    },
    /// `UpdateClusterKafkaVersion`, or a patch: one broker after the other.
    RollingRestart,
    /// `RebootBroker`.
    RebootBroker {
        /// The broker, from 0.
        broker: u32,
    },
    /// `CreateCluster`: before it is through there is no cluster.
    CreateCluster,
    /// `DeleteCluster`.
    DeleteCluster,
    /// A member closes its consumer in good order.
    CloseConsumer {
        /// The application.
        consumer: String,
        /// The worker, from 0.
        worker: u32,
    },
}

impl Operation {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreatePartitions { .. } => "CreatePartitions",
            Self::ReassignPartitions => "AlterPartitionReassignments",
            Self::ElectLeaders => "ElectLeaders",
            Self::AlterConfigs { .. } => "IncrementalAlterConfigs",
            Self::UpdateBrokerCount { .. } => "UpdateBrokerCount",
            Self::UpdateBrokerType { .. } => "UpdateBrokerType",
            Self::UpdateBrokerStorage { .. } => "UpdateBrokerStorage",
            Self::RollingRestart => "UpdateClusterKafkaVersion",
            Self::RebootBroker { .. } => "RebootBroker",
            Self::CreateCluster => "CreateCluster",
            Self::DeleteCluster => "DeleteCluster",
            Self::CloseConsumer { .. } => "close()",
        }
    }

    /// Whether MSK takes it only while the cluster is ACTIVE.
    #[must_use]
    pub fn is_update(&self) -> bool {
        matches!(
            self,
            Self::UpdateBrokerCount { .. }
                | Self::UpdateBrokerType { .. }
                | Self::UpdateBrokerStorage { .. }
                | Self::RollingRestart
                | Self::RebootBroker { .. }
        )
    }
}

impl Call {
    /// What charts draw for it.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            from: self.at,
            to: self.at,
            text: self.operation.name().to_owned(),
        }
    }
}

/// Something that breaks for a while.
#[derive(Clone, Debug)]
pub struct Fault {
    /// From when on.
    pub from: SimTime,
    /// Until when; at the end of a crash the broker starts again.
    pub to: SimTime,
    /// What.
    pub kind: FaultKind,
}

impl Fault {
    /// What charts shade for it.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            from: self.from,
            to: self.to,
            text: self.kind.text(),
        }
    }
}

const OPERATIONS: [&str; 12] = [
    "CreatePartitions",
    "AlterPartitionReassignments",
    "ElectLeaders",
    "IncrementalAlterConfigs",
    "UpdateBrokerCount",
    "UpdateBrokerType",
    "UpdateBrokerStorage",
    "UpdateClusterKafkaVersion",
    "RebootBroker",
    "CreateCluster",
    "DeleteCluster",
    "close-consumer",
];

fn instant(section: &Section<'_>, duration: Nanos) -> SimTime {
    let at: Nanos = section.need("at");
    if at > duration {
        section.problem(
            "at",
            format!("{at} comes after the end"),
            format!("the run lasts {duration}"),
        );
    }
    SimTime(at.0)
}

/// The name of an application and the number of one of its workers, from 0.
pub(in super::super) fn worker_of(part: &Section<'_>, workload: &Workload) -> (String, u32) {
    let name: String = part.need("consumer");
    let found = workload
        .consumers
        .iter()
        .find(|consumer| consumer.name == name);
    if found.is_none() && part.has("consumer") {
        let known: Vec<&str> = workload
            .consumers
            .iter()
            .map(|consumer| consumer.name.as_str())
            .collect();
        let help = format!("known are {}", known.join(", "));
        part.problem("consumer", format!("no consumer is called `{name}`"), help);
    }
    let workers = found.map_or(1, |consumer| u64::from(consumer.workers));
    (name, part.or_in("worker", 1_u64, 1..=workers) as u32 - 1)
}

/// Reads `[[call]]`.
pub(super) fn read_calls(
    section: &Section<'_>,
    workload: &Workload,
    brokers: u32,
    cluster: &ClusterConfig,
) -> Vec<Call> {
    let read = |part: Section<'_>| {
        let at = instant(&part, workload.duration);
        let name = part.one_of(&OPERATIONS, "call")?;
        read_operation(section, &part, name, (brokers, workload), cluster)
            .map(|operation| Call { at, operation })
    };
    let mut calls: Vec<Call> = section.list("call").into_iter().filter_map(read).collect();
    calls.sort_by_key(|call| call.at);
    calls
}

fn read_operation(
    section: &Section<'_>,
    entry: &Section<'_>,
    name: &str,
    (brokers, workload): (u32, &Workload),
    cluster: &ClusterConfig,
) -> Option<Operation> {
    let part = entry.section(name);
    if part.is_value("") || !entry.is_value(name) {
        // A table with the particulars, or nothing but the name.
    } else if !entry.or(name, true) {
        entry.problem(
            name,
            "a call that is not made",
            "write `true`, or leave it out",
        );
    }
    let book = facts::on(section);
    let operation = match name {
        "CreatePartitions" => Operation::CreatePartitions {
            count: part.need("count"),
        },
        "AlterPartitionReassignments" => Operation::ReassignPartitions,
        "ElectLeaders" => Operation::ElectLeaders,
        "IncrementalAlterConfigs" => Operation::AlterConfigs {
            retention: part.get("retention.ms"),
            message_max: part.get("max.message.bytes"),
            min_isr: part.get("min.insync.replicas"),
            unclean: part.get("unclean.leader.election.enable"),
        },
        "UpdateBrokerCount" => Operation::UpdateBrokerCount {
            target: part.need_in(
                "TargetNumberOfBrokerNodes",
                1..=book.value::<u64>("msk.brokers.highest"),
            ) as u32,
        },
        "UpdateBrokerType" => {
            let prefix = if cluster.flavour == Flavour::Express {
                "express."
            } else {
                "kafka."
            };
            let known: Vec<&str> = facts::all()
                .iter()
                .filter_map(|fact| fact.id.strip_prefix("msk.")?.strip_suffix(".vcpu"))
                .filter(|name| name.starts_with(prefix))
                .collect();
            let name = part.choice(
                "TargetInstanceType",
                known.first().copied().unwrap_or_default(),
                &known,
            );
            Operation::UpdateBrokerType {
                machine: Box::new(super::machine::of_type(section, cluster, &name)),
            }
        }
        "UpdateBrokerStorage" => Operation::UpdateBrokerStorage {
            gib: part.need_in("VolumeSizeGB", 1..=book.value("msk.volume.highest")),
        },
        "UpdateClusterKafkaVersion" => Operation::RollingRestart,
        "RebootBroker" => Operation::RebootBroker {
            broker: broker_in(&part, "broker", brokers),
        },
        "CreateCluster" => Operation::CreateCluster,
        "DeleteCluster" => Operation::DeleteCluster,
        _ => {
            let (consumer, worker) = worker_of(&part, workload);
            Operation::CloseConsumer { consumer, worker }
        }
    };
    Some(operation)
}

/// A broker by its number from 1 on.
pub(in super::super) fn broker_in(part: &Section<'_>, key: &str, brokers: u32) -> u32 {
    part.need_in(key, 1..=u64::from(brokers.max(1))) as u32 - 1
}

/// Reads `[[fault]]`.
pub(super) fn read_faults(
    section: &Section<'_>,
    workload: &Workload,
    brokers: u32,
    (zones, recovery): (u32, Nanos),
) -> Vec<Fault> {
    let read = |part: Section<'_>| {
        let from = instant(&part, workload.duration);
        let name = part.one_of(faults::WORDS, "fault")?;
        let crash = matches!(name, "broker-crash");
        // MSK recovers a failed broker by itself.
        let lasts = if crash && !part.has("lasts") {
            recovery
        } else {
            part.need("lasts")
        };
        let to = from + lasts;
        Some(Fault {
            from,
            to,
            kind: FaultKind::read(&faults::Entry {
                entry: &part,
                word: name,
                brokers,
                zones,
                workload,
            })?,
        })
    };
    section.list("fault").into_iter().filter_map(read).collect()
}
