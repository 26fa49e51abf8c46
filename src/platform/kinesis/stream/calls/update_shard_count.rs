//! UpdateShardCount with UNIFORM_SCALING.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, UpdateShardCount.

use super::Request;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::api::Answer;
use crate::settings::Section;

/// UpdateShardCount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateShardCount {
    /// `TargetShardCount` `[shards]`.
    pub target: u64,
}

impl Request for UpdateShardCount {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        let parameters = call.section(name);
        Some(Self {
            target: parameters.need_in("TargetShardCount", 1_u64..=1_000_000),
        })
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        stream.update_shard_count(self.target, cx)
    }
}
