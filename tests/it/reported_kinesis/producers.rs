//! Producers that are neither the KPL's defaults nor a careful SDK loop.

use super::{count, reported, reported_with};
use crate::support::figure;

/// fail-10: a producer that sends the whole call again stores again what was stored. Reports about Fluent Bit's plugins (249,
/// 6369, 8039) and Vector (PR 17535).
#[test]
fn sending_the_whole_call_again_stores_records_twice() {
    // At 1,800 records a second nothing is refused here: the two shards take 2,000.
    let runs = reported_with("fail-10-whole-call-retry", |text| {
        text.replace("1800 records/s", "2100 records/s")
    });
    let (entries, whole) = (&runs["entries"], &runs["whole-call"]);
    assert_eq!(count(entries, "stored_again"), 0);
    let (again, retried) = (figure(whole, "stored_again"), figure(whole, "retried"));
    assert!(again > 100.0, "{again} stored again");
    assert!(
        again < retried,
        "{again} stored again of {retried} sent again"
    );
}

/// fail-11: a producer with a limit of outstanding records slows its source down and refuses nothing. With 16 shards no shard
/// gathers the 256 KiB that flush early, so that records leave when 60 s are over. KPL 343, Maxwell PR 2147, Flink PR 6021.
///
/// The reports say "halts" and no figure. 20,000 in 60 s are 333/s at least, and twice that at most: whenever one deadline has
/// passed, the collector sends all that it has (`Reducer::flush` in the KPL's `reducer.h`), and with it aggregates that were
/// filled since the answer to the call before.
#[test]
fn a_full_producer_slows_its_source_down() {
    let runs = reported_with("fail-11-producer-waits", |text| {
        let text = text.replace("duration = \"10 min\"", "duration = \"3 min\"");
        text.replace(
            "RecordTtl = 3600000",
            "RecordTtl = 3600000, when-full = \"block\"",
        )
    });
    let few = &runs["s16"];
    assert_eq!(count(few, "refused"), 0);
    // The deadlines of the first minute and of the second one have passed, those of the third have not.
    let each = figure(few, "stored") / 2.0;
    assert!(
        (20_000.0..=40_000.0).contains(&each),
        "between one and two times 20,000 in 60 s: {each}"
    );
    assert!(
        figure(few, "held_by_clients") > 1_000_000.0,
        "the source waits"
    );
    assert!(figure(&runs["s8"], "stored") > 20.0 * figure(few, "stored"));
}

/// fail-12: `RecordTtl` may be anything up to the largest number of its type. The KPL's own default_config.properties.
#[test]
fn a_record_may_live_for_ever() {
    let short = |text: String| text.replace("duration = \"10 min\"", "duration = \"20 s\"");
    let runs = reported_with("fail-12-record-ttl-limit", short);
    assert_eq!(count(&runs["s8"], "expired_in_client"), 0);
    let runs = reported_with("fail-12-record-ttl-limit", |text| {
        short(text).replace("300000000000", "9223372036854775807")
    });
    assert_eq!(count(&runs["s16"], "expired_in_client"), 0);
}

/// fail-18: an aggregator that does not know the shards puts an aggregate where its first key belongs, and the KCL drops the
/// user records of the others: (n - 1) / n of them. kinesis-aggregation 11, 32 and 175 (`potential_data_loss.md`); KCL 343.
#[test]
fn the_kcl_drops_what_an_aggregate_carries_to_the_wrong_shard() {
    let name = "fail-18-aggregate-over-shards";
    let dropped =
        |run: &streamduel::probe::RunResult| figure(run, "discarded") / figure(run, "stored");
    let four = &reported(name)["kinesis"];
    assert!(
        (0.72..0.76).contains(&dropped(four)),
        "three of four shards: {}",
        dropped(four)
    );
    assert_eq!(
        count(four, "delivered") + count(four, "discarded") + count(four, "unread"),
        count(four, "stored")
    );
    let with = |change: &dyn Fn(String) -> String| reported_with(name, change);
    let two = with(&|text| text.replace("ShardCount = 4", "ShardCount = 2"));
    assert!((0.47..0.51).contains(&dropped(&two["kinesis"])));
    let one = with(&|text| text.replace("ShardCount = 4", "ShardCount = 1"));
    let plain = with(&|text| text.replace(", aggregation = \"by-first-key\"", ""));
    let lambda = with(&|text| text + "consumer.app = { mode = \"lambda\" }\n");
    for run in [&one["kinesis"], &plain["kinesis"], &lambda["kinesis"]] {
        assert_eq!(count(run, "discarded"), 0);
    }
}
