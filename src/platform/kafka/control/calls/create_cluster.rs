//! CreateCluster: before it has ended there is no cluster.
//!
//! # Source
//! The MSK API reference, `CreateClusterV2`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;

/// CreateCluster: before it has ended there is no cluster.
#[derive(Clone, Debug)]
pub struct CreateCluster;

impl Request for CreateCluster {
    fn read(_: &CallEntry<'_>) -> Self {
        Self
    }

    fn make(
        &self,
        control: &mut Control,
        _: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        control.create_cluster(cx)
    }
}
