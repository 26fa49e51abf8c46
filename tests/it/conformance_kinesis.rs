//! What the Kinesis model must keep, whatever is done to it: nothing unaccounted, order per key across
//! reshards, limits, semantics that the checklist of docs/FIDELITY.md names.

use crate::support::{ScenarioBuilder, cause, figure, happened};
use proptest::prelude::*;
use streamduel::probe::{Fate, RunResult};

/// Runs the only system of a scenario; the ledger is checked.
pub(crate) fn simulate(scenario: &ScenarioBuilder) -> RunResult {
    scenario.run_only()
}

/// A scenario with one system `k` and one consumer `app`; `head` has keys of the top level, its duration among them.
pub(crate) fn scenario(
    head: &str,
    workload: &str,
    consumer: &str,
    kinesis: &str,
    rest: &str,
) -> ScenarioBuilder {
    ScenarioBuilder::new()
        .head(head)
        .workload(workload)
        .consumer("app", consumer)
        .labelled("k", "kinesis", kinesis)
        .rest(rest)
}

pub(crate) const LIBRARIES: [&str; 6] = [
    "producer = { max-attempts = 3, max-requests = 3 }",
    r#"producer = { api = "PutRecord", max-requests = 50, retries.mode = "standard" }"#,
    r#"producer = { api = "PutRecord", max-requests = 20 }"#,
    r#"producer = { library = "KPL" }"#,
    r#"producer = { library = "KPL", FailIfThrottled = true, RequestTimeout = 500, RecordTtl = 3000 }"#,
    r#"producer = { library = "KPL", AggregationEnabled = false, RecordTtl = 2000 }"#,
];
pub(crate) const READERS: [&str; 10] = [
    "idleTimeBetweenReadsInMillis = 200",
    r#"checkpoint-interval = "5 s""#,
    r#"kcl = 2, failoverTimeMillis = 2000, checkpoint-interval = "7 s""#,
    "kcl = 1, failoverTimeMillis = 1000",
    r#"failoverTimeMillis = 1000, InitialPositionInStream = "LATEST", starts-at = "25 s""#,
    r#"mode = "enhanced-fan-out", failoverTimeMillis = 1500, checkpoint-interval = "3 s""#,
    r#"mode = "enhanced-fan-out", maxPendingProcessRecordsInput = 1"#,
    "children-before-parents = true, failoverTimeMillis = 1000",
    r#"mode = "lambda", BatchSize = 50, ParallelizationFactor = 3"#,
    r#"mode = "lambda", enhanced-fan-out = true, BatchSize = 200, MaximumBatchingWindowInSeconds = 4, InitialPositionInStream = "LATEST", starts-at = "25 s""#,
];
/// The readers that have no workers of their own.
const LAMBDAS: usize = 2;
/// The readers that wait for the parents, and have workers.
pub(crate) const PATIENT: usize = READERS.len() - LAMBDAS - 1;
pub(crate) const STREAMS: [&str; 5] = [
    "ShardCount = 3",
    r#"ShardCount = 1
EncryptionType = "KMS""#,
    r#"StreamMode = "ON_DEMAND"
model.on-demand = { split-least = "1 s", split-most = "40 s" }"#,
    r#"ShardCount = 2
autoscaling = { policy = "application-auto-scaling", up = 100, cooldown = "10 s" }"#,
    r#"ShardCount = 6
autoscaling = { policy = "scaling-utils", up-minutes = 1, down-minutes = 1, cool-off-up = "10 s", cool-off-down = "10 s" }"#,
];
pub(crate) const OPERATIONS: [&str; 6] = [
    r#"SplitShard.ShardToSplit = "shardId-000000000000""#,
    r#"MergeShards = { ShardToMerge = "shardId-000000000000", AdjacentShardToMerge = "shardId-000000000001" }"#,
    "UpdateShardCount.TargetShardCount = 5",
    r#"UpdateStreamMode.StreamMode = "ON_DEMAND""#,
    "StartStreamEncryption = {}",
    "UpdateMaxRecordSize.MaxRecordSizeInKiB = 4096",
];
pub(crate) const FAULTS: [&str; 4] = [
    r#"kms = "disabled""#,
    r#"kms = "throttled""#,
    r#"internal-failure = "20 %""#,
    r#"lost-answers = "15 %""#,
];
pub(crate) const STEPS: [&str; 5] = [
    r#"lasts = "6 s"
action.worker-crash = { consumer = "app", worker = 1 }"#,
    r#"action.worker-join = { consumer = "app", workers = 2 }"#,
    r#"lasts = "9 s"
action.az-down = "az2""#,
    r#"lasts = "10 s"
action.consumer-down = "app""#,
    "action.scale-to = 4",
];

