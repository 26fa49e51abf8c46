//! What the scenario schedules: calls of the operator and faults, at their time.

use super::super::wire::Scope;
use super::lifecycle::ClusterState;
use super::{Control, Rooms};

impl Control {
    /// A call of the operator: made at its time, and its answer noted.
    pub(super) fn call(&mut self, number: u32, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        let Some(call) = cx.config.calls.get(number as usize) else {
            return;
        };
        self.settle_bill(cx.now(), rooms.brokers, cx.config);
        let answer = if call.operation.is_update() && self.state != ClusterState::Active {
            Err(self.refusal("BadRequestException"))
        } else {
            call.operation.make(self, rooms, cx)
        };
        let (now, name) = (cx.queue.now(), call.operation.name());
        cx.probe.called(now, "cluster", name, answer);
    }

    /// A fault of the scenario begins.
    pub(super) fn fault_begins(&mut self, number: u32, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        if let Some(fault) = cx.config.faults.get(number as usize) {
            let (now, text) = (cx.queue.now(), fault.kind.text());
            cx.probe.happened(now, "cluster", "fault begins", text);
            fault.kind.begin(self, rooms, cx);
        }
    }

    /// A fault of the scenario ends.
    pub(super) fn fault_ends(&mut self, number: u32, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        if let Some(fault) = cx.config.faults.get(number as usize) {
            let (now, text) = (cx.queue.now(), fault.kind.text());
            cx.probe.happened(now, "cluster", "fault ends", text);
            fault.kind.end(self, rooms, cx);
        }
    }
}
