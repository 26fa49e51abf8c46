//! ElectLeaders: each partition gets its preferred leader, where that is in sync.
//!
//! # Source
//! Apache Kafka 3.9, `Admin.java`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;
use crate::units::counted;

/// ElectLeaders: each partition gets its preferred leader, where that is in sync.
#[derive(Clone, Debug)]
pub struct ElectLeaders;

impl Request for ElectLeaders {
    fn read(_: &CallEntry<'_>) -> Self {
        Self
    }

    fn make(
        &self,
        control: &mut Control,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        let changed = control.controller.elect_all_preferred(usize::MAX);
        control.elections(&changed, rooms, cx);
        Ok(counted(changed.len() as u64, "partition"))
    }
}
