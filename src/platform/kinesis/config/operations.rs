//! `[[call]]` and `[[fault]]`: what the operator calls, and what breaks.

use crate::platform::kinesis::control::{Mode, shard_of, split_of};
use crate::platform::kinesis::hash::HashKey;
use crate::settings::Section;
use crate::units::{Nanos, Share, SimTime};
use crate::workload::Mark;

/// An API call of the operator.
#[derive(Clone, Debug)]
pub struct Call {
    /// When it is made.
    pub at: SimTime,
    /// What it asks for.
    pub operation: Operation,
}

/// An operation of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `CreateStream`: before it is through there is no stream.
    CreateStream,
    /// `DeleteStream`.
    DeleteStream,
    /// `SplitShard`; without a hash key in the middle of the shard.
    SplitShard {
        /// `ShardToSplit`.
        shard: u32,
        /// `NewStartingHashKey`.
        at: Option<u128>,
    },
    /// `MergeShards`.
    MergeShards {
        /// `ShardToMerge`.
        lower: u32,
        /// `AdjacentShardToMerge`.
        upper: u32,
    },
    /// `UpdateShardCount`.
    UpdateShardCount {
        /// `TargetShardCount`.
        target: u64,
    },
    /// `UpdateStreamMode`.
    UpdateStreamMode {
        /// `StreamMode`.
        mode: Mode,
    },
    /// `UpdateStreamWarmThroughput`.
    UpdateStreamWarmThroughput {
        /// `WarmThroughputMiBps`.
        mib_per_s: u64,
    },
    /// `IncreaseStreamRetentionPeriod` or `DecreaseStreamRetentionPeriod`.
    UpdateRetention {
        /// `RetentionPeriodHours`.
        hours: u64,
        /// Whether it is the one that decreases.
        shorter: bool,
    },
    /// `UpdateMaxRecordSize`.
    UpdateMaxRecordSize {
        /// `MaxRecordSizeInKiB`.
        kib: u64,
    },
    /// `StartStreamEncryption` or `StopStreamEncryption`.
    UpdateEncryption {
        /// Whether it is the one that starts.
        on: bool,
    },
}

impl Operation {
    /// The API's name for it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateStream => "CreateStream",
            Self::DeleteStream => "DeleteStream",
            Self::SplitShard { .. } => "SplitShard",
            Self::MergeShards { .. } => "MergeShards",
            Self::UpdateShardCount { .. } => "UpdateShardCount",
            Self::UpdateStreamMode { .. } => "UpdateStreamMode",
            Self::UpdateStreamWarmThroughput { .. } => "UpdateStreamWarmThroughput",
            Self::UpdateRetention { shorter: false, .. } => "IncreaseStreamRetentionPeriod",
            Self::UpdateRetention { shorter: true, .. } => "DecreaseStreamRetentionPeriod",
            Self::UpdateMaxRecordSize { .. } => "UpdateMaxRecordSize",
            Self::UpdateEncryption { on: true } => "StartStreamEncryption",
            Self::UpdateEncryption { on: false } => "StopStreamEncryption",
        }
    }
}

impl Call {
    /// What charts draw for it.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            from: self.at,
            to: self.at,
            text: self.operation.name().to_owned(),
        }
    }
}

/// Something that breaks for a while.
#[derive(Clone, Debug)]
pub struct Fault {
    /// From when on.
    pub from: SimTime,
    /// Until when.
    pub to: SimTime,
    /// What.
    pub kind: FaultKind,
}

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// Puts and gets of an encrypted stream fail: the key is disabled.
    KmsDisabled,
    /// They fail because requests to KMS are throttled.
    KmsThrottled,
    /// A share of attempts fails with `InternalFailure`.
    InternalFailure(f64),
    /// A share of answers to puts never reaches the producer.
    LostAnswers(f64),
}

