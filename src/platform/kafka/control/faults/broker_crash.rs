//! `broker-crash`: the process of a broker dies.

use super::{Entry, Fault};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::ids::BrokerId;
use crate::platform::kafka::wire::Scope;

/// The process dies: connections are reset; it starts again at the end of the fault.
#[derive(Clone, Debug)]
pub struct BrokerCrash {
    /// The broker.
    broker: BrokerId,
    /// Whether its volume is lost too.
    empty: bool,
}

impl Fault for BrokerCrash {
    fn read(from: &Entry<'_>) -> Option<Self> {
        if from.entry.is_value(from.word) {
            return Some(Self { broker: from.broker(), empty: false });
        }
        let broker = from.part_broker();
        let empty = from.part().choice("volume", "same", &["same", "empty"]) == "empty";
        Some(Self { broker, empty })
    }

    fn text(&self) -> String {
        let what = if self.empty { "loses its volume" } else { "crashes" };
        format!("broker {} {what}", self.broker.number() + 1)
    }

    fn begin(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        control.nodes[self.broker].emptied |= self.empty;
        control.begin_healing();
        control.crash(self.broker, false, "crashed", rooms, cx);
    }

    fn end(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        control.restart(self.broker, cx.config.cluster.operation.start, rooms, cx);
    }
}
