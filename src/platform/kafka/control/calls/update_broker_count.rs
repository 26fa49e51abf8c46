//! UpdateBrokerCount: new brokers are empty; only brokers that hold nothing can go.
//!
//! # Source
//! The MSK API reference, `UpdateBrokerCount`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;
use crate::facts;

/// UpdateBrokerCount: new brokers are empty; only brokers that hold nothing can go.
#[derive(Clone, Debug)]
pub struct UpdateBrokerCount {
    /// `TargetNumberOfBrokerNodes` `[brokers]`.
    pub target: u32,
}

impl Request for UpdateBrokerCount {
    const IS_UPDATE: bool = true;

    fn read(from: &CallEntry<'_>) -> Self {
        let highest = facts::on(from.system).value::<u64>("msk.brokers.highest");
        let target = from.part().need_in("TargetNumberOfBrokerNodes", 1..=highest);
        Self {
            target: target as u32,
        }
    }

    fn make(
        &self,
        control: &mut Control,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        control.update_broker_count(self.target, rooms, cx)
    }
}
