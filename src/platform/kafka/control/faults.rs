//! Faults of the scenario begin and end.

use super::super::config::FaultKind;
use super::super::ids::BrokerId;
use super::super::wire::Scope;
use super::{Control, Rooms};

impl Control {
    /// A fault of the scenario begins.
    pub(super) fn fault_begins(&mut self, number: u32, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        let Some(fault) = cx.config.faults.get(number as usize) else {
            return;
        };
        match &fault.kind {
            FaultKind::BrokerCrash { broker, empty } => {
                let broker = BrokerId::new(*broker);
                self.nodes[broker].emptied |= empty;
                self.begin_healing();
                self.crash(broker, false, "crashed", rooms, cx);
            }
            FaultKind::BrokerStop { broker } => self.stop_broker(BrokerId::new(*broker), rooms, cx),
            FaultKind::BrokerHang { broker } => self.hang(BrokerId::new(*broker), rooms, cx),
            FaultKind::FetcherHang { broker } => {
                let broker = BrokerId::new(*broker);
                self.enable_timeouts(cx);
                rooms.brokers.hang_fetchers(broker, true);
                rooms
                    .brokers
                    .break_fetchers(|_, follower| follower == broker);
            }
            FaultKind::SlowDisk { broker, rate } => {
                self.enable_timeouts(cx);
                rooms.brokers.set_disk(BrokerId::new(*broker), Some(*rate));
            }
            FaultKind::NetworkSplit { zone } => self.split(*zone, rooms, cx),
            FaultKind::ControllerDown => self.lose_controller(cx),
            FaultKind::StuckMember { consumer, worker } => {
                rooms
                    .groups
                    .set_stuck(consumer, *worker, true, rooms.brokers, cx);
            }
        }
    }

    /// A fault of the scenario ends.
    pub(super) fn fault_ends(&mut self, number: u32, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        let Some(fault) = cx.config.faults.get(number as usize) else {
            return;
        };
        match &fault.kind {
            FaultKind::BrokerCrash { broker, .. } | FaultKind::BrokerStop { broker } => {
                self.restart(BrokerId::new(*broker), cx.config.cluster.start, rooms, cx);
            }
            FaultKind::BrokerHang { broker } => self.resume(BrokerId::new(*broker), rooms, cx),
            FaultKind::FetcherHang { broker } => {
                rooms.brokers.hang_fetchers(BrokerId::new(*broker), false);
                rooms.brokers.begin_fetchers(cx);
            }
            FaultKind::SlowDisk { broker, .. } => {
                rooms.brokers.set_disk(BrokerId::new(*broker), None)
            }
            FaultKind::NetworkSplit { zone } => self.heal(*zone, rooms, cx),
            FaultKind::ControllerDown => {}
            FaultKind::StuckMember { consumer, worker } => {
                rooms
                    .groups
                    .set_stuck(consumer, *worker, false, rooms.brokers, cx);
            }
        }
    }
}