/// Calls, faults and steps of a run, each at its second.
pub(crate) fn disturbances(
    calls: &[(usize, u32)],
    faults: &[(usize, u32)],
    steps: &[(usize, u32)],
) -> String {
    let call = |(n, at): &(usize, u32)| {
        format!(
            r#"[[system.k.kinesis.call]]
at = "{at} s"
{}
"#,
            OPERATIONS[*n]
        )
    };
    let fault = |(n, at): &(usize, u32)| {
        format!(
            r#"[[system.k.kinesis.fault]]
at = "{at} s"
lasts = "8 s"
{}
"#,
            FAULTS[*n]
        )
    };
    let step = |(n, at): &(usize, u32)| {
        format!(
            r#"[[timeline]]
at = "{at} s"
{}
"#,
            STEPS[*n]
        )
    };
    let parts = calls
        .iter()
        .map(call)
        .chain(faults.iter().map(fault))
        .chain(steps.iter().map(step));
    parts.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Every producer against every reader while shards come and go and things break: the books balance,
    /// nothing acknowledged is lost, and no key is read out of order by who waits for the parents.
    #[test]
    fn whatever_happens_every_record_has_one_fate(
        seed in 0_u64..10_000,
        library in 0..LIBRARIES.len(),
        reader in 0..READERS.len(),
        stream in 0..STREAMS.len(),
        rate in 20_u32..3000,
        size in prop::sample::select(vec!["100 B", "3 kB", "40 kB"]),
        keys in prop::sample::select(vec![r#"keys = "none""#, "keys.uniform.count = 300", "keys.sequential.count = 5"]),
        per_record in prop::sample::select(vec![0_u32, 100, 2500]),
        calls in prop::collection::vec((0..OPERATIONS.len(), 1_u32..80), 0..4),
        faults in prop::collection::vec((0..FAULTS.len(), 1_u32..80), 0..3),
        mut steps in prop::collection::vec((0..STEPS.len(), 1_u32..80), 0..5),
    ) {
        if reader >= READERS.len() - LAMBDAS {
            // The service's own readers neither crash nor join.
            steps.retain(|(n, _)| *n > 1);
        }
        let workload = format!(r#"arrivals.poisson = "{rate} records/s"
{keys}
sizes.constant = "{size}"
producers = 3
producer-of = "key""#);
        let consumer = format!(r#"workers = 3
processing.per-record = "{per_record} us""#);
        let kinesis = format!(
            r#"{}
{}
consumer.app = {{ {} }}
model.watch-order = true
model.reshard.change = "3 s""#,
            STREAMS[stream], LIBRARIES[library], READERS[reader]
        );
        let head = format!(r#"seed = {seed}
duration = "90 s""#);
        let run = simulate(&scenario(&head, &workload, &consumer, &kinesis, &disturbances(&calls, &faults, &steps)));
        let lost = run.ledger.cause_names.iter().zip(&run.ledger.causes).filter(|(c, _)| c.fate == Fate::Lost);
        prop_assert_eq!(lost.map(|(_, n)| n).sum::<u64>(), 0);
        // A single record of the KPL has its own partition key, an aggregate the KPL's: with several batches of a shard at
        // once they overtake each other.
        let overtakes = READERS[reader].contains("ParallelizationFactor")
            && LIBRARIES[library].contains("KPL")
            && !LIBRARIES[library].contains("AggregationEnabled = false");
        if !READERS[reader].contains("children-before-parents") && !overtakes {
            prop_assert_eq!(run.out_of_order, Some(vec![0]), "parents were read first");
        }
        let range = |lane: &&streamduel::probe::Lane| lane.closed_s.is_none();
        let open: f64 = run.lanes.iter().filter(range).filter_map(|lane| lane.range).map(|(a, b)| b - a).sum();
        prop_assert!((open - 1.0).abs() < 1e-9, "open shards tile the space: {}", open);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Days with a retention of one: slow readers, outages and changes of the retention.
    #[test]
    fn what_expires_is_booked_once(
        seed in 0_u64..1000,
        reader in 0..PATIENT,
        per_record in prop::sample::select(vec![0_u32, 700_000, 3_000_000, 9_000_000]),
        down in 1_u32..40,
        lasts in 1_u32..40,
        split in 1_u32..70,
        keep in prop::sample::select(vec!["IncreaseStreamRetentionPeriod.RetentionPeriodHours = 36", "DecreaseStreamRetentionPeriod.RetentionPeriodHours = 24"]),
        changed in 1_u32..70,
    ) {
        let workload = r#"arrivals.poisson = "0.6 records/s"
keys.uniform.count = 50
sizes.constant = "1 kB"
producers = 1"#;
        let consumer = format!(r#"workers = 2
processing.per-record = "{per_record} us""#);
        let reader = READERS[reader].replace("idleTimeBetweenReadsInMillis = 200", "idleTimeBetweenReadsInMillis = 20000");
        let kinesis = format!("ShardCount = 2\nRetentionPeriodHours = 30\nconsumer.app = {{ {reader} }}\nmodel.watch-order = true");
        let rest = format!(
            r#"[[timeline]]
at = "{down} h"
lasts = "{lasts} h"
action.consumer-down = "app"
             [[system.k.kinesis.call]]
at = "{split} h"
SplitShard.ShardToSplit = "shardId-000000000001"
             [[system.k.kinesis.call]]
at = "{changed} h"
{keep}
"#
        );
        let head = format!(r#"seed = {seed}
duration = "80 h"
sample = "30 min""#);
        let run = simulate(&scenario(&head, workload, &consumer, &kinesis, &rest));
        if per_record == 9_000_000 {
            prop_assert!(figure(&run, "expired") > 0.0, "two workers do a third of the work");
        }
        prop_assert_eq!(run.out_of_order, Some(vec![0]));
    }
}

const BUSY: &str = r#"arrivals.poisson = "2000 records/s"
keys.uniform.count = 1000
sizes.constant = "200 B"
producers = 2
producer-of = "key""#;
const LIGHT: &str = r#"arrivals.poisson = "200 records/s"
keys.uniform.count = 1000
sizes.constant = "200 B"
producers = 2
producer-of = "key""#;
const MINUTE: &str = r#"duration = "60 s""#;

/// 1.1 KB by PutRecord cost 2 KB each: 512 a second, not 953. PutRecords rounds the call.
#[test]
fn put_record_rounds_each_record_up_and_put_records_the_call() {
    let load = r#"arrivals.constant = "1500 records/s"
keys = "none"
sizes.constant = "1100 B"
producers = 2"#;
    let rate = |producer: &str| {
        let kinesis = format!("ShardCount = 1\nproducer = {{ {producer}, max-requests = 500 }}");
        let head = r#"duration = "120 s"
warmup = "60 s""#;
        figure(
            &simulate(&scenario(head, load, "", &kinesis, "")),
            "accepted_rate",
        )
    };
    let (single, batched) = (rate(r#"api = "PutRecord""#), rate(r#"api = "PutRecords""#));
    assert!((single / 512.0 - 1.0).abs() < 0.01, "{single}");
    // The keyless key has 36 B or so: 1 MiB / 1,136 B, less at most a kilobyte of rounding a call.
    assert!((880.0..=932.0).contains(&batched), "{batched}");
}

/// The SDK repeats a throttled PutRecord: legacy five times in all, standard three.
#[test]
fn the_retry_modes_make_their_attempts() {
    let tries = |mode: &str| {
        let kinesis = format!(
            r#"ShardCount = 1
producer = {{ api = "PutRecord", max-requests = 10000, retries.mode = "{mode}" }}"#
        );
        let load = r#"arrivals.on-off = { rate = "9000 records/s", on = "2 s", off = "58 s" }
keys.uniform.count = 100
sizes.constant = "10 B"
producers = 4
producer-of = "key""#;
        let run = simulate(&scenario(r#"duration = "120 s""#, load, "", &kinesis, ""));
        (
            figure(&run, "retried"),
            cause(&run, "ProvisionedThroughputExceeded"),
        )
    };
    let (legacy, standard) = (tries("legacy"), tries("standard"));
    assert!(legacy.0 > 2.0 * standard.0, "{legacy:?} {standard:?}");
    assert!(
        standard.1 > legacy.1,
        "fewer attempts, and a quota of 500 tokens: more is given up"
    );
}

/// A call that was answered with 200 is repeated by nobody but the caller.
#[test]
fn failed_entries_of_a_successful_call_are_not_sent_again_by_the_sdk() {
    let run = simulate(&scenario(
        MINUTE,
        BUSY,
        "",
        "ShardCount = 1\nproducer.max-attempts = 1",
        "",
    ));
    assert_eq!(
        (figure(&run, "retried"), run.ledger.causes[0] > 50_000),
        (0.0, true)
    );
    assert!(figure(&run, "write_calls_ok") > 0.99);
}

/// Answers that never come make the client send again what is stored: duplicates, counted as such.
#[test]
fn lost_answers_make_duplicates() {
    for producer in [
        r#"retries.mode = "standard", read_timeout = 1"#,
        r#"library = "KPL", RequestTimeout = 1000"#,
    ] {
        let kinesis = format!(
            r#"ShardCount = 2
producer = {{ {producer} }}
model.lost-answers = "5 %""#
        );
        let run = simulate(&scenario(MINUTE, LIGHT, "", &kinesis, ""));
        assert!(run.stored_again > 100, "{producer}: {}", run.stored_again);
        let read = run.redelivered[0] as f64 / run.stored_again as f64;
        assert!(
            (0.9..=1.0).contains(&read),
            "consumers see them too: {read}"
        );
    }
}

/// The KPL retries until its TTL and then expires the record, under its own name.
#[test]
fn the_kpl_expires_what_it_cannot_send() {
    let kinesis = r#"ShardCount = 1
producer = { library = "KPL", AggregationEnabled = false, RecordTtl = 5000 }"#;
    let run = simulate(&scenario(MINUTE, BUSY, "", kinesis, ""));
    let expired = cause(&run, "Expired");
    assert!(
        expired > 30_000,
        "2,000 records a second on a shard for 1,000: {expired}"
    );
    assert_eq!(cause(&run, "Provisioned"), 0);
    let oldest = figure(&run, "append_max");
    assert!(
        oldest <= 6.0,
        "nothing older than the TTL and a call is stored: {oldest} s"
    );
}

/// After a split the KPL's prediction is stale: aggregates land on a child, some members do not belong
/// there, and all of them are sent again. Nothing is lost, nothing stored twice.
#[test]
fn the_kpl_resends_what_landed_on_the_wrong_shard() {
    let kinesis = r#"ShardCount = 1
producer.library = "KPL"
model.reshard.change = "5 s""#;
    let split = r#"[[system.k.kinesis.call]]
at = "10 s"
SplitShard.ShardToSplit = "shardId-000000000000"
"#;
    let run = simulate(&scenario(MINUTE, LIGHT, "", kinesis, split));
    assert_eq!(happened(&run, "shard map refreshed"), 1);
    assert!(figure(&run, "retried") > 5.0, "{}", figure(&run, "retried"));
    assert_eq!((run.ledger.ended(), run.stored_again), (0, 0));
}

/// KPL issue 343: more shards fill aggregates more slowly, so there are more of them.
#[test]
fn more_shards_make_smaller_aggregates() {
    let records = |shards: u32| {
        let kinesis = format!(
            r#"ShardCount = {shards}
producer.library = "KPL""#
        );
        let run = simulate(&scenario(MINUTE, BUSY, "", &kinesis, ""));
        run.lane_totals.iter().map(|lane| lane.records).sum::<u64>()
    };
    assert!(records(20) > 5 * records(2));
}

/// A worker crashes: its shards stand still until the lease expires and a round comes, no longer.
#[test]
fn a_crashed_workers_leases_move_after_expiry_and_round() {
    let crash = r#"[[timeline]]
at = "60 s"
action.worker-crash = { consumer = "app", worker = 2 }
"#;
    for reader in [
        "idleTimeBetweenReadsInMillis = 1000",
        r#"mode = "enhanced-fan-out""#,
    ] {
        let kinesis = format!("ShardCount = 4\nconsumer.app = {{ {reader} }}");
        let run = simulate(&scenario(
            r#"duration = "150 s""#,
            LIGHT,
            "workers = 2",
            &kinesis,
            crash,
        ));
        let gap = figure(&run, "delivery_max");
        assert!((6.5..=33.0).contains(&gap), "{reader}: {gap} s");
        assert_eq!(happened(&run, "lease taken"), 2, "both of its leases");
        assert!(figure(&run, "unread") < 2000.0);
    }
}

/// The worker that leads (KCL 3) crashes: nobody assigns until its lock has run out.
#[test]
fn a_dead_leader_holds_its_lock() {
    let crash = r#"[[timeline]]
at = "60 s"
action.worker-crash = { consumer = "app", worker = 1 }
"#;
    let gap = |kcl: u32| {
        let kinesis = format!("ShardCount = 4\nconsumer.app.kcl = {kcl}");
        figure(
            &simulate(&scenario(
                r#"duration = "300 s""#,
                LIGHT,
                "workers = 2",
                &kinesis,
                crash,
            )),
            "delivery_max",
        )
    };
    let (kcl2, kcl3) = (gap(2), gap(3));
    assert!(
        kcl2 < 33.0 && (85.0..=145.0).contains(&kcl3),
        "{kcl2} s, {kcl3} s"
    );
}

/// A joining worker gets its share: by stealing (KCL 2), by load (KCL 3).
#[test]
fn a_new_worker_gets_leases() {
    let join = r#"[[timeline]]
at = "30 s"
action.worker-join = { consumer = "app" }
"#;
    for kcl in [2, 3] {
        let kinesis = format!("ShardCount = 4\nconsumer.app.kcl = {kcl}");
        let run = simulate(&scenario(
            r#"duration = "200 s""#,
            LIGHT,
            "workers = 1",
            &kinesis,
            join,
        ));
        let taken = run
            .happenings
            .iter()
            .filter(|h| h.what == "lease taken" && !h.entity.contains("worker 1"));
        assert!(
            (1..=2).contains(&taken.count()),
            "KCL {kcl}: {:?}",
            run.happenings
        );
    }
}

/// Workers beyond the shards have nothing to do.
#[test]
fn more_workers_than_shards_do_not_help() {
    let p99 = |workers: u32| {
        let consumer = format!(
            r#"workers = {workers}
processing.per-record = "2 ms""#
        );
        let load = LIGHT.replace("200 records", "900 records");
        figure(
            &simulate(&scenario(MINUTE, &load, &consumer, "ShardCount = 2", "")),
            "delivery_p99",
        )
    };
    assert!((p99(2) - p99(8)).abs() < 0.05 * p99(2));
}

/// LATEST begins after the tip: what was stored before the first iterator is never seen.
#[test]
fn latest_misses_what_came_before_its_iterator() {
    let skipped = |position: &str| {
        let kinesis = format!(
            r#"ShardCount = 1
consumer.app = {{ InitialPositionInStream = "{position}", starts-at = "20 s" }}
model.reshard.change = "2 s""#
        );
        let split = r#"[[system.k.kinesis.call]]
at = "8 s"
SplitShard.ShardToSplit = "shardId-000000000000"
"#;
        figure(
            &simulate(&scenario(MINUTE, LIGHT, "", &kinesis, split)),
            "skipped",
        )
    };
    assert!(
        (skipped("LATEST") / 4000.0 - 1.0).abs() < 0.05,
        "20 s at 200 a second"
    );
    assert!(skipped("TRIM_HORIZON") < 0.5);
}

/// An iterator lives five minutes: who stalls for longer must ask for a new one.
#[test]
fn a_stalled_consumer_gets_an_expired_iterator() {
    let down = r#"[[timeline]]
at = "10 s"
lasts = "6 min"
action.consumer-down = "app"
"#;
    let run = simulate(&scenario(
        r#"duration = "8 min""#,
        LIGHT,
        "",
        "ShardCount = 2",
        down,
    ));
    assert_eq!(happened(&run, "ExpiredIteratorException"), 2);
}

/// UpdateShardCount: half to double, ten a day, one operation at a time; each refusal under AWS's name.
#[test]
fn the_control_plane_refuses_under_awss_names() {
    let call = |at: u32, what: &str| {
        format!(
            r#"[[system.k.kinesis.call]]
at = "{at} s"
{what}
"#
        )
    };
    let update =
        |at, target: u32| call(at, &format!("UpdateShardCount.TargetShardCount = {target}"));
    let mut rest = format!("{}{}", update(1, 7), update(2, 4)) + &update(3, 2);
    rest += &call(4, "UpdateStreamWarmThroughput.WarmThroughputMiBps = 10");
    rest += &call(5, r#"SplitShard.ShardToSplit = "shardId-000000000009""#);
    for n in 0..11 {
        // From three to four is a mixed plan, one step at a time: it takes three minutes and more.
        rest += &update(300 + n * 100, if n % 2 == 0 { 2 } else { 4 });
    }
    let run = simulate(&scenario(
        r#"duration = "25 min""#,
        LIGHT,
        "",
        "ShardCount = 3",
        &rest,
    ));
    let refused = |name: &str| {
        run.happenings
            .iter()
            .filter(|h| h.detail.starts_with(name))
            .count()
    };
    assert_eq!(refused("InvalidArgumentException"), 1, "7 from 3");
    assert_eq!(
        refused("ResourceInUseException"),
        2,
        "2 and the split while it goes to 4"
    );
    assert_eq!(
        refused("ValidationException"),
        1,
        "warm throughput of a provisioned stream"
    );
    assert_eq!(
        refused("LimitExceededException"),
        2,
        "the eleventh and the twelfth of the day"
    );
}

/// Five calls of SplitShard a second: further ones are refused for their rate, whatever else is in their way.
#[test]
fn calls_beyond_the_rate_of_an_operation_are_refused() {
    let split = |at: &str| {
        format!(
            "[[system.k.kinesis.call]]\nat = \"{at}\"\nSplitShard.ShardToSplit = \"shardId-000000000000\"\n"
        )
    };
    let calls = split("1 s").repeat(7) + &split("1.2 s").repeat(2) + &split("3 s").repeat(5);
    let run = simulate(&scenario(
        "duration = \"10 s\"",
        LIGHT,
        "",
        "ShardCount = 2",
        &calls,
    ));
    let refused = |name: &str| {
        let details = run.happenings.iter().map(|happening| &happening.detail);
        details.filter(|detail| detail.starts_with(name)).count()
    };
    // The first call begins a split. In a fifth of a second the rate allows one more call.
    assert_eq!(refused("LimitExceededException"), 2 + 1);
    assert_eq!(refused("ResourceInUseException"), 4 + 1 + 5);
}

/// Reads and writes go on while the stream is UPDATING; the parent keeps its data.
#[test]
fn resharding_stops_nothing_and_moves_nothing() {
    let split = r#"[[system.k.kinesis.call]]
at = "10 s"
UpdateShardCount.TargetShardCount = 4
"#;
    let run = simulate(&scenario(
        r#"duration = "3 min""#,
        LIGHT,
        "workers = 2",
        "ShardCount = 2",
        split,
    ));
    assert_eq!((run.ledger.ended(), run.lanes.len()), (0, 6));
    let stored: Vec<u64> = run.lane_totals.iter().map(|lane| lane.records).collect();
    assert!(stored.iter().all(|records| *records > 1000), "{stored:?}");
    assert_eq!(happened(&run, "SHARD_END"), 2);
    let closed: Vec<f64> = run.lanes.iter().filter_map(|lane| lane.closed_s).collect();
    assert_eq!(closed, [40.0, 40.0], "30 s each, both at once");
}

/// A closed shard is EXPIRED when its last records are.
#[test]
fn closed_shards_expire_with_their_data() {
    let split = r#"[[system.k.kinesis.call]]
at = "1 h"
SplitShard.ShardToSplit = "shardId-000000000000"
"#;
    let load = r#"arrivals.constant = "360 records/h"
keys.uniform.count = 50
sizes.constant = "100 B""#;
    let run = simulate(&scenario(
        r#"duration = "30 h""#,
        load,
        "",
        "ShardCount = 1",
        split,
    ));
    assert_eq!(run.lanes[0].gone_s, Some(3630.0 + 86_400.0));
}

/// A Standard stream never gives a shard back; warm throughput can, down to what the last hour needs.
#[test]
fn only_warm_throughput_shrinks_an_on_demand_stream() {
    let load = r#"arrivals.stages = [{ duration = "1 s", target = "200 records/s" }, { duration = "20 min", target = "200 records/s" }, { duration = "1 s", target = "5 records/s" }, { duration = "100 min", target = "5 records/s" }]
keys = "none"
sizes.constant = "20 kB"
producers = 4"#;
    let head = r#"duration = "121 min"
sample = "1 min""#;
    let shrink = r#"[[system.k.kinesis.call]]
at = "110 min"
UpdateStreamWarmThroughput.WarmThroughputMiBps = 4
"#;
    let standard = simulate(&scenario(
        head,
        load,
        "workers = 4",
        r#"StreamMode = "ON_DEMAND""#,
        shrink,
    ));
    assert!(
        figure(&standard, "lanes") >= 8.0,
        "4 MB/s made it split; afterwards nothing shrinks it"
    );
    let advantage = r#"StreamMode = "ON_DEMAND"
account.MinimumThroughputBillingCommitment = "ENABLED""#;
    let run = simulate(&scenario(head, load, "workers = 4", advantage, shrink));
    assert!(
        (4.0..8.0).contains(&figure(&run, "lanes")),
        "{}",
        figure(&run, "lanes")
    );
}

/// AWS's test of large records: the more of them, the more is refused, steeply between 2 and 5 %.
#[test]
fn large_records_are_refused_the_more_of_them_there_are() {
    let refused = |share: f64| {
        let rate = |records: f64| format!("{} records/h", (records * 3600.0).round().max(1.0));
        let load = format!(
            r#"[[workload.source]]
name = "small"
arrivals.poisson = "{}"
keys = "none"
sizes.constant = "10 KiB"
             [[workload.source]]
name = "large"
arrivals.poisson = "{}"
keys = "none"
sizes.constant = "2 MiB""#,
            rate(50.0 * (1.0 - share)),
            rate(50.0 * share)
        );
        let kinesis = r#"StreamMode = "ON_DEMAND"
MaxRecordSizeInKiB = 10240
producer.max-attempts = 1"#;
        let run = simulate(&scenario(r#"duration = "15 min""#, &load, "", kinesis, ""));
        figure(&run, "refused_of_offered")
    };
    let (one, two, five) = (refused(0.01), refused(0.02), refused(0.05));
    assert!(
        one <= two && five > 10.0 * two && five > 0.005,
        "{one} {two} {five}"
    );
}

/// SSE costs less than 0.1 ms; a throttled key stops puts and gets.
#[test]
fn encryption_costs_little_and_fails_with_its_key() {
    let run = |stream: &str, fault: &str| simulate(&scenario(MINUTE, LIGHT, "", stream, fault));
    let plain = figure(&run("ShardCount = 2", ""), "append_mean");
    let sealed = figure(
        &run(
            r#"ShardCount = 2
EncryptionType = "KMS""#,
            "",
        ),
        "append_mean",
    );
    assert!(
        (0.0..=0.000_11).contains(&(sealed - plain)),
        "{}",
        sealed - plain
    );
    let fault = r#"[[system.k.kinesis.fault]]
at = "10 s"
lasts = "30 s"
kms = "throttled"
"#;
    let broken = run(
        r#"ShardCount = 2
EncryptionType = "KMS""#,
        fault,
    );
    assert!(cause(&broken, "KMSThrottlingException") > 1000);
    assert!(figure(&broken, "delivery_max") > 25.0);
}

/// Five calls of a batching window: fewer, larger invocations, and each record waits for its window.
#[test]
fn a_lambda_window_gathers() {
    let mean = |setting: &str| {
        let kinesis = format!(
            r#"ShardCount = 1
consumer.app = {{ mode = "lambda", {setting} }}"#
        );
        let load = LIGHT.replace("200 records/s", "10 records/s");
        figure(
            &simulate(&scenario(r#"duration = "5 min""#, &load, "", &kinesis, "")),
            "delivery_mean",
        )
    };
    let (none, window) = (
        mean("BatchSize = 100"),
        mean("BatchSize = 10000, MaximumBatchingWindowInSeconds = 20"),
    );
    assert!(
        (9.0..=12.5).contains(&(window - none)),
        "half of 20 s and a bit: {none} s, {window} s"
    );
}

/// The bursts that a minute hides: CloudWatch's own two numbers beside each other.
#[test]
fn the_minute_view_hides_the_burst() {
    let load = r#"arrivals.on-off = { rate = "6000 records/s", on = "2 s", off = "28 s" }
keys.uniform.count = 1000
sizes.constant = "100 B"
producers = 4
producer-of = "key""#;
    let run = simulate(&scenario(
        r#"duration = "3 min""#,
        load,
        "",
        "ShardCount = 1\nproducer.max-attempts = 30",
        "",
    ));
    let minute = run.monitor.mean("IncomingRecords", 60).expect("there") / 60.0;
    let throttled = run.monitor.series("WriteProvisionedThroughputExceeded", 60);
    assert!(
        minute < 500.0
            && throttled
                .iter()
                .all(|(_, value)| value.unwrap_or(0.0) > 1000.0)
    );
    let seconds: f64 = run
        .monitor
        .series("IncomingRecords", 1)
        .iter()
        .filter_map(|(_, value)| *value)
        .sum();
    let minutes: f64 = run
        .monitor
        .series("IncomingRecords", 60)
        .iter()
        .filter_map(|(_, value)| *value)
        .sum();
    assert!(
        (seconds - minutes).abs() < 0.5,
        "both views add up to the same"
    );
    assert_eq!(minutes as u64, run.ledger.stored);
}

/// A stream has twenty registered consumers, or fifty with On-demand Advantage.
#[test]
fn registered_consumers_are_limited() {
    let problems = |stream: &str, n: usize| {
        let consumers: String = (1..n)
            .map(|i| {
                format!(
                    r#"[[consumer]]
name = "c{i}"
"#
                )
            })
            .collect();
        let names = std::iter::once("app".to_owned()).chain((1..n).map(|i| format!("c{i}")));
        let modes: String = names
            .map(|name| {
                format!(
                    r#"consumer.{name}.mode = "enhanced-fan-out"
"#
                )
            })
            .collect();
        scenario(MINUTE, LIGHT, &consumers, &format!("{stream}\n{modes}"), "")
            .try_parse()
            .err()
    };
    assert_eq!(problems("ShardCount = 1", 20), None);
    assert!(
        problems("ShardCount = 1", 21)
            .expect("refused")
            .contains("LimitExceededException: 21 consumers")
    );
    let advantage = r#"StreamMode = "ON_DEMAND"
account.MinimumThroughputBillingCommitment = "ENABLED""#;
    assert_eq!(problems(advantage, 50), None);
}
