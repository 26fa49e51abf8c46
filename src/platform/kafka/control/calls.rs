//! Calls of the operator, made at their time, and their answers.

use super::super::config::Operation;
use super::super::ids::BrokerId;
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
            self.operate(&call.operation, rooms, cx)
        };
        let detail = answer.unwrap_or_else(|refusal| refusal);
        cx.probe
            .happened(cx.queue.now(), "cluster", call.operation.name(), detail);
    }

    fn operate(
        &mut self,
        operation: &Operation,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        match operation {
            Operation::CreatePartitions { count } => self.create_partitions(*count, rooms, cx),
            Operation::ReassignPartitions => self.reassign(rooms, cx),
            Operation::ElectLeaders => {
                let changed = self.controller.elect_all_preferred(usize::MAX);
                self.elections(&changed, rooms, cx);
                Ok(format!("{} partitions", changed.len()))
            }
            Operation::AlterConfigs {
                retention,
                message_max,
                min_isr,
                unclean,
            } => self.alter_configs(*retention, *message_max, *min_isr, *unclean, rooms, cx),
            Operation::UpdateBrokerCount { target } => self.update_broker_count(*target, rooms, cx),
            Operation::UpdateBrokerType { machine } => self.update_broker_type(machine, rooms, cx),
            Operation::UpdateBrokerStorage { gib } => self.update_storage(*gib, rooms, cx),
            Operation::RollingRestart => self.rolling_restart(rooms, cx),
            Operation::RebootBroker { broker } => self.reboot(BrokerId::new(*broker), cx),
            Operation::CreateCluster => self.create_cluster(cx),
            Operation::DeleteCluster => self.delete_cluster(rooms, cx),
            Operation::CloseConsumer { consumer, worker } => {
                rooms
                    .groups
                    .close_member(consumer, *worker, rooms.brokers, cx)
            }
        }
    }
}