impl Fault {
    /// What charts shade for it.
    #[must_use]
    pub fn mark(&self) -> Mark {
        let text = match self.kind {
            FaultKind::KmsDisabled => "KMS key disabled",
            FaultKind::KmsThrottled => "KMS throttled",
            FaultKind::InternalFailure(_) => "InternalFailure",
            FaultKind::LostAnswers(_) => "answers lost",
        };
        Mark {
            from: self.from,
            to: self.to,
            text: text.to_owned(),
        }
    }
}

const OPERATIONS: [&str; 12] = [
    "SplitShard",
    "MergeShards",
    "UpdateShardCount",
    "UpdateStreamMode",
    "UpdateStreamWarmThroughput",
    "IncreaseStreamRetentionPeriod",
    "DecreaseStreamRetentionPeriod",
    "UpdateMaxRecordSize",
    "StartStreamEncryption",
    "StopStreamEncryption",
    "CreateStream",
    "DeleteStream",
];

/// Operations without particulars.
const LIFE: [&str; 2] = ["CreateStream", "DeleteStream"];

/// A stream has one life in a run.
fn check_life(section: &Section<'_>, calls: &[Call]) {
    let deleted = calls
        .iter()
        .position(|call| call.operation == Operation::DeleteStream);
    let after = calls.iter().skip(deleted.unwrap_or(calls.len()));
    if after
        .into_iter()
        .any(|call| call.operation == Operation::CreateStream)
    {
        let message = "a stream that was deleted is not created again in the same run";
        section.problem(
            "call",
            message,
            "one stream has one life here: create it before",
        );
    }
}

fn instant(section: &Section<'_>, duration: Nanos) -> SimTime {
    let at: Nanos = section.need("at");
    if at > duration {
        section.problem(
            "at",
            format!("{at} comes after the end"),
            format!("the run lasts {duration}"),
        );
    }
    SimTime(at.0)
}

/// Reads `[[call]]`.
pub(super) fn read_calls(section: &Section<'_>, duration: Nanos) -> Vec<Call> {
    let read = |part: Section<'_>| {
        let at = instant(&part, duration);
        part.announce(&OPERATIONS);
        let named: Vec<&str> = OPERATIONS
            .iter()
            .copied()
            .filter(|name| part.has(name))
            .collect();
        let [name] = named[..] else {
            let help = format!("name one of {}", OPERATIONS.join(", "));
            part.problem("", format!("a call with {} operations", named.len()), help);
            return None;
        };
        if LIFE.contains(&name) && !part.or(name, true) {
            part.problem(
                name,
                "a call that is not made",
                "write `true`, or leave it out",
            );
        }
        read_operation(&part.section(name), name).map(|operation| Call { at, operation })
    };
    let mut calls: Vec<Call> = section.list("call").into_iter().filter_map(read).collect();
    calls.sort_by_key(|call| call.at);
    check_life(section, &calls);
    calls
}

