//! DeleteCluster: the brokers go, and nothing can be read any more.
//!
//! # Source
//! The MSK API reference, `DeleteCluster`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;

/// DeleteCluster: the brokers go, and nothing can be read any more.
#[derive(Clone, Debug)]
pub struct DeleteCluster;

impl Request for DeleteCluster {
    fn read(_: &CallEntry<'_>) -> Self {
        Self
    }

    fn make(
        &self,
        control: &mut Control,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        control.delete_cluster(rooms, cx)
    }
}
