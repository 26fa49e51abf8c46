//! `[[call]]`: what the operator calls, of Kafka's Admin API or of the MSK API. A call is one file and one line in
//! the list below.

use super::super::config::ClusterConfig;
use super::super::wire::Scope;
use super::{Control, Rooms};
use crate::settings::Section;
use crate::units::SimTime;
use crate::workload::{Mark, Workload, entry_instant, entry_name};

/// What a call is read from.
pub(in super::super) struct CallEntry<'a> {
    /// The table of the system.
    pub system: &'a Section<'a>,
    /// The entry of `[[call]]`.
    pub entry: &'a Section<'a>,
    /// The word that names the call.
    pub word: &'static str,
    /// How many brokers there are.
    pub brokers: u32,
    /// The cluster, as it is at the beginning.
    pub cluster: &'a ClusterConfig,
    /// The workload, whose workers may be named.
    pub workload: &'a Workload,
}

impl<'a> CallEntry<'a> {
    /// The parameters of the call.
    fn part(&self) -> Section<'a> {
        self.entry.section(self.word)
    }

    /// Checks that a call without parameters is written as `name = true`.
    fn check_made(&self) {
        let is_flag = !self.part().is_value("") && self.entry.is_value(self.word);
        if is_flag && !self.entry.or(self.word, true) {
            let help = "write `true`, or leave it out";
            self.entry
                .problem(self.word, "a call that is not made", help);
        }
    }
}

/// What a call reads from the scenario and does to the cluster.
trait Request: Sized {
    /// Whether MSK takes it only while the cluster is ACTIVE.
    const IS_UPDATE: bool = false;
    /// Reads the parameters; problems go to the section.
    fn read(from: &CallEntry<'_>) -> Self;
    /// Makes the call; the answer says in a few words what begins, or why the call is refused.
    fn make(
        &self,
        control: &mut Control,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String>;
}

macro_rules! calls {
    ($($module:ident :: $name:ident = $word:literal),+ $(,)?) => {
        $(mod $module;)+

        /// An operation with its parameters.
        #[derive(Clone, Debug)]
        pub enum Operation {
            $(#[doc = concat!("`", $word, "`.")] $name($module::$name),)+
        }

        /// The words that name a call.
        const WORDS: &[&str] = &[$($word),+];

        impl Operation {
            /// Reads the call that `from` names.
            fn read(from: &CallEntry<'_>) -> Option<Self> {
                match from.word {
                    $($word => Some(Self::$name($module::$name::read(from))),)+
                    _ => None,
                }
            }
            /// The name that the API has for it.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $word,)+ }
            }
            /// Whether MSK takes it only while the cluster is ACTIVE.
            #[must_use]
            pub fn is_update(&self) -> bool {
                match self { $(Self::$name(_) => $module::$name::IS_UPDATE,)+ }
            }
            /// Makes the call; the answer says what begins, or why the call is refused.
            pub(super) fn make(
                &self,
                control: &mut Control,
                rooms: &mut Rooms<'_>,
                cx: &mut Scope<'_>,
            ) -> Result<String, String> {
                match self { $(Self::$name(call) => call.make(control, rooms, cx),)+ }
            }
        }
    };
}

calls! {
    create_partitions::CreatePartitions = "CreatePartitions",
    alter_reassignments::AlterReassignments = "AlterPartitionReassignments",
    elect_leaders::ElectLeaders = "ElectLeaders",
    alter_configs::AlterConfigs = "IncrementalAlterConfigs",
    update_broker_count::UpdateBrokerCount = "UpdateBrokerCount",
    update_broker_type::UpdateBrokerType = "UpdateBrokerType",
    update_broker_storage::UpdateBrokerStorage = "UpdateBrokerStorage",
    update_version::UpdateVersion = "UpdateClusterKafkaVersion",
    reboot_broker::RebootBroker = "RebootBroker",
    create_cluster::CreateCluster = "CreateCluster",
    delete_cluster::DeleteCluster = "DeleteCluster",
    close_consumer::CloseConsumer = "close-consumer",
}

pub(super) use alter_configs::AlterConfigs;

/// A call of the operator, of Kafka's Admin API or of the MSK API.
#[derive(Clone, Debug)]
pub struct Call {
    /// When it is made.
    pub at: SimTime,
    /// What it asks for.
    pub operation: Operation,
    /// What claims call it.
    pub name: String,
}

impl Call {
    /// What charts draw for it.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            from: self.at,
            to: self.at,
            text: self.operation.name().to_owned(),
            name: self.name.clone(),
        }
    }
}

/// Reads `[[call]]`.
pub(in super::super) fn read(
    system: &Section<'_>,
    workload: &Workload,
    brokers: u32,
    cluster: &ClusterConfig,
) -> Vec<Call> {
    let read = |entry: Section<'_>| {
        let at = entry_instant(&entry, workload.duration);
        let from = CallEntry {
            system,
            entry: &entry,
            word: entry.one_of(WORDS, "call")?,
            brokers,
            cluster,
            workload,
        };
        from.check_made();
        let name = entry_name(&entry, from.word);
        Operation::read(&from).map(|operation| Call {
            at,
            operation,
            name,
        })
    };
    let mut calls: Vec<Call> = system.list("call").into_iter().filter_map(read).collect();
    calls.sort_by_key(|call| call.at);
    calls
}
