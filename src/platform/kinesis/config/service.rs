//! `model`: limits and delays of the service, and what the model assumes about them.

use super::{ConsumerConfig, Reading};
use crate::facts;
use crate::settings::{Section, Setting};
use crate::units::{ByteRate, Bytes, Nanos, Share};
use crate::workload::{Action, Workload};
use std::fmt::Display;
use std::ops::RangeInclusive;

/// Limits and delays of the service.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// The limits of a shard.
    pub shard: ShardLimits,
    /// Most bytes of a GetRecords answer.
    pub read_bytes_max: u64,
    /// Median put latency.
    pub put_median: Nanos,
    /// 99th percentile of put latency.
    pub put_p99: Nanos,
    /// Median service time of GetRecords without its bytes.
    pub get_median: Nanos,
    /// The 99th percentile of the same time.
    pub get_p99: Nanos,
    /// Speed at which an answer reaches the reader.
    pub get_rate: ByteRate,
    /// Enhanced fan-out.
    pub push: PushConfig,
    /// How long the control plane takes.
    pub control: ControlTimes,
    /// Share of attempts that fail with InternalFailure.
    pub internal_failure: f64,
    /// Share of answers to puts that never reach the producer.
    pub lost_answers: f64,
    /// How long calls that meet a lost zone go on failing.
    pub az_failover: Nanos,
    /// Share of calls that meet the lost zone.
    pub az_share: f64,
    /// Whether consumers' order is watched although nothing can disturb it.
    pub watch_order: bool,
}

/// The limits of a shard.
#[derive(Clone, Copy, Debug)]
pub struct ShardLimits {
    /// Sustained write rate of a shard.
    pub write_rate: ByteRate,
    /// Capacity of a shard's byte bucket.
    pub write_burst: Bytes,
    /// Records that a shard takes per second.
    pub write_records: u64,
    /// Capacity of a shard's record bucket.
    pub write_records_burst: u64,
    /// Read rate of a shard, shared by all polling consumers.
    pub read_rate: ByteRate,
    /// Capacity of a shard's read bucket.
    pub read_burst: Bytes,
    /// GetRecords calls that a shard takes per second.
    pub read_calls: u64,
}

/// Events of enhanced fan-out.
#[derive(Clone, Copy, Debug)]
pub struct PushConfig {
    /// Median of stored to pushed.
    pub median: Nanos,
    /// The 99th percentile of the same time.
    pub p99: Nanos,
    /// Records within this time share an event.
    pub gather: Nanos,
    /// Most bytes of an event before another one is begun `[B]`.
    pub event_bytes: u64,
    /// SubscribeToShard until the first event may come.
    pub subscribe: Nanos,
}

/// How long the control plane takes.
#[derive(Clone, Copy, Debug)]
pub struct ControlTimes {
    /// The time that one split or merge takes.
    pub change: Nanos,
    /// The time that UpdateStreamMode takes.
    pub mode_switch: Nanos,
    /// The time from CREATING to ACTIVE.
    pub create: Nanos,
    /// DELETING until the stream is gone.
    pub delete: Nanos,
    /// The number of splits and merges that UpdateShardCount makes at once.
    pub parallel: usize,
}

/// What a run of this system rests on: assumptions about other things are not worth a line in its report.
pub(super) struct Depends {
    polling: bool,
    fan_out: bool,
    resharding: bool,
    zones: bool,
    switching: bool,
    creating: bool,
    deleting: bool,
}

impl Depends {
    pub(super) fn on(
        section: &Section<'_>,
        workload: &Workload,
        consumers: &[ConsumerConfig],
    ) -> Self {
        let reads = |way: Reading| consumers.iter().any(|consumer| consumer.reading == way);
        let step =
            |wanted: fn(&Action) -> bool| workload.timeline.steps.iter().any(|(_, a)| wanted(a));
        let calls = |name: &str| section.list("call").iter().any(|call| call.has(name));
        // A resolved scenario has the table of a policy even if there is none.
        let policy = section.section("autoscaling").peek("policy");
        let scales = policy.is_some_and(|word| word != "none");
        Self {
            polling: reads(Reading::Polling),
            fan_out: reads(Reading::FanOut),
            resharding: section.has("call")
                || scales
                || step(|action| matches!(action, Action::ScaleTo(_))),
            switching: calls("UpdateStreamMode"),
            creating: calls("CreateStream"),
            deleting: calls("DeleteStream"),
            zones: step(|action| matches!(action, Action::ZoneDown(_))),
        }
    }
}