fn read_operation(part: &Section<'_>, name: &str) -> Option<Operation> {
    let shard = |key: &str| -> Option<u32> {
        let id: String = part.need(key);
        match shard_of(&id) {
            Ok(shard) => Some(shard),
            Err(refusal) => {
                let help = "a shard is called like \"shardId-000000000003\"";
                part.problem(key, refusal.to_string(), help);
                None
            }
        }
    };
    let hours = || part.need_in("RetentionPeriodHours", 1_u64..=100_000);
    Some(match name {
        "CreateStream" => Operation::CreateStream,
        "DeleteStream" => Operation::DeleteStream,
        "SplitShard" => Operation::SplitShard {
            shard: shard("ShardToSplit")?,
            at: read_split(part)?,
        },
        "MergeShards" => Operation::MergeShards {
            lower: shard("ShardToMerge")?,
            upper: shard("AdjacentShardToMerge")?,
        },
        "UpdateShardCount" => Operation::UpdateShardCount {
            target: part.need_in("TargetShardCount", 1_u64..=1_000_000),
        },
        "UpdateStreamMode" => {
            match part
                .choice("StreamMode", "ON_DEMAND", &["PROVISIONED", "ON_DEMAND"])
                .as_str()
            {
                "ON_DEMAND" => {
                    let (what, id) = ("the mode ON_DEMAND", "kinesis.stream-mode.on-demand");
                    crate::facts::on(part).refuse_before(part, "StreamMode", what, id);
                    Operation::UpdateStreamMode {
                        mode: Mode::OnDemand,
                    }
                }
                _ => Operation::UpdateStreamMode {
                    mode: Mode::Provisioned,
                },
            }
        }
        "UpdateStreamWarmThroughput" => {
            let (book, id) = (crate::facts::on(part), "kinesis.warm-throughput.highest");
            book.refuse_before(part, "", "warm throughput", id);
            let most = book.value(id);
            Operation::UpdateStreamWarmThroughput {
                mib_per_s: part.need_in("WarmThroughputMiBps", 1..=most),
            }
        }
        "IncreaseStreamRetentionPeriod" => Operation::UpdateRetention {
            hours: hours(),
            shorter: false,
        },
        "DecreaseStreamRetentionPeriod" => Operation::UpdateRetention {
            hours: hours(),
            shorter: true,
        },
        "UpdateMaxRecordSize" => {
            let (what, id) = ("UpdateMaxRecordSize", "kinesis.record.max-kib.highest");
            crate::facts::on(part).refuse_before(part, "", what, id);
            Operation::UpdateMaxRecordSize {
                kib: part.need_in("MaxRecordSizeInKiB", 1024_u64..=10_240),
            }
        }
        "StartStreamEncryption" => {
            let _ = part.choice("EncryptionType", "KMS", &["KMS"]);
            Operation::UpdateEncryption { on: true }
        }
        _ => {
            let _ = part.choice("EncryptionType", "KMS", &["KMS"]);
            Operation::UpdateEncryption { on: false }
        }
    })
}

/// `NewStartingHashKey`: a number, or the middle of the shard if there is none; nothing if it is unreadable.
fn read_split(part: &Section<'_>) -> Option<Option<u128>> {
    let key: String = part.or("NewStartingHashKey", "middle".to_owned());
    if key == "middle" {
        return Some(None);
    }
    match split_of("shardId-000000000000", &key) {
        Ok((_, HashKey(at))) => Some(Some(at)),
        Err(refusal) => {
            let help = "a decimal number or \"middle\"";
            part.problem("NewStartingHashKey", refusal.to_string(), help);
            None
        }
    }
}

/// Reads `[[fault]]`.
pub(super) fn read_faults(section: &Section<'_>, duration: Nanos) -> Vec<Fault> {
    let read = |part: Section<'_>| {
        let from = instant(&part, duration);
        let lasts: Nanos = part.need("lasts");
        let words = ["kms", "internal-failure", "lost-answers"];
        part.announce(&words);
        let share = |key: &str| part.need_in(key, Share(0)..=Share(1_000_000)).fraction();
        let named: Vec<&str> = words.into_iter().filter(|word| part.has(word)).collect();
        let kind = match named[..] {
            ["kms"] => match part
                .choice("kms", "disabled", &["disabled", "throttled"])
                .as_str()
            {
                "throttled" => FaultKind::KmsThrottled,
                _ => FaultKind::KmsDisabled,
            },
            ["internal-failure"] => FaultKind::InternalFailure(share("internal-failure")),
            ["lost-answers"] => FaultKind::LostAnswers(share("lost-answers")),
            _ => {
                let help = format!("name one of {}", words.join(", "));
                part.problem("", format!("a fault with {} kinds", named.len()), help);
                return None;
            }
        };
        let to = (from + lasts).min(SimTime(duration.0));
        Some(Fault { from, to, kind })
    };
    section.list("fault").into_iter().filter_map(read).collect()
}
