//! `slow-disk`: the volume of a broker is slow.

use super::{Entry, Fault};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::ids::BrokerId;
use crate::units::ByteRate;
use crate::platform::kafka::wire::Scope;

/// The volume takes less than it is made for.
#[derive(Clone, Debug)]
pub struct SlowDisk {
    /// The broker.
    broker: BrokerId,
    /// What is left of the volume's throughput.
    rate: ByteRate,
}

impl Fault for SlowDisk {
    fn read(from: &Entry<'_>) -> Option<Self> {
        let broker = from.part_broker();
        let rate = from.part().need_in("rate", ByteRate(1)..=ByteRate(1 << 40));
        Some(Self { broker, rate })
    }

    fn text(&self) -> String {
        format!("disk of broker {} is slow", self.broker.number() + 1)
    }

    fn begin(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        control.enable_timeouts(cx);
        rooms.brokers.set_disk(self.broker, Some(self.rate));
    }

    fn end(&self, _: &mut Control, rooms: &mut Rooms<'_>, _: &mut Scope<'_>) {
        rooms.brokers.set_disk(self.broker, None);
    }
}
