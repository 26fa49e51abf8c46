//! UpdateClusterKafkaVersion, or a patch: one broker after the other restarts.
//!
//! # Source
//! The MSK API reference, `UpdateClusterKafkaVersion`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;

/// UpdateClusterKafkaVersion, or a patch: one broker after the other restarts.
#[derive(Clone, Debug)]
pub struct UpdateVersion;

impl Request for UpdateVersion {
    const IS_UPDATE: bool = true;

    fn read(_: &CallEntry<'_>) -> Self {
        Self
    }

    fn make(
        &self,
        control: &mut Control,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        control.rolling_restart(rooms, cx)
    }
}
