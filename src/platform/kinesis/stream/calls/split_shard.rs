//! SplitShard: a shard is cut in two at a hash key, or in its middle.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, SplitShard.

use super::{Request, need_shard};
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::ids::ShardId;
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::api::Answer;
use crate::platform::kinesis::stream::control::split_of;
use crate::platform::kinesis::stream::hash::HashKey;
use crate::settings::Section;

/// SplitShard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitShard {
    /// `ShardToSplit`.
    pub shard: ShardId,
    /// `NewStartingHashKey`, or the middle of the shard.
    pub at: SplitPoint,
}

/// Where a shard is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitPoint {
    /// In the middle of its range.
    Middle,
    /// At this hash key, the first one of the upper child.
    Key(HashKey),
}

impl Request for SplitShard {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        let parameters = call.section(name);
        let shard = need_shard(&parameters, "ShardToSplit");
        let at = read_split_point(&parameters);
        Some(Self {
            shard: shard?,
            at: at?,
        })
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        let at = match self.at {
            SplitPoint::Key(key) => key,
            SplitPoint::Middle => stream.middle_of(self.shard).unwrap_or(HashKey(0)),
        };
        stream.split(self.shard, at, cx)?;
        Ok(format!("{} at {}", self.shard, at.0))
    }
}

/// Reads `NewStartingHashKey`: a number, or nothing for the middle of the shard.
fn read_split_point(parameters: &Section<'_>) -> Option<SplitPoint> {
    let key: String = parameters.or("NewStartingHashKey", "middle".to_owned());
    if key == "middle" {
        return Some(SplitPoint::Middle);
    }
    match split_of("shardId-000000000000", &key) {
        Ok((_, at)) => Some(SplitPoint::Key(at)),
        Err(refusal) => {
            let help = "a decimal number or \"middle\"";
            parameters.problem("NewStartingHashKey", refusal.to_string(), help);
            None
        }
    }
}
