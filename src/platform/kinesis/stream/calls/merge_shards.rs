//! MergeShards: two neighbouring shards become one.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, MergeShards.

use super::{Request, need_shard};
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::ids::ShardId;
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::api::Answer;
use crate::settings::Section;

/// MergeShards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeShards {
    /// `ShardToMerge`, the lower one.
    pub lower: ShardId,
    /// `AdjacentShardToMerge`, the upper one.
    pub upper: ShardId,
}

impl Request for MergeShards {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        let parameters = call.section(name);
        let lower = need_shard(&parameters, "ShardToMerge");
        let upper = need_shard(&parameters, "AdjacentShardToMerge");
        Some(Self {
            lower: lower?,
            upper: upper?,
        })
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        stream.merge(self.lower, self.upper, cx)?;
        Ok(format!("{} and {}", self.lower, self.upper))
    }
}
