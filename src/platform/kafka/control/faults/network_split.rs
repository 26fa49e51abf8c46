//! `network-split`: a zone is cut off.

use super::{Entry, Fault};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;

/// A zone can reach no other.
#[derive(Clone, Debug)]
pub struct NetworkSplit {
    /// The zone, from 0.
    zone: u32,
}

impl Fault for NetworkSplit {
    fn read(from: &Entry<'_>) -> Option<Self> {
        let zone = from.zone(from.entry, from.word)?;
        Some(Self { zone })
    }

    fn text(&self) -> String {
        format!("az{} is cut off", self.zone + 1)
    }

    fn begin(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        control.split(self.zone, rooms, cx);
    }

    fn end(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        control.heal(self.zone, rooms, cx);
    }
}
