//! Golden data of independent implementations, row by row. `STREAMDUEL_GOLDEN` names another folder.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use streamduel::engine::TokenBucket;
use streamduel::platform::kafka::batch::{
    BATCH_OVERHEAD, librdkafka_size, record_bytes, size_check,
};
use streamduel::platform::kafka::errors::Error;
use streamduel::platform::kafka::murmur2::{murmur2, partition};
use streamduel::platform::kinesis::ShardId;
use streamduel::platform::kinesis::aggregation::Aggregate;
use streamduel::platform::kinesis::api;
use streamduel::platform::kinesis::hash::{HashKey, range};
use streamduel::platform::kinesis::lineage::Lineage;
use streamduel::units::SimTime;

pub(crate) type Row = BTreeMap<String, String>;

/// A golden file.
pub(crate) fn path(file: &str) -> PathBuf {
    let folder = std::env::var_os("STREAMDUEL_GOLDEN").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
        PathBuf::from,
    );
    folder.join(file)
}

/// Whether the data are those of this repository, whose cases are counted.
pub(crate) fn is_own() -> bool {
    std::env::var_os("STREAMDUEL_GOLDEN").is_none()
}

/// Whether a file is to be judged: another folder need not have all of them.
pub(crate) fn is_there(file: &str) -> bool {
    is_own() || path(file).exists()
}

/// Judges every case of a file and goes on after a wrong one; says how many passed, then fails if any did not.
pub(crate) fn judge<T>(file: &str, cases: impl IntoIterator<Item = T>, mut check: impl FnMut(T)) {
    let (mut passed, mut all) = (0, 0);
    for case in cases {
        let judged = std::panic::catch_unwind(AssertUnwindSafe(|| check(case)));
        passed += usize::from(judged.is_ok());
        all += 1;
    }
    tell(file, passed, all);
    assert_eq!(passed, all, "{file}: cases that passed, of all");
}

/// Writes past the test harness, which keeps back what passing tests print.
pub(crate) fn tell(file: &str, passed: usize, all: usize) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "golden {file}: {passed} of {all} passed");
}

/// The rows of a table; none where another folder lacks it.
pub(crate) fn rows(file: &str) -> Vec<Row> {
    if !is_there(file) {
        return Vec::new();
    }
    let path = path(file);
    let mut reader =
        csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows: Vec<Row> = reader
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("a table");
    assert!(!rows.is_empty(), "{file} has no rows");
    rows
}

pub(crate) fn number<T: std::str::FromStr>(row: &Row, column: &str) -> T {
    row[column]
        .parse()
        .unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|n| u8::from_str_radix(&hex[n..n + 2], 16).expect("hex"))
        .collect()
}

#[test]
fn kinesis_routes_every_key_as_three_emulators_do() {
    let counts = [1_u32, 2, 3, 5, 8, 64];
    let ranges: Vec<Lineage> = counts
        .iter()
        .map(|n| Lineage::new(*n, SimTime::ZERO))
        .collect();
    judge(
        "kinesis-hash-routing.csv",
        rows("kinesis-hash-routing.csv"),
        |row| {
            let key = String::from_utf8(bytes(&row["key_utf8_hex"])).expect("UTF-8");
            let hash = HashKey::of(&key);
            assert_eq!(hash.0.to_string(), row["hash_key"], "{key:?}");
            for (count, ranges) in counts.iter().zip(&ranges) {
                let expected: u32 = number(&row, &format!("shard_n{count}"));
                assert_eq!(ranges.shard(hash), ShardId(expected), "{key:?} of {count}");
            }
        },
    );
}

#[test]
fn kinesis_cuts_hash_ranges_as_aws_does() {
    let mut next = BTreeMap::new();
    judge(
        "kinesis-hash-ranges.csv",
        rows("kinesis-hash-ranges.csv"),
        |row| {
            let shards: u32 = number(&row, "shards");
            let index = next.entry(shards).or_insert(0);
            let (start, end) = range(*index, shards);
            let ours = (
                ShardId(*index).to_string(),
                start.0.to_string(),
                end.0.to_string(),
            );
            let theirs = (
                row["shard_id"].clone(),
                row["starting_hash_key"].clone(),
                row["ending_hash_key"].clone(),
            );
            assert_eq!(ours, theirs, "{shards} shards");
            *index += 1;
        },
    );
    assert!(
        next.iter().all(|(shards, seen)| shards == seen),
        "every shard of every count"
    );
}

