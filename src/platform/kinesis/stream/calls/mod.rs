//! `[[call]]`: what the operator calls, and when. A call is one file and one line in the list below.

mod create_stream;
mod delete_stream;
mod encryption;
mod max_record_size;
mod merge_shards;
mod retention;
mod split_shard;
mod stream_mode;
mod update_shard_count;
mod warm_throughput;

use super::Stream;
use super::api::Answer;
use super::control::shard_of;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::ids::ShardId;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Mark, entry_instant, entry_name};

/// What a call reads from the scenario and does to the stream.
trait Request: Sized {
    /// Reads the parameters from the table `call.<name>`; problems go to the section.
    fn read(call: &Section<'_>, name: &str) -> Option<Self>;
    /// Makes the call; the answer says in a few words what begins, or why it is refused.
    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String>;
}

macro_rules! calls {
    ($($module:ident :: $name:ident = $word:literal),* $(,)?) => {
        /// An operation of the control plane with its parameters.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operation {
            $(#[doc = concat!("`", $word, "`.")] $name($module::$name),)*
        }
        const NAMES: &[&str] = &[$($word),*];
        impl Operation {
            fn read(call: &Section<'_>, name: &str) -> Option<Self> {
                match name {
                    $($word => $module::$name::read(call, name).map(Self::$name),)*
                    _ => None,
                }
            }
            /// The name that the API has for it.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $word,)* }
            }
            /// Makes the call.
            pub(super) fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
                match self { $(Self::$name(request) => request.make(stream, cx),)* }
            }
        }
    };
}

calls! {
    split_shard::SplitShard = "SplitShard",
    merge_shards::MergeShards = "MergeShards",
    update_shard_count::UpdateShardCount = "UpdateShardCount",
    stream_mode::UpdateStreamMode = "UpdateStreamMode",
    warm_throughput::UpdateStreamWarmThroughput = "UpdateStreamWarmThroughput",
    retention::IncreaseRetention = "IncreaseStreamRetentionPeriod",
    retention::DecreaseRetention = "DecreaseStreamRetentionPeriod",
    max_record_size::UpdateMaxRecordSize = "UpdateMaxRecordSize",
    encryption::StartEncryption = "StartStreamEncryption",
    encryption::StopEncryption = "StopStreamEncryption",
    create_stream::CreateStream = "CreateStream",
    delete_stream::DeleteStream = "DeleteStream",
}

/// A call of the operator.
#[derive(Clone, Debug)]
pub struct Call {
    /// The instant at which it is made.
    pub at: SimTime,
    /// What it asks for.
    pub operation: Operation,
    /// What claims call it.
    pub name: String,
}

impl Call {
    /// What charts draw for it.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            from: self.at,
            to: self.at,
            text: self.operation.name().to_owned(),
            name: self.name.clone(),
        }
    }

    /// Whether it is CreateStream or DeleteStream.
    pub(crate) fn is_of_life(&self) -> bool {
        matches!(
            self.operation,
            Operation::CreateStream(_) | Operation::DeleteStream(_)
        )
    }

    /// Whether it is CreateStream.
    pub(crate) fn creates(&self) -> bool {
        matches!(self.operation, Operation::CreateStream(_))
    }
}

/// Reads `[[call]]`.
pub(crate) fn read(section: &Section<'_>, duration: Nanos) -> Vec<Call> {
    let calls = section.list("call").into_iter();
    let mut calls: Vec<Call> = calls.filter_map(|part| read_one(&part, duration)).collect();
    calls.sort_by_key(|call| call.at);
    refuse_second_life(section, &calls);
    calls
}

fn read_one(part: &Section<'_>, duration: Nanos) -> Option<Call> {
    let at = entry_instant(part, duration);
    let name = part.one_of(NAMES, "call")?;
    let given = entry_name(part, name);
    Operation::read(part, name).map(|operation| Call {
        at,
        operation,
        name: given,
    })
}

/// A stream that was deleted is not created again in the same run.
fn refuse_second_life(section: &Section<'_>, calls: &[Call]) {
    let deletes = |call: &&Call| matches!(call.operation, Operation::DeleteStream(_));
    let mut after = calls.iter().skip_while(|call| !deletes(call));
    if after.any(Call::creates) {
        let message = "a stream that was deleted is not created again in the same run";
        section.problem(
            "call",
            message,
            "one stream has one life here: create it before",
        );
    }
}

/// Checks that a call without parameters is written as `name = true`.
fn need_true(call: &Section<'_>, name: &str) {
    if !call.or(name, true) {
        call.problem(
            name,
            "a call that is not made",
            "write `true`, or leave it out",
        );
    }
}

/// Reads the id of a shard.
fn need_shard(parameters: &Section<'_>, key: &str) -> Option<ShardId> {
    let id: String = parameters.need(key);
    match shard_of(&id) {
        Ok(shard) => Some(shard),
        Err(refusal) => {
            let help = "a shard is called like \"shardId-000000000003\"";
            parameters.problem(key, refusal.to_string(), help);
            None
        }
    }
}