/// A setting of the model with its fact as default; noted as an assumption if the run rests on it.
fn assumed<T>(
    section: &Section<'_>,
    key: &str,
    id: &str,
    range: RangeInclusive<T>,
    rests: bool,
) -> T
where
    T: Setting + PartialOrd + Display,
{
    let id = format!("kinesis.{id}");
    if rests {
        facts::setting_in(section, key, &id, range)
    } else {
        section.or_in(key, facts::on(section).value(&id), range)
    }
}

/// Reads the table.
pub(super) fn read(section: &Section<'_>, depends: &Depends) -> ServiceConfig {
    let whole = Share(0)..=Share(1_000_000);
    let (put, get, push, reshard) = (
        section.section("put-latency"),
        section.section("get-latency"),
        section.section("push-latency"),
        section.section("reshard"),
    );
    let share = |key: &str| section.or_in(key, Share(0), whole.clone()).fraction();
    let rate = ByteRate(1)..=ByteRate(1 << 40);
    let parallel = assumed(
        &reshard,
        "parallel",
        "reshard.parallel",
        1_u64..=1000,
        depends.resharding,
    );
    ServiceConfig {
        shard: read_shard(section),
        read_bytes_max: facts::on(section)
            .value::<Bytes>("kinesis.get-records.bytes")
            .0,
        put_median: time(&put, "median", "put.latency.median", true),
        put_p99: time(&put, "p99", "put.latency.p99", true),
        get_median: time(&get, "median", "get.latency", depends.polling),
        get_p99: time(&get, "p99", "get.latency.p99", depends.polling),
        get_rate: assumed(section, "get-rate", "get.bytes", rate, true),
        push: read_push(section, &push, depends.fan_out),
        control: read_control(section, &reshard, depends, parallel as usize),
        internal_failure: share("internal-failure"),
        lost_answers: share("lost-answers"),
        az_failover: assumed(
            section,
            "az-failover",
            "az.failover",
            Nanos::ZERO..=HOUR,
            depends.zones,
        ),
        az_share: assumed(section, "az-share", "az.share", whole, depends.zones).fraction(),
        watch_order: section.or("watch-order", false),
    }
}

const HOUR: Nanos = Nanos::from_secs(3600);

/// Reads a time of at most a minute.
fn time(part: &Section<'_>, key: &str, id: &str, rests: bool) -> Nanos {
    assumed(part, key, id, Nanos(1)..=Nanos::from_secs(60), rests)
}

/// Reads the limits of a shard.
fn read_shard(section: &Section<'_>) -> ShardLimits {
    let book = facts::on(section);
    let tank = Bytes(1 << 20)..=Bytes(10 << 20);
    let records = 1_u64..=100_000;
    ShardLimits {
        write_rate: book.value("kinesis.shard.write.bytes"),
        write_burst: assumed(section, "write-burst", "shard.write.burst", tank, true),
        write_records: book.value("kinesis.shard.write.records"),
        write_records_burst: assumed(
            section,
            "write-records-burst",
            "shard.write.records-burst",
            records,
            true,
        ),
        read_rate: book.value("kinesis.shard.read.bytes"),
        read_burst: book.value("kinesis.shard.read.burst"),
        read_calls: book.value("kinesis.shard.read.calls"),
    }
}

/// Reads the events of enhanced fan-out; a run rests on them if `rests`.
fn read_push(section: &Section<'_>, push: &Section<'_>, rests: bool) -> PushConfig {
    let event = Bytes(1)..=Bytes(1 << 30);
    let (key, id) = ("push-event-size", "efo.event.bytes");
    PushConfig {
        median: time(push, "median", "efo.latency.median", rests),
        p99: time(push, "p99", "efo.latency.p99", rests),
        gather: time(section, "push-gather", "efo.gather", rests),
        event_bytes: assumed(section, key, id, event, rests).0,
        subscribe: time(section, "subscribe", "efo.subscribe", rests),
    }
}

/// Reads how long the control plane takes, with `parallel` splits and merges at once.
fn read_control(
    section: &Section<'_>,
    reshard: &Section<'_>,
    depends: &Depends,
    parallel: usize,
) -> ControlTimes {
    let hour = |part: &Section<'_>, key: &str, id: &str, rests: bool| {
        assumed(part, key, id, Nanos(1)..=HOUR, rests)
    };
    ControlTimes {
        change: hour(reshard, "change", "reshard.change", depends.resharding),
        mode_switch: hour(reshard, "mode-switch", "mode-switch", depends.switching),
        create: hour(section, "create", "create", depends.creating),
        delete: hour(section, "delete", "delete", depends.deleting),
        parallel,
    }
}
