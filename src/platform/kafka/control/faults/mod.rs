//! Faults of the scenario: one file for each kind, and one line in the list below.

use super::super::config::{broker_in, worker_of};
use super::super::ids::{BrokerId, ProducerId};
use super::super::wire::Scope;
use super::{Control, Rooms};
use crate::settings::Section;
use crate::workload::Workload;

/// What a fault is read from.
pub(in super::super) struct Entry<'a> {
    /// The entry of `[[fault]]`.
    pub entry: &'a Section<'a>,
    /// The word that names the fault.
    pub word: &'static str,
    /// How many brokers there are.
    pub brokers: u32,
    /// How many zones there are.
    pub zones: u32,
    /// The workload, whose workers may be named.
    pub workload: &'a Workload,
}

impl Entry<'_> {
    /// The particulars of the fault.
    fn part(&self) -> Section<'_> {
        self.entry.section(self.word)
    }

    /// The broker that the word itself names, from 1 on in the file.
    fn broker(&self) -> BrokerId {
        BrokerId::new(broker_in(self.entry, self.word, self.brokers))
    }

    /// The broker that `broker` names among the particulars.
    fn part_broker(&self) -> BrokerId {
        BrokerId::new(broker_in(&self.part(), "broker", self.brokers))
    }

    /// The zone that `key` of a section names.
    fn zone(&self, section: &Section<'_>, key: &str) -> Option<u32> {
        let zone: String = section.need(key);
        let known: Vec<String> = (1..=self.zones).map(|zone| format!("az{zone}")).collect();
        let found = (0..).zip(&known).find(|(_, name)| **name == zone);
        if found.is_none() {
            let message = format!("`{zone}` is no zone of this cluster");
            section.problem(
                key,
                message,
                format!("expected one of {}", known.join(", ")),
            );
        }
        found.map(|(number, _)| number)
    }

    /// The producer that the word itself names, from 1 on in the file.
    fn producer(&self) -> ProducerId {
        let most = u64::from(self.workload.producers().max(1));
        let number: u64 = self.entry.need_in(self.word, 1..=most);
        ProducerId::new(number.saturating_sub(1) as u32)
    }

    /// The consumer and the number of its worker, from 0.
    fn worker(&self) -> (String, u32) {
        worker_of(&self.part(), self.workload)
    }
}

/// Something that breaks for a while.
trait Fault: Sized {
    /// Reads the fault; problems go to the section.
    fn read(from: &Entry<'_>) -> Option<Self>;
    /// What charts write beside it.
    fn text(&self) -> String;
    /// It begins.
    fn begin(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>);
    /// It ends.
    fn end(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>);
}

macro_rules! faults {
    ($($module:ident :: $name:ident = $word:literal),+ $(,)?) => {
        $(mod $module;)+

        /// What breaks.
        #[derive(Clone, Debug)]
        pub enum FaultKind {
            $(#[doc = concat!("`", $word, "`.")] $name($module::$name),)+
        }

        /// The words that name a fault.
        pub(in super::super) const WORDS: &[&str] = &[$($word),+];

        impl FaultKind {
            /// Reads the fault that `from` names.
            pub(in super::super) fn read(from: &Entry<'_>) -> Option<Self> {
                match from.word {
                    $($word => $module::$name::read(from).map(Self::$name),)+
                    _ => None,
                }
            }
            /// What charts write beside it.
            #[must_use]
            pub fn text(&self) -> String {
                match self { $(Self::$name(fault) => fault.text(),)+ }
            }
            /// Whether a producer sends nothing while it lasts.
            #[must_use]
            pub fn stops_producer(&self) -> bool {
                matches!(self, Self::StuckProducer(_) | Self::ProducerCrash(_))
            }
            /// It begins.
            pub(super) fn begin(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
                match self { $(Self::$name(fault) => fault.begin(control, rooms, cx),)+ }
            }
            /// It ends.
            pub(super) fn end(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
                match self { $(Self::$name(fault) => fault.end(control, rooms, cx),)+ }
            }
        }
    };
}

faults! {
    broker_crash::BrokerCrash = "broker-crash",
    broker_stop::BrokerStop = "broker-stop",
    broker_hang::BrokerHang = "broker-hang",
    fetcher_hang::FetcherHang = "fetcher-hang",
    slow_disk::SlowDisk = "slow-disk",
    network_split::NetworkSplit = "network-split",
    controller_down::ControllerDown = "controller-down",
    stuck_member::StuckMember = "stuck-member",
    slow_network::SlowNetwork = "slow-network",
    stuck_producer::StuckProducer = "stuck-producer",
    producer_crash::ProducerCrash = "producer-crash",
}
