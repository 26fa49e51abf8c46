//! `broker-hang`: a broker no longer answers.

use super::{Entry, Fault};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::ids::BrokerId;
use crate::platform::kafka::wire::Scope;

/// The machine no longer answers; its connections stay open until they time out.
#[derive(Clone, Debug)]
pub struct BrokerHang {
    /// The broker.
    broker: BrokerId,
}

impl Fault for BrokerHang {
    fn read(from: &Entry<'_>) -> Option<Self> {
        Some(Self { broker: from.broker() })
    }

    fn text(&self) -> String {
        format!("broker {} hangs", self.broker.number() + 1)
    }

    fn begin(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        control.hang(self.broker, rooms, cx);
    }

    fn end(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        control.resume(self.broker, rooms, cx);
    }
}
