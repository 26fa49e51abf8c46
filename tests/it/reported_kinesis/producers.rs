//! Producers that are neither the KPL's defaults nor a careful SDK loop.

use super::{count, reported_with};
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
/// gathers the 256 KiB that flush early, so 20,000 records leave each 60 s. KPL 343, Maxwell PR 2147, Flink PR 6021.
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
    let rate = figure(few, "stored") / 180.0;
    // 20,000 in 60 s are 333/s; a shard that happens to get more than its share gathers 256 KiB and flushes early.
    assert!((300.0..=450.0).contains(&rate), "20,000 in 60 s: {rate}/s");
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
