//! UpdateBrokerStorage: volumes grow.
//!
//! # Source
//! The MSK API reference, `UpdateBrokerStorage`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;
use crate::facts;

/// UpdateBrokerStorage: volumes grow.
#[derive(Clone, Debug)]
pub struct UpdateBrokerStorage {
    /// `VolumeSizeGB` `[GiB]`.
    pub gib: u64,
}

impl Request for UpdateBrokerStorage {
    const IS_UPDATE: bool = true;

    fn read(from: &CallEntry<'_>) -> Self {
        let highest = facts::on(from.system).value("msk.volume.highest");
        Self {
            gib: from.part().need_in("VolumeSizeGB", 1..=highest),
        }
    }

    fn make(
        &self,
        control: &mut Control,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        control.update_storage(self.gib, rooms, cx)
    }
}
