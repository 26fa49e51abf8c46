//! RebootBroker: one broker restarts.
//!
//! # Source
//! The MSK API reference, `RebootBroker`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;
use crate::platform::kafka::config::broker_in;
use crate::platform::kafka::ids::BrokerId;

/// RebootBroker: one broker restarts.
#[derive(Clone, Debug)]
pub struct RebootBroker {
    /// The broker.
    pub broker: BrokerId,
}

impl Request for RebootBroker {
    const IS_UPDATE: bool = true;

    fn read(from: &CallEntry<'_>) -> Self {
        Self {
            broker: BrokerId::new(broker_in(&from.part(), "broker", from.brokers)),
        }
    }

    fn make(
        &self,
        control: &mut Control,
        _: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        control.reboot(self.broker, cx)
    }
}