#[test]
fn kinesis_takes_explicit_hash_keys_as_its_api_says() {
    judge(
        "kinesis-explicit-hash.csv",
        rows("kinesis-explicit-hash.csv"),
        |row| {
            let shards = number(&row, "shards");
            let text = row["explicit_hash_key"].trim_matches('"');
            let ours = match api::hash_key(text) {
                Ok(key) => Lineage::new(shards, SimTime::ZERO).shard(key).to_string(),
                Err(refusal) => format!("ERR:{}", refusal.error.name()),
            };
            assert_eq!(ours, row["expected"], "{text:?} of {shards}");
        },
    );
}

#[test]
fn kafka_partitions_every_key_as_five_clients_do() {
    judge("kafka-murmur2.csv", rows("kafka-murmur2.csv"), |row| {
        let key = bytes(&row["key_hex"]);
        let hash = murmur2(&key);
        assert_eq!(hash.to_string(), row["murmur2_i32"], "{}", row["key_hex"]);
        assert_eq!((hash & 0x7fff_ffff).to_string(), row["to_positive"]);
        for partitions in [1, 3, 6, 7, 12, 24, 64, 100] {
            let expected: u32 = number(&row, &format!("p{partitions}"));
            assert_eq!(
                partition(&key, partitions),
                expected,
                "{} of {partitions}",
                row["key_hex"]
            );
        }
    });
}

#[test]
fn kafka_batches_are_as_large_as_java_and_librdkafka_make_them() {
    judge(
        "kafka-record-batch-sizes.csv",
        rows("kafka-record-batch-sizes.csv"),
        |row| {
            let key = row["key_bytes"].parse().ok();
            assert!(key.is_some() || row["key_bytes"] == "null");
            let (messages, value): (u64, u64) =
                (number(&row, "messages"), number(&row, "value_bytes"));
            let batch = BATCH_OVERHEAD
                + (0..messages)
                    .map(|n| record_bytes(n, 0, key, value))
                    .sum::<u64>();
            assert_eq!(batch, number::<u64>(&row, "batch_bytes_java"), "{row:?}");
            assert_eq!(
                batch,
                number::<u64>(&row, "batch_bytes_librdkafka"),
                "{row:?}"
            );
            assert_eq!(
                size_check(key, value),
                number::<u64>(&row, "java_client_size_check_per_record"),
                "{row:?}"
            );
        },
    );
}

/// The KPL takes from both of its buckets or from neither, as a shard does.
#[test]
fn the_token_bucket_decides_as_amazons_own_does() {
    let mut buckets = BTreeMap::new();
    judge(
        "kpl-token-bucket.csv",
        rows("kpl-token-bucket.csv"),
        |row| {
            let at = SimTime(number::<u64>(&row, "t_us") * 1000);
            let fresh = || {
                let bucket = |rate: &str, most: &str| {
                    TokenBucket::new(number(&row, rate), number(&row, most))
                };
                // The KPL's buckets are full when they are first used.
                (
                    bucket("records_per_s", "max_records"),
                    bucket("bytes_per_s", "max_bytes"),
                )
            };
            let (records, bytes) = buckets.entry(row["config"].clone()).or_insert_with(fresh);
            let (take_records, take_bytes) =
                (number(&row, "take_records"), number(&row, "take_bytes"));
            let accepted = records.holds(at, take_records) && bytes.holds(at, take_bytes);
            if accepted {
                assert!(records.take(at, take_records) && bytes.take(at, take_bytes));
            }
            assert_eq!(
                u8::from(accepted).to_string(),
                row["accepted"],
                "{} step {}",
                row["config"],
                row["step"]
            );
        },
    );
}

