//! UpdateBrokerType: one broker after the other restarts on the new type.
//!
//! # Source
//! The MSK API reference, `UpdateBrokerType`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;
use crate::facts;
use crate::platform::kafka::config::{Flavour, Machine, machine_of_type};

/// UpdateBrokerType: one broker after the other restarts on the new type.
#[derive(Clone, Debug)]
pub struct UpdateBrokerType {
    /// The new machine.
    pub machine: Box<Machine>,
}

impl Request for UpdateBrokerType {
    const IS_UPDATE: bool = true;

    fn read(from: &CallEntry<'_>) -> Self {
        let prefix = match from.cluster.flavour {
            Flavour::Express => "express.",
            _ => "kafka.",
        };
        let types = facts::all().iter();
        let types = types.filter_map(|fact| fact.id.strip_prefix("msk.")?.strip_suffix(".vcpu"));
        let known: Vec<&str> = types.filter(|name| name.starts_with(prefix)).collect();
        let first = known.first().copied().unwrap_or_default();
        let name = from.part().choice("TargetInstanceType", first, &known);
        Self {
            machine: Box::new(machine_of_type(from.system, from.cluster, &name)),
        }
    }

    fn make(
        &self,
        control: &mut Control,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        control.update_broker_type(&self.machine, rooms, cx)
    }
}
