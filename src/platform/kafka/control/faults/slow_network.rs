//! `slow-network`: messages from and to a zone take longer.

use super::{Entry, Fault};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;

/// One-way times of all messages from, to and within a zone are multiplied. Nothing is lost: what is under way keeps
/// its time, what is sent during the fault takes longer. Between two slow zones the larger factor counts.
#[derive(Clone, Debug)]
pub struct SlowNetwork {
    /// The zone, from 0.
    zone: u32,
    /// By how much one-way times are multiplied.
    times: u64,
}

impl Fault for SlowNetwork {
    fn read(from: &Entry<'_>) -> Option<Self> {
        let part = from.part();
        let zone = from.zone(&part, "zone")?;
        let times = part.need_in("times", 1..=10_000_u64);
        Some(Self { zone, times })
    }

    fn text(&self) -> String {
        format!("network of az{} is {} times slower", self.zone + 1, self.times)
    }

    fn begin(&self, _: &mut Control, _: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        cx.net.slow(self.zone, self.times);
    }

    fn end(&self, _: &mut Control, _: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        cx.net.slow(self.zone, 1);
    }
}
