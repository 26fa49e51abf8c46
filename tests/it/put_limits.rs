//! The largest call of PutRecords, at its limit and one byte above, and what a shard takes of it. The limits are those
//! of the API's page of PutRecords: 10 MiB since 2025-10-28, 5 MiB before, partition keys included.

use crate::support::{ScenarioBuilder, cause, figure};
use streamduel::probe::RunResult;

/// Bytes of the random partition key that a record without a key is sent with.
const KEY: u64 = 36;
const MIB: u64 = 1 << 20;

/// A record each `1 / rate` seconds of `bytes` with its key; calls are kept open for `flush`.
fn puts(head: &str, rate: u32, bytes: u64, kinesis: &str) -> ScenarioBuilder {
    ScenarioBuilder::new()
        .head(head)
        .workload(&format!(
            "arrivals.constant = \"{rate} records/s\"\nsizes.constant = \"{} B\"",
            bytes - KEY
        ))
        .consumer("app", "")
        .labelled("k", "kinesis", kinesis)
}

/// Two records a call, if they fit into one.
fn pairs(bytes: u64) -> RunResult {
    let stream =
        "ShardCount = 40\nMaxRecordSizeInKiB = 10240\nproducer.flush-interval = \"1500 ms\"";
    puts("duration = \"20 s\"", 1, bytes, stream).run_only()
}

/// The earliest and the latest time from a record to its acknowledgement `[s]`.
fn spread(run: &RunResult) -> (f64, f64) {
    let at = |share| run.append.quantile(share).expect("stored") as f64 / 1e9;
    (at(0.0), at(1.0))
}

#[test]
fn a_call_takes_ten_mebibytes_with_keys_and_not_a_byte_more() {
    let whole = pairs(5 * MIB);
    let (first, last) = spread(&whole);
    assert!(
        (0.5..0.8).contains(&first) && (1.5..1.8).contains(&last),
        "the second record joins the call of the first, which leaves 1.5 s after it: {first} to {last} s"
    );
    let above = pairs(5 * MIB + 1);
    let (first, last) = spread(&above);
    assert!(
        first > 1.0 && last < 1.8,
        "each call has one record, and leaves when the next one comes: {first} to {last} s"
    );
    assert_eq!(
        (figure(&whole, "refused"), figure(&above, "refused")),
        (0.0, 0.0)
    );
}

#[test]
fn a_larger_call_is_refused_by_the_day() {
    let parse = |day: &str, bytes: u64| {
        let stream = format!("ShardCount = 4\nproducer.batch-bytes = \"{bytes} B\"");
        let head = format!("duration = \"10 s\"\nas-of = \"{day}\"");
        puts(&head, 1, 1000, &stream).try_parse()
    };
    for (day, most) in [
        ("2026-11-22", 10 * MIB),
        ("2025-10-28", 10 * MIB),
        ("2025-10-27", 5 * MIB),
    ] {
        assert!(
            parse(day, most).is_ok(),
            "{day}: {:?}",
            parse(day, most).err()
        );
        let error = parse(day, most + 1).err().unwrap_or_default();
        assert!(error.contains("batch-bytes"), "{day}: {error}");
    }
}

/// A call of 5 MiB for one shard: since the burst of 10 MiB all of it is taken, before it a second's worth.
#[test]
fn a_shard_takes_of_a_call_what_its_bucket_holds() {
    let stored = |day: &str| {
        let head = format!("duration = \"2500 ms\"\nas-of = \"{day}\"");
        let stream = "ShardCount = 1\nproducer = { flush-interval = \"1500 ms\", max-attempts = 1, batch-records = 5 }";
        let run = puts(&head, 5, MIB, stream).run_only();
        (
            run.ledger.stored,
            cause(&run, "ProvisionedThroughputExceededException"),
        )
    };
    assert_eq!(stored("2025-10-28"), (10, 0), "two calls");
    assert_eq!(stored("2025-10-27"), (2, 8));
}