#[test]
fn the_kpl_aggregates_to_the_byte() {
    judge(
        "kinesis-aggregation-sizes.csv",
        rows("kinesis-aggregation-sizes.csv"),
        |row| {
            let (records, keys): (u64, u64) =
                (number(&row, "records"), number(&row, "distinct_keys"));
            let (key_bytes, explicit): (u64, u64) = (
                number(&row, "key_bytes"),
                number(&row, "explicit_hash_keys"),
            );
            let data = number(&row, "data_bytes_each");
            let mut aggregate = Aggregate::default();
            for n in 0..records {
                // Keys of one character are letters and digits: there are only 62 of them.
                let key = if key_bytes == 1 {
                    n % keys % 62
                } else {
                    n % keys
                };
                // Where the table has explicit hash keys, each is the hash of its key, in decimal digits.
                let digits = HashKey::of(&key_text(key, key_bytes as usize))
                    .0
                    .to_string()
                    .len() as u64;
                aggregate.add(
                    key as u32,
                    key_bytes,
                    data,
                    (explicit > 0).then_some((key as u32, digits)),
                );
            }
            assert_eq!(
                aggregate.bytes(),
                number::<u64>(&row, "aggregated_bytes_python"),
                "{row:?}"
            );
            assert_eq!(
                aggregate.bytes(),
                number::<u64>(&row, "aggregated_bytes_node"),
                "{row:?}"
            );
        },
    );
}

/// The keys of the table: letters and a number.
fn key_text(key: u64, bytes: usize) -> String {
    if bytes > 4 {
        format!("{}{key:04}", "p".repeat(bytes - 4))
    } else {
        format!("{key:0bytes$}")
    }
}

/// Every error that the model knows has the code, the name and the client's reaction of Kafka's own table.
#[test]
fn kafka_errors_are_those_of_its_protocol() {
    let file = "kafka-error-codes.csv";
    let rows = rows(file);
    let known = Error::ALL.into_iter().filter_map(|error| {
        let row = rows.iter().find(|row| row["name"] == error.name());
        assert!(
            row.is_some() || !is_own(),
            "{error:?} is not in Kafka's table"
        );
        Some((error, row?))
    });
    judge(file, known, |(error, row)| {
        assert_eq!(number::<i16>(row, "code"), error.code(), "{error:?}");
        // An idempotent producer begins a new epoch after these two instead of giving up.
        assert_eq!(
            row["retriable"],
            error.is_retriable().to_string(),
            "{error:?}"
        );
        assert_eq!(
            row["refreshes_metadata"],
            error.refreshes_metadata().to_string(),
            "{error:?}"
        );
    });
}

#[test]
fn librdkafka_refuses_messages_at_its_own_size() {
    judge(
        "kafka-client-oversize.csv",
        rows("kafka-client-oversize.csv"),
        |row| {
            let (limit, key): (u64, u64) =
                (number(&row, "message_max_bytes"), number(&row, "key_bytes"));
            let (headers, largest): (u64, u64) = (
                number(&row, "headers"),
                number(&row, "largest_value_accepted"),
            );
            // The probe's header takes four bytes.
            assert_eq!(librdkafka_size(key, largest, 4 * headers), limit, "{row:?}");
        },
    );
}

#[test]
fn growing_a_topic_moves_the_share_of_keys_that_the_formula_says() {
    judge(
        "kafka-remap-share.csv",
        rows("kafka-remap-share.csv"),
        |row| {
            let (from, to): (u32, u32) = (
                number(&row, "from_partitions"),
                number(&row, "to_partitions"),
            );
            let key = |n: u32| format!("key-{n}");
            let moved = (0..20_000).filter(|n| {
                partition(key(*n).as_bytes(), from) != partition(key(*n).as_bytes(), to)
            });
            let share = moved.count() as f64 / 20_000.0;
            let expected: f64 = number(&row, "expected_share");
            assert!(
                (share - expected).abs() < 0.015,
                "{from} to {to}: {share} against {expected}"
            );
        },
    );
}
