//! `broker-stop`: a broker is stopped in good order.

use super::{Entry, Fault};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::ids::BrokerId;
use crate::platform::kafka::wire::Scope;

/// A controlled shutdown; the broker starts again at the end of the fault.
#[derive(Clone, Debug)]
pub struct BrokerStop {
    /// The broker.
    broker: BrokerId,
}

impl Fault for BrokerStop {
    fn read(from: &Entry<'_>) -> Option<Self> {
        Some(Self { broker: from.broker() })
    }

    fn text(&self) -> String {
        format!("broker {} is stopped", self.broker.number() + 1)
    }

    fn begin(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        control.stop_broker(self.broker, rooms, cx);
    }

    fn end(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        control.restart(self.broker, cx.config.cluster.operation.start, rooms, cx);
    }
}
